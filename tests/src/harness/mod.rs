//! The real `arena` binary with its own data folder on a free port, and everything that a suite puts around it: a client
//! with cookies and forms, a reader of event streams, endpoints that misbehave on demand, a connection that can be cut,
//! and a browser.

mod arena;
mod axe;
mod binary;
mod browser;
mod bulk;
mod client;
mod cluster;
mod folder;
mod form;
mod processes;
mod provider;
mod proxy;
mod signing_key;
mod store;
mod stream;

pub use arena::{Arena, Options};
pub use axe::axe_source;
pub use binary::{arena_binary, demo_model, models_folder};
pub use browser::{Browser, Look, screenshots};
pub use bulk::BulkVotes;
pub use client::{Client, Reply};
pub use fake_endpoint::{Behaviour, Ending, Endpoint};
pub use folder::Folder;
pub use form::{Form, unescape};
pub use processes::{Frozen, Processes};
pub use provider::{CLIENT, Provider, SECRET, Wrong};
pub use proxy::Proxy;
pub use store::{NewModel, Store};
pub use stream::{Event, EventStream};

use std::time::{Duration, Instant};

/// How long anything that should come may take before a test calls it hung. Generous: the machine may be loaded.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer; fails with `what` after [`PATIENCE`].
#[track_caller]
pub fn eventually<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, ask)
}

/// Asks again and again until there is an answer; fails with `what` after `patience`.
#[track_caller]
pub fn within<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < patience, "not within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// The same for questions that are futures.
pub async fn eventually_async<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
