//! The architecture: a Mixtral model's sizes, the table of its tensors with their names in every format, and the angles
//! of its rotary embedding.

mod config;
mod metadata;
pub mod order;
mod rope;
mod rope_options;
mod tensors;

pub use config::{Config, RopeScaling};
pub use metadata::shape_values;
pub use rope::Rope;
pub use rope_options::{RopeOptions, RopeScalingType};
pub use tensors::{TensorRole, TensorSpec, interleaved_row, tensor_specs};
