//! The leaderboard, its matrices, and the files behind them.

mod chart;
pub mod direct;
pub mod files;
pub mod filter;
mod languages;
mod lines;
mod matrix;
mod named_board;
mod objective;
pub mod page;
pub mod pictures;
mod scale;
mod style;
mod view;
