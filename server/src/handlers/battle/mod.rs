//! Battles, comparisons and direct chats: where one begins, its page, its turns, its vote.

mod anew;
pub(super) mod effect;
pub mod keep;
pub mod new;
pub mod page;
pub mod prepared;
pub mod queue;
mod revealed;
pub mod samples;
pub mod share;
mod standings;
pub mod turns;
pub mod vote;
