//! Which device a model runs on: `cpu`, `cuda:N` or `auto`.

use std::str::FromStr;

use crate::error::{Error, Result};

/// A device as it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceSpec {
    /// The processor.
    Cpu,
    /// The NVIDIA GPU of this number.
    Cuda(usize),
    /// The first GPU where there is one, else the processor.
    #[default]
    Auto,
}

impl FromStr for DeviceSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::Device { device: text.to_owned(), message: "unknown; use cpu, cuda:0 or auto".into() };
        match text {
            "cpu" => Ok(Self::Cpu),
            "auto" => Ok(Self::Auto),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text.strip_prefix("cuda:").and_then(|n| n.parse().ok()).map(Self::Cuda).ok_or_else(unknown),
        }
    }
}

impl std::fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
            Self::Auto => f.write_str("auto"),
        }
    }
}

impl DeviceSpec {
    /// Whether this build can use NVIDIA GPUs.
    pub const CUDA: bool = cfg!(feature = "cuda");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_and_written() {
        for (text, spec) in [("cpu", DeviceSpec::Cpu), ("cuda:1", DeviceSpec::Cuda(1)), ("auto", DeviceSpec::Auto)] {
            assert_eq!(text.parse::<DeviceSpec>().expect(text), spec);
            assert_eq!(spec.to_string(), text);
        }
        for text in ["", "gpu", "cuda:", "cuda:x", "CPU"] {
            let error = text.parse::<DeviceSpec>().expect_err(text).to_string();
            assert!(error.contains("use cpu, cuda:0 or auto"), "{error}");
        }
    }
}
