//! Battles, comparisons and direct chats: where one begins, its page, its turns, its vote.

pub mod new;
pub mod page;
pub mod queue;
mod revealed;
pub mod turns;
pub mod vote;
