//! An inference engine for the Mixtral family of models.
//!
//! A prompt's way: text is encoded, the schedule plans a flat batch of tokens, an executor computes
//! it, a token is sampled and decoded back into text. The same model in candle's operations, which tests hold the executors
//! against, is a crate of its own, `mixtral-reference`: what serves neither compiles nor links candle.
//!
//! **For serving** there are [`Engine`] with its options, [`EventStream`] and [`ModelCard`]; [`request`] and [`sample`]
//! (what is asked, and what comes back); [`weights::ModelFiles`] with [`text`] and [`model::weight_bytes`] (what a file is
//! before it is loaded); [`Error`].
//!
//! **For tools and training** the floors below are open: [`formats`] (containers of tensors), [`arch`] (sizes and the table of
//! tensors), [`hugging_face`] (folders, read), [`quant`] and [`quantize`] (GGML's types), [`ops`] (plain loops and matrix products), [`weights::lora`]. They follow the needs of this
//! workspace's own crates and promise nobody stability.
//!
//! No module imports one that stands above it:
//!
//! ```text
//! handle                        one device, one thread, several models
//! devices                       what is open, and models on it
//! cpu · gpu                     own executors for processors · for NVIDIA GPUs
//! model · weights               what is asked of a model · from files to tensors
//! hugging_face                  folders as models
//! arch · quantize · text        sizes and names of tensors · own quantisers · tokenizers, templates, stop strings
//! formats · ops                 GGUF, safetensors, JSON · loops that executors and training share
//! quant · schedule · request    blocks of weights · which tokens come next · what is asked
//! error · sample · device
//! ```

// Tests share helpers with those of `tests/`, which know the crate by its name.
#[cfg(test)]
extern crate self as mixtral_engine;

pub mod arch;
pub mod cpu;
pub mod device;
pub mod devices;
pub mod error;
pub mod formats;
pub mod gpu;
pub mod handle;
pub mod hugging_face;
pub mod model;
pub mod ops;
pub mod quant;
pub mod quantize;
pub mod request;
pub mod sample;
pub mod schedule;
pub mod text;
pub mod weights;

pub use device::DeviceSpec;
pub use error::{Error, Result};
pub use handle::{Engine, EngineOptions, EventStream, LoadOptions, ModelCard, multiplied_bytes};
