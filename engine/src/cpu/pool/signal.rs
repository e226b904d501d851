//! A number that threads wait for: spinning for a moment, then asleep.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// A number that changes, and those who wait until it does.
#[derive(Debug, Default)]
pub struct Signal {
    value: AtomicU32,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Signal {
    /// The number by now.
    pub fn get(&self) -> u32 {
        self.value.load(Ordering::Acquire)
    }

    /// Sets the number one higher and wakes all who wait. What was written before is seen by them.
    pub fn advance(&self) {
        // Sequentially consistent on both sides: either the sleeper sees the new value, or it is seen here.
        self.value.fetch_add(1, Ordering::SeqCst);
        self.wake();
    }

    /// Lets all who wait look again.
    pub fn wake(&self) {
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.changed.notify_all();
        }
    }

    /// Waits while the number is `old` and `stays` holds: `spins` rounds awake, then asleep.
    pub fn wait(&self, old: u32, spins: u32, stays: impl Fn() -> bool) {
        for _ in 0..spins {
            if self.get() != old || !stays() {
                return;
            }
            spin_loop();
        }
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while self.value.load(Ordering::SeqCst) == old && stays() {
            guard = self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}
