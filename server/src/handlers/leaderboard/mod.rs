//! The leaderboard, its matrices, and the files behind them.

pub mod board_file;
mod chart;
mod choices;
pub mod direct;
pub mod files;
pub mod filter;
mod languages;
mod lines;
pub mod live;
mod matrix;
mod named_board;
mod objective;
pub mod page;
pub mod pictures;
mod redrawn;
mod scale;
mod style;
mod view;
