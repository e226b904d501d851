//! The real binary over HTTP: what visitors and administrators do, what streams, and what breaks.

mod api;
mod dead_ends;
mod faults;
mod http;
mod judge;
mod keep;
mod leaderboard;
mod pages;
mod queue;
mod registration;
mod stage;
mod stream;
mod undo;
mod votes;
