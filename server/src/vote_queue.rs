//! Votes of this server on their way into the database: those that wait are cast together by one statement.
//!
//! Every vote moves the same few ratings, so votes come one after another whatever is done. One at a time, each would
//! wait for the disk alone; together they wait once. A voter is answered when the vote is on disk.

use std::collections::HashSet;
use std::time::Duration;

use arena_rating::EloSettings;
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;
use crate::store::cast_votes::{self, AllowedVote, CastOutcome};

/// Votes that may wait; beyond it voters are told to come again.
pub(crate) const MAX_WAITING: usize = 1024;
/// Votes in one statement: ratings stay locked for so many, some milliseconds.
pub(crate) const MAX_TOGETHER: usize = 64;

/// Where votes wait. Clones share it.
#[derive(Debug, Clone)]
pub struct VoteQueue {
    waiting: mpsc::Sender<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    vote: AllowedVote,
    answer: oneshot::Sender<sqlx::Result<CastOutcome>>,
}

impl VoteQueue {
    /// A queue that casts on this runtime until its last clone is gone.
    pub fn start(db: PgPool, elo: EloSettings, runtime: &Handle) -> Self {
        let (waiting, received) = mpsc::channel(MAX_WAITING);
        runtime.spawn(run(db, elo, received));
        Self { waiting }
    }

    /// Casts a vote; comes back when it is on disk.
    ///
    /// # Errors
    /// Busy where too many wait; else when the database refuses it.
    pub async fn cast(&self, vote: AllowedVote) -> Result<CastOutcome, Error> {
        let (answer, outcome) = oneshot::channel();
        let waiting = Waiting { vote, answer };
        self.waiting.try_send(waiting).map_err(|_| busy())?;
        let outcome = outcome.await.map_err(|_| Error::Internal(anyhow::anyhow!("votes are cast no more")))?;
        Ok(outcome?)
    }
}

async fn run(db: PgPool, elo: EloSettings, mut received: mpsc::Receiver<Waiting>) {
    let mut waiting: Vec<Waiting> = Vec::new();
    loop {
        if waiting.is_empty() && received.recv_many(&mut waiting, MAX_TOGETHER).await == 0 {
            return;
        }
        while waiting.len() < MAX_TOGETHER
            && let Ok(next) = received.try_recv()
        {
            waiting.push(next);
        }
        // The second vote on a battle has to see the first.
        let mut battles = HashSet::new();
        let (now, later) = std::mem::take(&mut waiting).into_iter().partition(|one| battles.insert(one.vote.battle.id));
        waiting = later;
        cast(&db, &elo, now).await;
    }
}

/// How long the database may take; then its voters are told to come again, and to a vote that was kept all the same they
/// are told of it.
pub(crate) const CAST_TIMEOUT: Duration = Duration::from_secs(15);

/// One statement, within the time: a host that is cut off says nothing for minutes.
async fn in_time(db: &PgPool, elo: &EloSettings, votes: &[&AllowedVote]) -> sqlx::Result<Vec<CastOutcome>> {
    let cast = tokio::time::timeout(CAST_TIMEOUT, cast_votes::cast(db, votes, elo)).await;
    cast.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Casts all of them; should one be refused, each by itself, so that it takes no other with it.
async fn cast(db: &PgPool, elo: &EloSettings, batch: Vec<Waiting>) {
    let votes: Vec<_> = batch.iter().map(|one| &one.vote).collect();
    match in_time(db, elo, &votes).await {
        Ok(outcomes) => {
            for (one, outcome) in batch.into_iter().zip(outcomes) {
                // Who asked may have gone; the vote stands.
                let _ = one.answer.send(Ok(outcome));
            }
        }
        Err(sqlx::Error::Database(cause)) if batch.len() > 1 => {
            tracing::warn!(votes = batch.len(), %cause, "votes are cast one by one");
            for one in batch {
                let outcome = in_time(db, elo, &[&one.vote]).await;
                let _ = one.answer.send(outcome.map(|outcomes| outcomes[0]));
            }
        }
        Err(error) => {
            for one in batch {
                let _ = one.answer.send(Err(same(&error)));
            }
        }
    }
}

/// What is said where too many wait.
pub(crate) fn busy() -> Error {
    Error::Busy { retry_after: Duration::from_secs(1) }
}

/// One failure, told to each.
pub(crate) fn same(error: &sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::PoolTimedOut => sqlx::Error::PoolTimedOut,
        sqlx::Error::PoolClosed => sqlx::Error::PoolClosed,
        other => sqlx::Error::Io(std::io::Error::other(other.to_string())),
    }
}
