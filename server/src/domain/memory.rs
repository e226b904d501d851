//! How much memory of a device models may take, as an operator says it: `20GiB`, or `cuda:0=70GiB` of one device.

use std::str::FromStr;

use super::{Device, DevicePreference};

/// Memory for models, of one device or of each that is not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryBudget {
    /// Which; every one where none is named.
    pub device: Option<Device>,
    pub bytes: u64,
}

/// A text that says no amount of memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no amount of memory; write 20GiB, or cuda:0=70GiB")]
pub struct BadMemory(pub String);

/// What stands behind a number. Without an `i` they are powers of ten, as disks are sold.
const UNITS: [(&str, u64); 7] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
];

impl MemoryBudget {
    /// What is said of a device: of itself before what is said of all.
    pub fn of(said: &[Self], device: Device) -> Option<u64> {
        let find = |wanted| said.iter().rev().find(|one| one.device == wanted).map(|one| one.bytes);
        find(Some(device)).or_else(|| find(None))
    }
}

impl FromStr for MemoryBudget {
    type Err = BadMemory;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadMemory(text.to_owned());
        let (device, amount) = match text.split_once('=') {
            Some((name, amount)) => match name.trim().parse() {
                Ok(DevicePreference::On(device)) => (Some(device), amount),
                _ => return Err(bad()),
            },
            None => (None, text),
        };
        let amount = amount.trim().to_lowercase();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| amount.strip_suffix(name).map(|number| (number, *unit)))
            .ok_or_else(bad)?;
        let number: f64 = number.trim().parse().map_err(|_| bad())?;
        let bytes = number * unit as f64;
        if !(1.0..1e18).contains(&bytes) {
            return Err(bad());
        }
        Ok(Self { device, bytes: bytes as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them_and_a_named_device_goes_before_all() {
        for (text, device, bytes) in [
            ("20GiB", None, 20 << 30),
            ("1.5 gib", None, 3 << 29),
            ("500MB", None, 500_000_000),
            ("cpu=300MiB", Some(Device::Cpu), 300 << 20),
            ("cuda:1 = 70GB", Some(Device::Cuda(1)), 70_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(MemoryBudget { device, bytes }), "{text}");
        }
        for wrong in ["", "20", "GiB", "-1GiB", "0GiB", "NaNGiB", "auto=1GiB", "gpu=1GiB", "1e30GiB", "20 G i B"] {
            assert!(wrong.parse::<MemoryBudget>().is_err(), "{wrong}");
        }
        let said: Vec<MemoryBudget> = ["cuda:0=2MiB", "1MiB"].iter().map(|text| text.parse().expect("good")).collect();
        assert_eq!(MemoryBudget::of(&said, Device::Cuda(0)), Some(2 << 20));
        assert_eq!(MemoryBudget::of(&said, Device::Cpu), Some(1 << 20));
        assert_eq!(MemoryBudget::of(&said[..1], Device::Cpu), None);
    }
}
