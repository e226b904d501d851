//! `mixtral bench`: how fast a model answers on this machine, and how fast this machine trains.

mod bandwidth;
pub mod inference;
pub mod kernels;
mod table;
pub mod train;
