//! What the arena survives, counted. Ignored by default, for it takes minutes:
//!
//! ```text
//! cargo test --workspace --test faults -- --ignored --nocapture --test-threads 1
//! ARENA_FAULT_SECONDS=300 …    each campaign takes so long; 60 by default
//! ```

mod api;
mod document;
mod kills;
mod slow;
mod storm;
mod streaming;
mod timing;
mod topology;
mod visitors;

use std::time::Duration;

/// How long a campaign takes.
fn length() -> Duration {
    let seconds = std::env::var("ARENA_FAULT_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

/// Numbers that only look random, so that a campaign may be run again.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}
