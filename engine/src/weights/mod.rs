//! A model's weights as its files give them: a GGUF file, or one with adapters put onto it.

pub mod lora;
mod matrix;
mod model_files;

pub use matrix::source_matrix;
pub use model_files::{ModelFiles, is_adapter};
