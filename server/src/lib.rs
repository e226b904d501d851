//! Mixtral Arena: blind battles between language models, votes, and leaderboards made of them.
//!
//! Read in this order: `config` (what the operator says), `app` (how the service is put together), `routes` (every URL),
//! `state` (what every handler may use), then
//! one handler and the action it calls.

pub mod actions;
pub mod app;
pub mod backends;
pub mod backoff;
pub mod ballot_queue;
pub mod bearer;
pub mod boards;
pub mod config;
pub mod database;
pub mod domain;
pub mod endpoints;
pub mod error;
pub mod evidence;
pub mod exchange;
pub mod extract;
pub mod findings;
pub mod handlers;
pub mod i18n;
pub mod inference_server;
pub mod judges;
pub mod keys;
pub mod limits;
pub mod metrics;
pub mod middleware;
pub mod oidc;
pub mod passwords;
pub mod routes;
pub mod site;
pub mod state;
pub mod stop_signals;
pub mod store;
pub mod streams;
pub mod supervisor;
pub mod telemetry;
#[cfg(test)]
pub mod testing;
pub mod views;
pub mod vote_queue;
pub mod write_probe;
