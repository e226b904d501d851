//! The engine's one error type. Every message names the file, key, tensor or offset it is about.

mod crash;
mod fault;
mod gpu;
mod said;

use std::path::{Path, PathBuf};

pub use crash::Crash;
pub use fault::{Fault, Foreign};
pub use gpu::GpuError;
pub use said::{AdapterFault, CheckpointFault, ConversionFault, LayoutFault, RequestFault, TokenizerFault};

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong in the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is damaged, foreign, or holds what is not supported.
    #[error("{path}: {place}: {fault}")]
    File {
        /// The file.
        path: PathBuf,
        /// Where in it.
        place: Place,
        /// What is wrong there.
        fault: Fault,
    },
    /// An adapter's base model is not where its configuration says, and nobody named another.
    #[error(
        "{path}: its base model {base:?} is no file beside the adapter: name the base's GGUF file or folder (--base), or put the \
         adapter onto its model (mixtral merge)"
    )]
    NoBase {
        /// The adapter's folder.
        path: PathBuf,
        /// What it says of its base.
        base: String,
    },
    /// A base was named for what is no adapter.
    #[error("{path}: only an adapter's folder has a base")]
    NoAdapter {
        /// The model.
        path: PathBuf,
    },
    /// The device cannot be used.
    #[error("device {device}: {message}")]
    Device {
        /// The device that was asked for.
        device: String,
        /// Why not.
        message: String,
    },
    /// A step's plan does not fit the model or the cache: a fault of the caller.
    #[error("plan: {0}")]
    StepInput(String),
    /// A computation failed, for instance for want of device memory.
    #[error("computation: {0}")]
    Compute(String),
    /// A GPU refused, or a kernel failed.
    #[error("GPU: {0}")]
    Gpu(#[from] GpuError),
    /// A value that is no finite number arose: the weights are damaged, or a type is too small for them.
    #[error("{0} is not a finite number")]
    NotFinite(String),
    /// The tokenizer or the chat template refused.
    #[error("text: {0}")]
    Text(String),
    /// A thread that computed panicked: a fault of the engine.
    #[error("panic: {0}")]
    Panic(String),
    /// The request asks for what cannot be done.
    #[error("request: {0}")]
    Request(RequestFault),
    /// Training cannot go on: a recipe, a line of data, or numbers that are none.
    #[error("training: {0}")]
    Training(String),
    /// The queue is full: try again later.
    #[error("the engine's queue is full")]
    Busy,
    /// The engine was shut down.
    #[error("the engine has stopped")]
    Stopped,
}

/// Where in a file a fault was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A byte offset.
    Offset(u64),
    /// A metadata key.
    Key(String),
    Tensor(String),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => f.write_str("file"),
            Self::Offset(at) => write!(f, "at byte {at}"),
            Self::Key(key) => write!(f, "key {key}"),
            Self::Tensor(name) => write!(f, "tensor {name}"),
        }
    }
}

impl Error {
    /// The same with the file that it is about, where a device has no room for it.
    pub(crate) fn about(self, path: &Path) -> Self {
        match self {
            Self::Device { device, message } => {
                Self::Device { device, message: format!("{}: {message}", path.display()) }
            }
            other => other,
        }
    }

    /// An operating system's error about `path`.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { path, source }
    }

    /// A fault in a file.
    pub fn file(path: impl AsRef<Path>, place: Place, fault: impl Into<Fault>) -> Self {
        Self::File { path: path.as_ref().to_owned(), place, fault: fault.into() }
    }

    /// A value that is no number, told of the part of the model in which it arose; other errors stay what they are.
    pub fn in_layer(self, layer: usize) -> Self {
        match self {
            Self::NotFinite(what) => Self::NotFinite(format!("layer {layer}: {what}")),
            other => other,
        }
    }

    /// A request that cannot be met, told of the tensor for which it was made; other errors stay what they are.
    pub fn of_tensor(self, path: &Path, name: &str) -> Self {
        match self {
            Self::Request(fault) => Self::file(path, Place::Tensor(name.to_owned()), fault),
            other => other,
        }
    }
}
