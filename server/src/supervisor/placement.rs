//! Which device hosts which model: a pure function of what is needed and what is there.

use serde::Serialize;

use crate::domain::{Device, DevicePreference};

/// What a model needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRequirement {
    /// Where the administrator prefers it.
    pub preference: DevicePreference,
    /// Memory in bytes, by estimate.
    pub bytes: u64,
    /// The place it has already: it stays there if it can, for moving means loading again.
    pub current: Option<usize>,
}

/// A device that models may be placed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSlot {
    pub device: Device,
    /// Memory for models in bytes; `None` where it is unknown and nothing can be refused.
    pub memory: Option<u64>,
}

/// Why a model has no device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum PlacementError {
    /// The wished device is not among this server's.
    #[error("the device {device} is not among this server's devices")]
    NoSuchDevice {
        /// The preference.
        device: String,
    },
    /// It needs more than is free where it may go.
    #[error("it needs {needed} bytes of memory, and {free} are free")]
    NoMemory {
        /// What it needs, by estimate.
        needed: u64,
        /// The most that is free on one device it may go to.
        free: u64,
    },
    /// This server runs no workers.
    #[error("this server has no devices for local models")]
    NoDevices,
}

/// Gives each model a place or a reason. Models that are placed already come first, then wishes for
/// one device, then the rest from the largest to the smallest, each on the GPU with the most room,
/// else on the CPU.
pub fn place(needs: &[ModelRequirement], places: &[DeviceSlot]) -> Vec<Result<usize, PlacementError>> {
    let mut free: Vec<Option<u64>> = places.iter().map(|place| place.memory).collect();
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|at| {
        let need = &needs[*at];
        let wishes = matches!(need.preference, DevicePreference::On(_));
        (need.current.is_none(), !wishes, std::cmp::Reverse(need.bytes), *at)
    });
    let mut result = vec![Err(PlacementError::NoDevices); needs.len()];
    for at in order {
        result[at] = choose(&needs[at], places, &free);
        if let Ok(chosen) = result[at]
            && let Some(room) = &mut free[chosen]
        {
            *room = room.saturating_sub(needs[at].bytes);
        }
    }
    result
}

fn choose(need: &ModelRequirement, places: &[DeviceSlot], free: &[Option<u64>]) -> Result<usize, PlacementError> {
    if places.is_empty() {
        return Err(PlacementError::NoDevices);
    }
    let may = |at: &usize| match need.preference {
        DevicePreference::Auto => true,
        DevicePreference::On(device) => places[*at].device == device,
    };
    let fits = |at: &usize| free[*at].is_none_or(|room| room >= need.bytes);
    let candidates: Vec<usize> = (0..places.len()).filter(may).collect();
    if candidates.is_empty() {
        let DevicePreference::On(device) = need.preference else { return Err(PlacementError::NoDevices) };
        return Err(PlacementError::NoSuchDevice { device: device.to_string() });
    }
    if let Some(current) = need.current.filter(|at| candidates.contains(at) && fits(at)) {
        return Ok(current);
    }
    let best = candidates.iter().copied().filter(fits).max_by_key(|at| {
        let is_gpu = places[*at].device != Device::Cpu;
        // At equal room the first device wins, so that the same input has the same answer.
        (is_gpu, free[*at].unwrap_or(u64::MAX), std::cmp::Reverse(*at))
    });
    best.ok_or_else(|| PlacementError::NoMemory {
        needed: need.bytes,
        free: candidates.iter().filter_map(|at| free[*at]).max().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn auto(bytes: u64) -> ModelRequirement {
        ModelRequirement { preference: DevicePreference::Auto, bytes, current: None }
    }

    fn on(device: &str, bytes: u64) -> ModelRequirement {
        ModelRequirement { preference: device.parse().expect("a device"), bytes, current: None }
    }

    fn at(device: &str, memory: u64) -> DeviceSlot {
        let Ok(DevicePreference::On(device)) = device.parse() else { panic!("{device} is no device") };
        DeviceSlot { device, memory: Some(memory) }
    }

    #[test]
    fn gpus_come_first_and_the_largest_model_chooses_first() {
        let places = [at("cpu", 100), at("cuda:0", 40), at("cuda:1", 50)];
        assert_eq!(place(&[auto(30), auto(45)], &places), [Ok(1), Ok(2)]);
        assert_eq!(place(&[auto(60)], &places), [Ok(0)]);
        assert_eq!(place(&[auto(30), auto(30), auto(30)], &places), [Ok(2), Ok(1), Ok(0)]);
    }

    #[test]
    fn a_wish_is_kept_or_refused_but_never_changed() {
        let places = [at("cpu", 100), at("cuda:0", 40)];
        assert_eq!(place(&[on("cpu", 10)], &places), [Ok(0)]);
        assert_eq!(place(&[on("cuda:0", 50)], &places), [Err(PlacementError::NoMemory { needed: 50, free: 40 })]);
        assert_eq!(place(&[on("cuda:7", 1)], &places), [Err(PlacementError::NoSuchDevice { device: "cuda:7".into() })]);
        // The one with a preference gets its room although the other one is larger.
        assert_eq!(place(&[auto(35), on("cuda:0", 30)], &places), [Ok(0), Ok(1)]);
    }

    #[test]
    fn who_has_a_place_stays() {
        let places = [at("cpu", 100), at("cuda:0", 40)];
        let settled = ModelRequirement { current: Some(0), ..auto(10) };
        assert_eq!(place(std::slice::from_ref(&settled), &places), [Ok(0)]);
        assert_eq!(
            place(&[auto(95), settled], &places),
            [Err(PlacementError::NoMemory { needed: 95, free: 90 }), Ok(0)]
        );
    }

    #[test]
    fn no_device_and_unknown_memory_are_said() {
        assert_eq!(place(&[auto(1)], &[]), [Err(PlacementError::NoDevices)]);
        let unknown = [DeviceSlot { device: Device::Cpu, memory: None }];
        assert_eq!(place(&[auto(u64::MAX)], &unknown), [Ok(0)]);
    }

    proptest! {
        #[test]
        fn no_device_is_ever_overfilled(
            needs in proptest::collection::vec((0u64..60, proptest::option::of(0usize..4)), 0..12),
            memories in proptest::collection::vec(0u64..100, 0..4),
        ) {
            let needs: Vec<ModelRequirement> =
                needs.into_iter().map(|(bytes, current)| ModelRequirement { preference: DevicePreference::Auto, bytes, current }).collect();
            let places: Vec<DeviceSlot> = memories.iter().enumerate().map(|(n, m)| at(&format!("cuda:{n}"), *m)).collect();
            let placed = place(&needs, &places);
            for (index, memory) in memories.iter().enumerate() {
                let taken = needs.iter().zip(&placed).filter(|(_, p)| **p == Ok(index)).map(|(n, _)| n.bytes);
                prop_assert!(taken.sum::<u64>() <= *memory);
            }
        }
    }
}
