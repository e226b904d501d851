//! The Mixtral model in candle's operations: written once, readably. The engine's executors compute the same for serving, and
//! tests hold them against this; importance matrices watch what its matrices are multiplied with.
//!
//! It stands apart from the engine so that what serves neither compiles nor links candle.
//!
//! ```text
//! model    the forward pass over a flat batch, its cache and its loader
//! ops      each operation, matrices in their file's types, what matrices are multiplied with
//! error
//! ```

pub mod error;
pub mod model;
pub mod ops;

pub use error::{Error, Result};
pub use model::{KvCache, Mixtral, WithCache};
pub use ops::{ActivationRecorder, ActivationStats, read};
