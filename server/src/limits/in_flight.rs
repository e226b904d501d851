//! How much of one kind an address has going at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what each network has going. Clones share the counts; a network that has nothing going takes no memory.
#[derive(Debug, Clone)]
pub struct InFlight {
    most: usize,
    counts: Arc<Mutex<HashMap<(bool, u64), usize>>>,
}

/// One that is going, until it is dropped.
#[derive(Debug)]
pub struct Going {
    network: (bool, u64),
    counts: Arc<Mutex<HashMap<(bool, u64), usize>>>,
}

impl InFlight {
    /// At most so many at once for each network.
    pub fn new(most: usize) -> Self {
        Self { most, counts: Arc::default() }
    }

    /// One more; `None` when the network has as many as it may.
    pub fn begin(&self, address: IpAddr) -> Option<Going> {
        let network = network(address);
        let mut counts = lock(&self.counts);
        let count = counts.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Going { network, counts: self.counts.clone() })
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if let Some(count) = counts.get_mut(&self.network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

fn lock(counts: &Mutex<HashMap<(bool, u64), usize>>) -> MutexGuard<'_, HashMap<(bool, u64), usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What counts as one address: an IPv4 address, or the /64 that a household or a server gets.
pub(super) fn network(address: IpAddr) -> (bool, u64) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (false, u64::from(v4.to_bits())),
        IpAddr::V6(v6) => (true, u64::try_from(v6.to_bits() >> 64).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_bound_of_its_own_and_what_ended_counts_no_longer() {
        let bound = InFlight::new(2);
        let [one, other]: [IpAddr; 2] = ["1.2.3.4", "5.6.7.8"].map(|text| text.parse().expect("address"));
        let (first, second) = (bound.begin(one), bound.begin(one));
        assert!(first.is_some() && second.is_some());
        assert!(bound.begin(one).is_none());
        assert!(bound.begin(other).is_some());
        drop(first);
        let third = bound.begin(one);
        assert!(third.is_some());
        drop((second, third));
        assert!(lock(&bound.counts).is_empty());
    }
}
