//! Training data: files of several forms, read, made into tokens and dealt out in batches.

mod document;
mod encode;
mod files;
mod layout;
mod reader;
mod record;
mod sampler;
mod turns;

pub(super) use document::Fingerprint;
pub use document::{Data, Document};
pub use encode::{Overlong, Reader, Task};
pub use files::{is_training_file, training_files};
pub use layout::values;
pub use reader::Counts;
pub use sampler::BatchSampler;
