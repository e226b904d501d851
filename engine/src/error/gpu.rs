//! What a GPU answers when it does not do what it was asked.

/// A GPU's refusal: what was asked, and the driver's name and words for the error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {name} ({message})")]
pub struct GpuError {
    /// The kernel's name, or what else was asked.
    pub what: String,
    /// The driver's name for the error, such as `CUDA_ERROR_OUT_OF_MEMORY`.
    pub name: String,
    /// The driver's words for it, with numbers where they help.
    pub message: String,
}

impl GpuError {
    pub fn new(what: impl Into<String>, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { what: what.into(), name: name.into(), message: message.into() }
    }
}
