//! Where a training step's time goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A share of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    Attention,
    Experts,
    Loss,
    Optimiser,
}

impl Share {
    /// All shares.
    pub const ALL: [Self; 4] = [Self::Attention, Self::Experts, Self::Loss, Self::Optimiser];

    /// The share's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Experts => "experts",
            Self::Loss => "loss",
            Self::Optimiser => "optimiser",
        }
    }
}

/// Adds up the time of each share and the multiplications done.
#[derive(Debug, Default)]
pub struct Profiler {
    nanos: [AtomicU64; 4],
    multiplications: AtomicU64,
}

impl Profiler {
    /// Runs `body` on the account of `share`; it does so many multiplications with weights.
    pub fn time<T>(&self, share: Share, multiplications: usize, body: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = body();
        self.nanos[share as usize].fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        self.multiplications.fetch_add(multiplications as u64, Ordering::Relaxed);
        out
    }

    /// What a share took so far.
    pub fn spent(&self, share: Share) -> Duration {
        Duration::from_nanos(self.nanos[share as usize].load(Ordering::Relaxed))
    }

    /// The multiplications so far.
    pub fn multiplications(&self) -> u64 {
        self.multiplications.load(Ordering::Relaxed)
    }
}
