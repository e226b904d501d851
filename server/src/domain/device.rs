//! Devices by name: `cpu`, `cuda:N`, and `auto` for any.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A device that computes, named `cpu` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Device {
    /// The processor.
    Cpu,
    /// The NVIDIA GPU of this number, from 0.
    Cuda(u16),
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// The device that somebody prefers: `auto`, `cpu`, `cuda` (the first GPU) or `cuda:N`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DevicePreference {
    /// Any device with room, GPUs first.
    #[default]
    Auto,
    On(Device),
}

/// A name that no device has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a device; use {names}", names = DevicePreference::NAMES.join(", "))]
pub struct UnknownDevice(pub String);

impl DevicePreference {
    /// Names to choose from; `cuda:0` stands for every number.
    pub const NAMES: [&'static str; 3] = ["auto", "cpu", "cuda:0"];
}

impl FromStr for DevicePreference {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownDevice(name.to_owned());
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::On(Device::Cpu)),
            "cuda" => Ok(Self::On(Device::Cuda(0))),
            _ => {
                let number = name.strip_prefix("cuda:").filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
                let number = number.and_then(|number| number.parse().ok());
                number.map(|number| Self::On(Device::Cuda(number))).ok_or_else(unknown)
            }
        }
    }
}

impl TryFrom<String> for DevicePreference {
    type Error = UnknownDevice;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<DevicePreference> for String {
    fn from(preference: DevicePreference) -> Self {
        preference.to_string()
    }
}

impl std::fmt::Display for DevicePreference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::On(device) => device.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["auto", "cpu", "cuda:0", "cuda:11"] {
            assert_eq!(name.parse::<DevicePreference>().map(|device| device.to_string()).as_deref(), Ok(name));
        }
        assert_eq!("cuda".parse(), Ok(DevicePreference::On(Device::Cuda(0))));
        for name in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "none"] {
            assert!(name.parse::<DevicePreference>().is_err(), "{name}");
        }
    }
}
