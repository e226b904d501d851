//! Training: pre-training, instruction tuning and adapters, on candle's autograd.
//!
//! The model is the one that inference computes: the same parts, the same rotary angles, the same
//! routing ([`mixtral_engine::arch::tensor_specs`], [`mixtral_engine::ops::ExpertAssignments`]). Each sub-layer is one operation on
//! candle's tape with a backward pass of its own, which adds the gradients of its weights straight
//! to those of the [`parameter::Parameter`]s; candle carries the gradients of the activations.

pub mod base;
pub mod baseline;
pub mod batch;
pub mod checkpoint;
pub mod choice;
pub mod data;
pub mod error;
mod kernels;
mod layers;
pub mod lora;
pub mod model;
pub mod optimiser;
pub mod output;
pub mod parameter;
pub mod pass;
pub mod plot;
pub mod preference;
pub mod profiler;
pub mod projection;
pub mod recipe;
pub mod reference;
pub mod trainer;
pub mod vocabulary;

pub use error::{Error, Expected, LineFault, Result};
pub use layers::Pass;
pub use model::Model;
pub use profiler::Profiler;
pub use recipe::Recipe;
pub use trainer::Trainer;
