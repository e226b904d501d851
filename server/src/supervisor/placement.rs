//! Which device hosts which model: a pure function of what is needed and what is there.

use serde::Serialize;

use crate::domain::{Device, DevicePreference, SharedWeights};

/// What a model needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRequirement {
    /// Where the administrator prefers it.
    pub preference: DevicePreference,
    /// Memory in bytes, by estimate.
    pub bytes: u64,
    /// What of it others on the same files take too. It counts for each when places are given: they may come to different devices.
    pub shared: Option<SharedWeights>,
    /// Whether it must stay in memory: nobody takes turns with it.
    pub is_pinned: bool,
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
    /// It needs more than any device has that it may go to, beside the models that are pinned there.
    #[error("it needs {needed} bytes of memory, and a device has {free} for it")]
    NoMemory {
        /// What it needs, by estimate.
        needed: u64,
        /// The most that one device has for it.
        free: u64,
    },
    /// This server runs no workers.
    #[error("this server has no devices for local models")]
    NoDevices,
}

/// The memory of devices while models are given places.
struct Room {
    /// What is free beside all that have a place.
    free: Vec<Option<u64>>,
    /// What those have to share that are not pinned.
    shared: Vec<Option<u64>>,
}

/// Gives each model a place or a reason. Models that are pinned come first, then those that are placed already, then wishes for
/// one device, then the rest from the largest to the smallest, each on the GPU with the most room,
/// else on the CPU. Where there is no room left beside the others, it takes turns with them.
pub fn place(needs: &[ModelRequirement], places: &[DeviceSlot]) -> Vec<Result<usize, PlacementError>> {
    let free: Vec<Option<u64>> = places.iter().map(|place| place.memory).collect();
    let mut room = Room { shared: free.clone(), free };
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|at| {
        let need = &needs[*at];
        let wishes = matches!(need.preference, DevicePreference::On(_));
        (!need.is_pinned, need.current.is_none(), !wishes, std::cmp::Reverse(need.bytes), *at)
    });
    let mut result = vec![Err(PlacementError::NoDevices); needs.len()];
    for at in order {
        let need = &needs[at];
        result[at] = choose(need, places, &room);
        if let Ok(chosen) = result[at] {
            let take = |room: &mut Option<u64>| *room = room.map(|room| room.saturating_sub(need.bytes));
            take(&mut room.free[chosen]);
            if need.is_pinned {
                take(&mut room.shared[chosen]);
            }
        }
    }
    result
}

fn choose(need: &ModelRequirement, places: &[DeviceSlot], room: &Room) -> Result<usize, PlacementError> {
    if places.is_empty() {
        return Err(PlacementError::NoDevices);
    }
    let may = |at: &usize| match need.preference {
        DevicePreference::Auto => true,
        DevicePreference::On(device) => places[*at].device == device,
    };
    let fits = |at: &usize| room.free[*at].is_none_or(|room| room >= need.bytes);
    let may_share = |at: &usize| room.shared[*at].is_none_or(|room| room >= need.bytes);
    let candidates: Vec<usize> = (0..places.len()).filter(may).collect();
    if candidates.is_empty() {
        let DevicePreference::On(device) = need.preference else { return Err(PlacementError::NoDevices) };
        return Err(PlacementError::NoSuchDevice { device: device.to_string() });
    }
    let current = need.current.filter(|at| candidates.contains(at));
    if let Some(current) = current.filter(fits) {
        return Ok(current);
    }
    let best = candidates.iter().copied().filter(fits).max_by_key(|at| {
        let is_gpu = places[*at].device != Device::Cpu;
        // At equal room the first device wins, so that the same input has the same answer.
        (is_gpu, room.free[*at].unwrap_or(u64::MAX), std::cmp::Reverse(*at))
    });
    let stays = || current.filter(may_share);
    let shared = || {
        let may = candidates.iter().copied().filter(may_share);
        // Where the most is left, there are the fewest to take turns with.
        may.max_by_key(|at| (room.free[*at], room.shared[*at], std::cmp::Reverse(*at)))
    };
    best.or_else(stays).or_else(shared).ok_or_else(|| PlacementError::NoMemory {
        needed: need.bytes,
        free: candidates.iter().filter_map(|at| room.shared[*at]).max().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn auto(bytes: u64) -> ModelRequirement {
        ModelRequirement { preference: DevicePreference::Auto, bytes, shared: None, is_pinned: false, current: None }
    }

    fn on(device: &str, bytes: u64) -> ModelRequirement {
        ModelRequirement { preference: device.parse().expect("a device"), ..auto(bytes) }
    }

    fn pinned(need: ModelRequirement) -> ModelRequirement {
        ModelRequirement { is_pinned: true, ..need }
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
        assert_eq!(place(&[auto(95), settled], &places), [Ok(0), Ok(0)], "it takes turns with the other");
    }

    #[test]
    fn who_finds_no_room_takes_turns_but_not_with_who_is_pinned() {
        let places = [at("cpu", 100)];
        assert_eq!(place(&[auto(80), auto(90), auto(100)], &places), [Ok(0), Ok(0), Ok(0)]);
        assert_eq!(place(&[auto(101)], &places), [Err(PlacementError::NoMemory { needed: 101, free: 100 })]);
        assert_eq!(
            place(&[auto(80), pinned(auto(30)), auto(70)], &places),
            [Err(PlacementError::NoMemory { needed: 80, free: 70 }), Ok(0), Ok(0)]
        );
        assert!(place(&[pinned(auto(60)), pinned(auto(60))], &places)[1].is_err());
        // With the fewest others, and where it is already.
        let two = [at("cuda:0", 50), at("cuda:1", 60)];
        assert_eq!(place(&[auto(50), auto(40), auto(45)], &two), [Ok(1), Ok(1), Ok(0)]);
        let settled = ModelRequirement { current: Some(0), ..auto(40) };
        assert_eq!(place(&[settled.clone(), settled.clone(), settled], &two), [Ok(0), Ok(1), Ok(0)]);
    }

    #[test]
    fn no_device_and_unknown_memory_are_said() {
        assert_eq!(place(&[auto(1)], &[]), [Err(PlacementError::NoDevices)]);
        let unknown = [DeviceSlot { device: Device::Cpu, memory: None }];
        assert_eq!(place(&[auto(u64::MAX)], &unknown), [Ok(0)]);
    }

    proptest! {
        #[test]
        fn pinned_models_fit_together_and_any_other_beside_them(
            needs in proptest::collection::vec((0u64..60, proptest::option::of(0usize..4), any::<bool>()), 0..12),
            memories in proptest::collection::vec(0u64..100, 0..4),
        ) {
            let needs: Vec<ModelRequirement> =
                needs.into_iter().map(|(bytes, current, is_pinned)| ModelRequirement { is_pinned, current, ..auto(bytes) }).collect();
            let places: Vec<DeviceSlot> = memories.iter().enumerate().map(|(n, m)| at(&format!("cuda:{n}"), *m)).collect();
            let placed = place(&needs, &places);
            for (index, memory) in memories.iter().enumerate() {
                let here = || needs.iter().zip(&placed).filter(|(_, p)| **p == Ok(index)).map(|(n, _)| n);
                let pinned: u64 = here().filter(|n| n.is_pinned).map(|n| n.bytes).sum();
                let largest = here().filter(|n| !n.is_pinned).map(|n| n.bytes).max().unwrap_or(0);
                prop_assert!(pinned + largest <= *memory);
            }
        }
    }
}
