//! Battles on their way out of the database to those who vote on them: those that are wanted at the same time are read by one
//! statement. Alone, a battle is read at once; under load most of the work of reading one is the statement's, not the battle's.

use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::store::ballots::{self, Ballot};
use crate::vote_queue::{CAST_TIMEOUT, MAX_TOGETHER, MAX_WAITING, busy, same};

/// Where those wait who want to know a battle. Clones share it.
#[derive(Debug, Clone)]
pub struct BallotQueue {
    waiting: mpsc::Sender<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    battle: BattleId,
    voter: VoterId,
    answer: oneshot::Sender<sqlx::Result<Option<Ballot>>>,
}

impl BallotQueue {
    /// A queue that reads on this runtime until its last clone is gone.
    pub fn start(db: PgPool, runtime: &Handle) -> Self {
        let (waiting, received) = mpsc::channel(MAX_WAITING);
        runtime.spawn(run(db, received));
        Self { waiting }
    }

    /// The voter's battle as it stands now, or `None` where it is none of theirs.
    ///
    /// # Errors
    /// Busy where too many wait; else when the database cannot be read.
    pub async fn read(&self, battle: BattleId, voter: VoterId) -> Result<Option<Ballot>, Error> {
        let (answer, found) = oneshot::channel();
        self.waiting.try_send(Waiting { battle, voter, answer }).map_err(|_| busy())?;
        let found = found.await.map_err(|_| Error::Internal(anyhow::anyhow!("battles are read no more")))?;
        Ok(found?)
    }
}

async fn run(db: PgPool, mut received: mpsc::Receiver<Waiting>) {
    let mut waiting: Vec<Waiting> = Vec::new();
    while received.recv_many(&mut waiting, MAX_TOGETHER).await > 0 {
        answer(&db, std::mem::take(&mut waiting)).await;
    }
}

/// One statement, within the time.
async fn in_time(db: &PgPool, wanted: &[(BattleId, VoterId)]) -> sqlx::Result<Vec<Option<Ballot>>> {
    let read = tokio::time::timeout(CAST_TIMEOUT, ballots::ballots(db, wanted)).await;
    read.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Reads all of them; should one be unreadable, each by itself, so that it takes no other with it.
async fn answer(db: &PgPool, batch: Vec<Waiting>) {
    let wanted: Vec<_> = batch.iter().map(|one| (one.battle, one.voter)).collect();
    match in_time(db, &wanted).await {
        Ok(found) => {
            for (one, found) in batch.into_iter().zip(found) {
                // Who asked may have gone.
                let _ = one.answer.send(Ok(found));
            }
        }
        Err(error) if batch.len() > 1 && is_of_one_row(&error) => {
            tracing::warn!(battles = batch.len(), %error, "battles are read one by one");
            for one in batch {
                let found = in_time(db, &[(one.battle, one.voter)]).await;
                let _ = one.answer.send(found.map(|mut found| found.pop().flatten()));
            }
        }
        Err(error) => {
            for one in batch {
                let _ = one.answer.send(Err(same(&error)));
            }
        }
    }
}

/// Whether a row can be at fault, and not the way to the database.
fn is_of_one_row(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
}
