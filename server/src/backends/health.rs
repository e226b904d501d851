//! What the last requests say about each endpoint, so that battles do not draw a dead model.
//!
//! Each web process judges by its own requests: a model that is dead is soon noticed by all of
//! them, and a network fault of one of them is not everyone's.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::error::{BackendError, ErrorKind};
use crate::backoff::doubled;

/// So many failures in a row until an endpoint rests. Two, because one broken connection is normal
/// life and three visitors before a broken model are one too many.
const FAILURES: u32 = 2;
/// So many refusals in a row, of requests that are at fault by the endpoint's word, until it rests all the same. A visitor may
/// write what no model takes; a model that takes nothing of what anybody writes is broken, whatever it calls the error.
const REFUSALS: u32 = 5;
/// So long after a worker's end its answers may still be breaking off.
const ONE_END: Duration = Duration::from_secs(5);
const FIRST_REST: Duration = Duration::from_secs(10);
const LONGEST_REST: Duration = Duration::from_secs(300);
/// What passes by itself rests shorter.
const LONGEST_REST_BUSY: Duration = Duration::from_secs(30);
/// Endpoints remembered; an administrator registers far fewer.
const ENTRIES: usize = 4096;

/// What is known about one endpoint.
#[derive(Debug, Clone, Default)]
pub struct Circuit {
    /// Failures since the last success.
    pub failures: u32,
    /// Requests that it refused since the last success.
    pub refusals: u32,
    /// Until when it should not be drawn.
    pub open_until: Option<Instant>,
    /// The last failure, kept for the administrator after a success too.
    pub last_error: Option<BackendError>,
    /// When it last failed.
    pub last_failure: Option<Instant>,
    /// When it last answered.
    pub last_success: Option<Instant>,
    /// Whether nobody was there when it was last looked after.
    pub is_gone: bool,
}

impl Circuit {
    /// Whether it may be drawn at this moment. After its rest one draw tries it again.
    pub fn is_available(&self, now: Instant) -> bool {
        !self.is_gone && self.open_until.is_none_or(|until| until <= now)
    }
}

/// The circuits of all endpoints, by [`super::Endpoint::health_key`].
#[derive(Debug, Default)]
pub struct Health {
    circuits: Mutex<HashMap<String, Circuit>>,
}

impl Health {
    /// Whether the endpoint may be drawn. Unknown ones may.
    pub fn is_available(&self, key: &str) -> bool {
        let circuits = self.lock();
        circuits.get(key).is_none_or(|circuit| circuit.is_available(Instant::now()))
    }

    /// What is known about the endpoint.
    pub fn circuit(&self, key: &str) -> Circuit {
        self.lock().get(key).cloned().unwrap_or_default()
    }

    /// Forgets an endpoint, for example after its registration was corrected.
    pub fn forget(&self, key: &str) {
        self.lock().remove(key);
    }

    pub(super) fn succeeded(&self, key: &str) {
        self.entry(key, |circuit| {
            circuit.failures = 0;
            circuit.refusals = 0;
            circuit.open_until = None;
            circuit.is_gone = false;
            circuit.last_success = Some(Instant::now());
        });
    }

    /// Notes whether the endpoint was there when it was looked after. One that is back need not rest to the end.
    pub(super) fn seen(&self, key: &str, is_there: bool) {
        self.entry(key, |circuit| {
            if is_there && circuit.is_gone {
                circuit.open_until = None;
                circuit.failures = 0;
            }
            circuit.is_gone = !is_there;
        });
    }

    /// Notes a failure. `died` says that the process of our own worker came to its end meanwhile. `is_short` says that the conversation was not too long for any model.
    pub(super) fn failed(&self, key: &str, error: &BackendError, is_short: bool, died: bool) {
        self.entry(key, |circuit| {
            circuit.last_error = Some(error.clone());
            let now = Instant::now();
            let before = circuit.last_failure.replace(now);
            // All answers that a worker's end cuts off are one failure of each model.
            let is_one_end = died && circuit.failures > 0 && before.is_some_and(|at| now - at < ONE_END);
            if is_one_end {
                return;
            }
            if error.kind.counts_against_endpoint() {
                circuit.failures = circuit.failures.saturating_add(1);
            } else if is_short || error.kind != ErrorKind::ContextTooLong {
                circuit.refusals = circuit.refusals.saturating_add(1);
            } else {
                return;
            }
            // As many rests as there were failures or refusals beyond the bound.
            let beyond = circuit.failures.checked_sub(FAILURES).max(circuit.refusals.checked_sub(REFUSALS));
            if let Some(beyond) = beyond {
                circuit.open_until = Some(Instant::now() + rest(beyond, error));
            }
        });
    }

    fn entry(&self, key: &str, change: impl FnOnce(&mut Circuit)) {
        let mut circuits = self.lock();
        if circuits.len() >= ENTRIES && !circuits.contains_key(key) {
            circuits.clear();
        }
        change(circuits.entry(key.to_owned()).or_default());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Circuit>> {
        // A panic while holding the lock leaves at worst one stale circuit: go on with it.
        self.circuits.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The rest after `beyond` rests without a success between them.
fn rest(beyond: u32, error: &BackendError) -> Duration {
    let busy = matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Overloaded | ErrorKind::Loading);
    let longest = if busy { LONGEST_REST_BUSY } else { LONGEST_REST };
    doubled(FIRST_REST, beyond, longest).max(error.retry_after.unwrap_or_default()).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_rests_after_failures_in_a_row_and_wakes_by_a_success() {
        let health = Health::default();
        let error = BackendError::new(ErrorKind::Unreachable, "refused");
        health.failed("a", &error, true, false);
        assert!(health.is_available("a"));
        health.failed("a", &error, true, false);
        assert!(!health.is_available("a"));
        assert!(health.is_available("b"));
        let circuit = health.circuit("a");
        assert!(circuit.is_available(Instant::now() + FIRST_REST));
        health.failed("a", &error, true, false);
        assert!(!health.circuit("a").is_available(Instant::now() + FIRST_REST));
        health.succeeded("a");
        assert!(health.is_available("a"));
        assert_eq!(health.circuit("a").last_error, Some(error));
    }

    #[test]
    fn an_endpoint_that_is_gone_is_not_drawn_and_one_that_is_back_need_not_rest_to_the_end() {
        let health = Health::default();
        health.seen("a", true);
        assert!(health.is_available("a"));
        health.seen("a", false);
        assert!(!health.is_available("a"));
        for _ in 0..3 {
            health.failed("a", &BackendError::new(ErrorKind::Unreachable, ""), true, false);
        }
        health.seen("a", true);
        assert!(health.is_available("a"));
    }

    #[test]
    fn a_request_that_is_itself_at_fault_does_not_put_the_endpoint_to_rest() {
        let health = Health::default();
        for _ in 0..9 {
            health.failed("a", &BackendError::new(ErrorKind::ContextTooLong, ""), false, false);
        }
        assert!(health.is_available("a"));
    }

    #[test]
    fn a_worker_s_end_is_one_failure_of_each_model_that_was_asked() {
        let health = Health::default();
        let error = BackendError::new(ErrorKind::Interrupted, "");
        for _ in 0..9 {
            health.failed("worker a", &error, true, true);
        }
        assert!(health.is_available("worker a"), "nine answers broke off at once");
        for _ in 0..2 {
            health.failed("elsewhere", &error, true, false);
        }
        assert!(!health.is_available("elsewhere"));
    }

    #[test]
    fn an_endpoint_that_refuses_everybody_rests_whatever_it_calls_the_error() {
        for kind in ErrorKind::ALL {
            let health = Health::default();
            let error = BackendError::new(kind, "");
            for _ in 0..4 {
                health.failed("a", &error, true, false);
            }
            assert_eq!(health.is_available("a"), !kind.counts_against_endpoint(), "{kind:?} four times");
            health.failed("a", &error, true, false);
            assert!(!health.is_available("a"), "{kind:?} five times");
            health.succeeded("a");
            health.failed("a", &error, true, false);
            assert!(health.is_available("a"), "{kind:?} once after a success");
        }
    }

    #[test]
    fn rests_grow_but_stay_bounded() {
        let dead = BackendError::new(ErrorKind::Unreachable, "");
        assert_eq!(rest(0, &dead), FIRST_REST);
        assert_eq!(rest(2, &dead), FIRST_REST * 4);
        assert_eq!(rest(u32::MAX, &dead), LONGEST_REST);
        let mut busy = BackendError::new(ErrorKind::RateLimited, "");
        busy.retry_after = Some(Duration::from_secs(9999));
        assert_eq!(rest(0, &busy), LONGEST_REST_BUSY);
    }
}
