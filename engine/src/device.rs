//! Which device a model runs on: `cpu`, `cuda:N` or `auto`.

use std::str::FromStr;

use candle_core::Device;

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

    /// Opens the device, or says why that is not possible.
    pub fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(n) if Self::CUDA => Device::new_cuda(n)
                .map_err(|cause| Error::Device { device: self.to_string(), message: cause.to_string() }),
            Self::Cuda(_) => Err(Error::Device {
                device: self.to_string(),
                message: "this build has no CUDA; build it with --features cuda, or use cpu".into(),
            }),
            // `auto` promises a device that works, so a GPU that cannot be opened is no error here;
            // what was chosen can be seen in the device that comes back.
            Self::Auto if Self::CUDA => Ok(Device::new_cuda(0).unwrap_or(Device::Cpu)),
            Self::Auto => Ok(Device::Cpu),
        }
    }
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

    #[test]
    #[cfg_attr(feature = "cuda", ignore = "this build has CUDA")]
    fn a_build_without_cuda_says_so() {
        let error = DeviceSpec::Cuda(0).open().expect_err("no CUDA").to_string();
        assert!(error.contains("--features cuda"), "{error}");
    }
}
