//! Ratings out of votes: pure functions, no I/O, no clock.
//!
//! Models are numbers from 0 here; who they are is the caller's business. Two ways lead from
//! votes to numbers: [`elo`] walks through them in the order of time, everything else needs only
//! how often which of two models won ([`Pairs`]), so that its cost grows with the number of models
//! and not with that of votes.

mod board;
mod bradley_terry;
mod components;
pub mod elo;
mod linear;
mod pairs;
mod rank;
#[cfg(test)]
mod tests;
mod win_rate;

pub use board::{Board, Entry};
pub use bradley_terry::{Fit, Rated, Scale, Standing, fit};
pub use components::Unrated;
pub use elo::EloSettings;
pub use pairs::{Pairs, Tally};
pub use rank::ranks;
pub use win_rate::{average_win_rate, win_rates};
