//! The leaderboard, its matrices, and the files behind them.

mod chart;
pub mod files;
mod lines;
mod matrix;
pub mod named_board;
pub mod page;
