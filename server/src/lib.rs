//! Mixtral Arena: blind battles between language models, votes, and leaderboards made of them.
//!
//! Read in this order: `config` (what the operator says), `app` (how the service is put together), `routes` (every URL),
//! then one handler and the action it calls.

pub mod actions;
pub mod app;
pub mod backends;
pub mod config;
pub mod database;
pub mod domain;
pub mod error;
pub mod extract;
pub mod handlers;
pub mod i18n;
pub mod keys;
pub mod metrics;
pub mod middleware;
pub mod passwords;
pub mod rating;
pub mod routes;
pub mod store;
pub mod streams;
#[cfg(test)]
pub mod testing;
pub mod views;
pub mod worker;
pub mod workers;
