//! Wrong guesses at a secret that is the same for all, such as an access code.
//!
//! Right ones cost nothing, however often a program shows the code; but after too many wrong ones from a network none is even
//! looked at for a while, or guessing would go on at full speed until it hits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;

/// So many wrong guesses are free.
const FREE: u32 = 10;
/// After so long one wrong guess is forgiven.
const FORGIVEN: Duration = Duration::from_secs(30);
/// Networks that are remembered at most: beyond, those that guessed longest ago are forgotten.
const MAX_NETWORKS: usize = 1 << 16;

/// A network, as `in_flight` tells them apart.
type Network = (bool, u64);

/// The wrong guesses of each network.
#[derive(Debug, Default)]
pub(super) struct Guesses(Mutex<HashMap<Network, Wrong>>);

/// When all of a network's wrong guesses will be forgiven.
#[derive(Debug, Clone, Copy)]
struct Wrong {
    until: Instant,
}

impl Guesses {
    /// Whether this network may guess now.
    pub fn check(&self, network: Network) -> Result<(), Error> {
        self.check_at(network, Instant::now())
    }

    fn check_at(&self, network: Network, now: Instant) -> Result<(), Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&network).copied();
        // As long as fewer than all free guesses are unforgiven, there is one left.
        let wait = known.map_or(Duration::ZERO, |wrong| {
            wrong.until.saturating_duration_since(now).saturating_sub(FORGIVEN * (FREE - 1))
        });
        if wait.is_zero() {
            return Ok(());
        }
        Err(Error::RateLimited { retry_after: Duration::from_secs(wait.as_secs() + 1) })
    }

    /// Notes a wrong guess.
    pub fn failed(&self, network: Network) {
        self.failed_at(network, Instant::now());
    }

    fn failed_at(&self, network: Network, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_NETWORKS && !known.contains_key(&network) {
            known.retain(|_, wrong| wrong.until > now);
            if known.len() >= MAX_NETWORKS {
                let oldest = known.iter().min_by_key(|(_, wrong)| wrong.until).map(|(network, _)| *network);
                oldest.and_then(|network| known.remove(&network));
            }
        }
        let wrong = known.entry(network).or_insert(Wrong { until: now });
        wrong.until = wrong.until.max(now) + FORGIVEN;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Network = (false, 1);
    const ELSEWHERE: Network = (false, 2);

    #[test]
    fn after_ten_wrong_guesses_a_network_waits_and_others_do_not() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..FREE {
            assert!(guesses.check_at(HOME, now).is_ok());
            guesses.failed_at(HOME, now);
        }
        let Err(Error::RateLimited { retry_after }) = guesses.check_at(HOME, now) else { panic!("must wait") };
        assert!((30..=31).contains(&retry_after.as_secs()), "{retry_after:?}");
        assert!(guesses.check_at(ELSEWHERE, now).is_ok());
        // One is forgiven, and one more wrong guess shuts the door again.
        let later = now + FORGIVEN;
        assert!(guesses.check_at(HOME, later).is_ok());
        guesses.failed_at(HOME, later);
        assert!(guesses.check_at(HOME, later).is_err());
        assert!(guesses.check_at(HOME, later + FORGIVEN * FREE).is_ok());
    }

    #[test]
    fn memory_is_bounded_whatever_networks_a_flood_comes_from() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..(MAX_NETWORKS as u64 + 100) {
            guesses.failed_at((false, number), now);
        }
        assert_eq!(guesses.0.lock().expect("no panic").len(), MAX_NETWORKS);
    }
}
