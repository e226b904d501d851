//! `mixtral bench`: how fast a model answers on this machine, and how fast this machine trains.

mod bandwidth;
pub mod inference;
mod table;
pub mod train;
