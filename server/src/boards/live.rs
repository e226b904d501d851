//! Readers of boards that stay open learn when votes have come in.
//!
//! However many they are, the database is asked once a second for each board that anybody reads here, and not at all while
//! nobody does; so each server of one database tells of the votes of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::{BoardKey, Boards};
use crate::error::Error;

/// How often the database is asked; at most one event comes in this time.
const EACH: Duration = Duration::from_secs(1);
/// How long it may take to answer.
const LONGEST: Duration = Duration::from_secs(10);
/// Readers of all boards together. Those for whom there is no room ask by themselves, each five seconds.
const MAX_READERS: usize = 2048;
/// Boards that are followed at once: each is a query a second.
const MAX_BOARDS: usize = 64;
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// The boards that are read here. Clones share them.
#[derive(Debug, Clone)]
pub struct LiveBoards {
    followed: Arc<Mutex<Followed>>,
    readers: Arc<Semaphore>,
    first_came: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Followed {
    boards: HashMap<BoardKey, watch::Sender<i64>>,
    is_closing: bool,
}

/// One reader's view of a board's version: whatever is newest, and nothing that was overtaken.
#[derive(Debug)]
pub struct BoardReader {
    version: watch::Receiver<i64>,
    has_told: bool,
}

impl BoardReader {
    /// The version: first the one of now, then each that is new. Nothing after the service ends.
    pub async fn next(&mut self) -> Option<i64> {
        if std::mem::replace(&mut self.has_told, true) {
            self.version.changed().await.ok()?;
        }
        Some(*self.version.borrow_and_update())
    }
}

/// Wakes the readers where there is anything new.
fn tell(sender: &watch::Sender<i64>, version: i64) {
    sender.send_if_modified(|told| std::mem::replace(told, version) != version);
}

impl Default for LiveBoards {
    fn default() -> Self {
        let readers = Arc::new(Semaphore::new(MAX_READERS));
        Self { followed: Arc::default(), readers, first_came: Arc::default() }
    }
}

impl LiveBoards {
    /// Begins to follow a board for one reader, who is one as long as the permit is held.
    ///
    /// # Errors
    /// Busy where too many read already. When the database does not answer.
    pub async fn follow(
        &self,
        boards: &Boards,
        db: &PgPool,
        key: &BoardKey,
    ) -> Result<(BoardReader, OwnedSemaphorePermit), Error> {
        let busy = || Error::Busy { retry_after: RETRY_AFTER };
        let permit = self.readers.clone().try_acquire_owned().map_err(|_| busy())?;
        // Neither days nor ties change which votes there are.
        let key = key.of_version();
        let version = boards.version(db, &key).await?;
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.is_closing || (followed.boards.len() >= MAX_BOARDS && !followed.boards.contains_key(&key)) {
            return Err(busy());
        }
        let sender = followed.boards.entry(key).or_insert_with(|| watch::Sender::new(version));
        tell(sender, version);
        let reader = BoardReader { version: sender.subscribe(), has_told: false };
        self.first_came.notify_one();
        Ok((reader, permit))
    }

    /// Asks for the versions of what is read, for as long as the service runs.
    pub async fn run(self, boards: Boards, db: PgPool) {
        loop {
            let read = self.read_now();
            if read.is_empty() {
                self.first_came.notified().await;
                continue;
            }
            for (key, sender) in read {
                // Readers wait; the next second is another chance.
                match timeout(LONGEST, boards.version(&db, &key)).await {
                    Ok(Ok(version)) => tell(&sender, version),
                    Ok(Err(error)) => tracing::warn!(%error, "the version of a leaderboard could not be read"),
                    Err(_) => tracing::warn!("the version of a leaderboard could not be read in time"),
                }
            }
            tokio::time::sleep(EACH).await;
        }
    }

    /// The boards that somebody reads; the others are forgotten.
    fn read_now(&self) -> Vec<(BoardKey, watch::Sender<i64>)> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.boards.retain(|_, sender| sender.receiver_count() > 0);
        followed.boards.iter().map(|(key, sender)| (key.clone(), sender.clone())).collect()
    }

    /// Ends all streams and begins no more: the service is about to stop.
    pub fn close(&self) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.is_closing = true;
        followed.boards.clear();
    }
}
