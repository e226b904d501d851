//! What can be wrong in a file.

use std::fmt;

/// What is wrong in a file. The faults that people meet most have variants, so that a program may say them in another
/// language; [`Self::Other`] is English alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is not a byte in it.
    Empty,
    /// It does not begin as GGUF files do.
    NotGguf(Option<Foreign>),
    /// A version of GGUF that is not supported.
    GgufVersion(u32),
    /// GGUF for processors with the other byte order.
    BigEndian,
    /// The file ends too early.
    Truncated {
        /// Bytes that should follow.
        wanted: u64,
        /// Bytes that do.
        left: u64,
    },
    /// A tensor reaches beyond the end of the file.
    BeyondEnd {
        /// Bytes of the tensor.
        len: u64,
        /// Where they begin.
        start: u64,
        /// Bytes of the file.
        file: u64,
    },
    /// `general.architecture` or `model_type` of something else than Mixtral.
    Architecture(String),
    /// A Llama model without experts.
    Dense,
    /// A type of numbers that cannot be computed with.
    Type(String),
    /// A type that the processor computes with and GPUs do not.
    NoGpuKernels(String),
    /// A key or a tensor that must be there is not.
    Missing,
    /// A tensor of another shape, outermost dimension first.
    Shape {
        /// What the file has.
        found: Vec<usize>,
        /// What the configuration promises.
        expected: Vec<usize>,
    },
    /// A tensor that is no part of a Mixtral model.
    Surplus,
    /// A weight that is not a finite number.
    NotFinite,
    /// Anything else.
    Other(String),
}

/// Files that are taken for GGUF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A zip archive.
    Zip,
    /// A format before GGUF.
    Predecessor,
    /// A Git LFS pointer.
    LfsPointer,
    WebPage,
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::Other(message)
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Self::Other(message.to_owned())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::NotGguf(None) => f.write_str("this is not a GGUF file"),
            Self::NotGguf(Some(foreign)) => write!(f, "this is not a GGUF file; it looks like {foreign}"),
            Self::GgufVersion(1) => f.write_str("GGUF version 1 is not supported; convert the model again"),
            Self::GgufVersion(other) => write!(f, "GGUF version {other} is not supported (2 and 3 are)"),
            Self::BigEndian => f.write_str("big-endian GGUF is not supported"),
            Self::Truncated { wanted, left } => {
                write!(f, "{wanted} bytes wanted, but the file ends after {left} more")
            }
            Self::BeyondEnd { len, start, file } => write!(
                f,
                "its {len} bytes from {start} on reach beyond the end of the file ({file} bytes): \
                 the file is truncated or damaged"
            ),
            Self::Architecture(name) => {
                write!(
                    f,
                    "{name:?} is not supported, only Mixtral is (\"llama\" with experts in GGUF, \"mixtral\" in config.json)"
                )
            }
            Self::Dense => {
                f.write_str("no experts: this is a dense llama model, and only mixtures of experts are supported")
            }
            Self::Type(name) => write!(f, "type {name} is not supported"),
            Self::NoGpuKernels(name) => {
                write!(
                    f,
                    "there are no GPU kernels for type {name}; load the model on the CPU, or in a type from Q2_K to Q8_0"
                )
            }
            Self::Missing => f.write_str("is missing"),
            Self::Shape { found, expected } => write!(f, "is {found:?}, should be {expected:?}"),
            Self::Surplus => f.write_str("is not a part of a Mixtral model; the file holds more than is supported"),
            Self::NotFinite => f.write_str("holds a weight that is no number"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "a zip archive, perhaps PyTorch weights",
            Self::Predecessor => "an old GGML or GGJT file, the predecessors of GGUF",
            Self::LfsPointer => "a Git LFS pointer; the weights themselves were not downloaded",
            Self::WebPage => "a web page, perhaps a failed download",
        })
    }
}
