//! Turns as HTML while they are written: rendered once for all who read them on this server.
//!
//! ```text
//! streams::Reader ─▶ one task a turn: rendered (edits, step by step) ─▶ every reader: the whole, then the edits since
//! ```
//!
//! A step brings both columns from one view to the next, so its edits go out together: no reader sees one column ahead of the
//! other. A reader who comes later, comes again or has fallen behind gets the whole first.

mod rendered;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

pub use rendered::{News, RenderedTurn};

use crate::domain::{BattleId, BattleKind};
use crate::streams::{Reader, TurnHub};

/// How often the task looks whether anybody still reads.
const LOOK_EACH: Duration = Duration::from_secs(5);

/// The turns that are read on this server. Clones share them.
#[derive(Clone, Default)]
pub struct Turns {
    read: Arc<Mutex<Read>>,
}

/// By battle and number.
type Read = HashMap<(BattleId, i32), Weak<Shared>>;

/// A turn that somebody reads.
struct Shared {
    rendered: Mutex<RenderedTurn>,
    /// Counts its steps.
    steps: watch::Sender<u64>,
    /// Whether a reader took something since the task last asked.
    is_read: AtomicBool,
}

/// One who reads a turn.
pub struct TurnReader {
    shared: Arc<Shared>,
    steps: watch::Receiver<u64>,
    /// The last step that was taken.
    at: Option<u64>,
}

impl Turns {
    /// Follows a turn.
    pub fn follow(&self, streams: &TurnHub, battle: BattleId, kind: BattleKind, turn: i32) -> TurnReader {
        let key = (battle, turn);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has ended here may go on: a side was asked again.
        let known = read.get(&key).and_then(Weak::upgrade).filter(|shared| !shared.rendered().has_ended());
        let shared = known.unwrap_or_else(|| {
            let shared = Arc::new(Shared {
                rendered: Mutex::default(),
                steps: watch::Sender::new(0),
                is_read: AtomicBool::new(true),
            });
            read.retain(|_, known| known.strong_count() > 0);
            read.insert(key, Arc::downgrade(&shared));
            // Where answers are drained, and not with the connection that came first: it may end before the others.
            streams.spawn(follow(Arc::downgrade(&shared), Reader::new(streams.clone(), battle, kind, turn)));
            shared
        });
        TurnReader { steps: shared.steps.subscribe(), shared, at: None }
    }
}

/// Renders what is new as long as anybody reads it.
async fn follow(shared: Weak<Shared>, mut reader: Reader) {
    loop {
        let next = timeout(LOOK_EACH, reader.next()).await;
        let Some(shared) = shared.upgrade() else { return };
        if shared.is_read.swap(false, Ordering::Relaxed) {
            reader.touch();
        }
        let goes_on = match next {
            Err(_) => continue,
            Ok(Ok(Some(view))) => {
                let (shared, has_ended) = (shared.clone(), reader.has_ended());
                // Long answers take milliseconds, which the pace of others must not wait for.
                tokio::task::spawn_blocking(move || shared.rendered().take(view, has_ended)).await.is_ok()
            }
            Ok(Ok(None)) => false,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a stream broke off; its readers come again");
                false
            }
        };
        let step = {
            let mut rendered = shared.rendered();
            if !goes_on {
                rendered.break_off();
            }
            rendered.step()
        };
        shared.steps.send_replace(step);
        if shared.rendered().has_ended() {
            return;
        }
    }
}

impl Shared {
    fn rendered(&self) -> MutexGuard<'_, RenderedTurn> {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TurnReader {
    /// What is new; the first time the whole, as soon as anything is known. `None` after the end, and where the turn broke
    /// off. Called only by one who took what came before: who does not take it counts as gone.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            self.shared.is_read.store(true, Ordering::Relaxed);
            self.steps.borrow_and_update();
            let (news, has_ended) = {
                let mut rendered = self.shared.rendered();
                (rendered.since(self.at), rendered.has_ended())
            };
            if let Some(news) = news {
                self.at = Some(news.step);
                return Some(news);
            }
            if has_ended || self.steps.changed().await.is_err() {
                return None;
            }
        }
    }
}
