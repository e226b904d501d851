//! A model's weights as its files give them: a GGUF file, a Hugging Face folder, or either with an adapter put onto it.

mod base;
mod location;
pub mod lora;
mod matrix;
mod model_files;

pub use base::Identity;
pub use location::{HubName, split_type};
pub use matrix::source_matrix;
pub use model_files::{ModelFiles, is_adapter};
