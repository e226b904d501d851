//! An inference engine for the Mixtral family of models.
//!
//! A prompt's way: text is encoded, the schedule plans a flat batch of tokens, the model computes
//! it through the operations, a token is sampled and decoded back into text.

pub mod arch;
pub mod device;
pub mod error;
pub mod formats;
pub mod handle;
pub mod model;
pub mod ops;
pub mod quant;
pub mod request;
pub mod sample;
pub mod schedule;
pub mod text;
pub mod weights;

pub use device::DeviceSpec;
pub use error::{Error, Result};
pub use handle::{Engine, EngineOptions, EventStream, LoadOptions, ModelCard};
