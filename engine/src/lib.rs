//! An inference engine for the Mixtral family of models.
//!
//! A prompt's way: text is encoded, the schedule plans a flat batch of tokens, the model computes
//! it through the operations, a token is sampled and decoded back into text.

pub mod device;
pub mod error;
pub mod model;
pub mod ops;
pub mod quant;
pub mod schedule;
pub mod weights;

pub use error::{Error, Result};
