//! Online Elo is computed anew from all votes, where one of them was withdrawn or restored.
//!
//! Votes go on meanwhile. What stands is walked through without any lock; only the few votes that came in the meantime
//! are added, and the result written, while no vote is cast: some milliseconds, however many votes there are.

use std::collections::HashMap;

use arena_rating::EloSettings;
use sqlx::{Acquire, PgConnection, PgPool};

use crate::domain::{BattleKind, ModelId};
use crate::error::Error;
use crate::store::ratings::{self, ALL_LANGUAGES, EloRow};
use crate::store::votes::{self, CountedVote};

/// So few votes are added while no other is cast: a millisecond or two.
const MAX_REST: i64 = 100;
/// After so many passes the rest is taken as it is, however fast votes come in.
const MAX_PASSES: usize = 8;
/// How often a replay begins anew because another was asked for on the way; the next look goes on.
const MAX_ROUNDS: usize = 8;

/// Does what [`ratings::request_repair`] asked for, here or on another server; comes back when it is done.
///
/// # Errors
/// When the database fails. The request stays.
pub async fn repair_ratings(db: &PgPool, elo: &EloSettings, kind: BattleKind) -> Result<(), Error> {
    for _ in 0..MAX_ROUNDS {
        let mut transaction = db.begin().await?;
        ratings::lock_repairs(&mut transaction).await?;
        let Some(requested) = ratings::requested_repair(&mut *transaction, kind).await? else { return Ok(()) };
        let mut replay = Replay::new(*elo);
        let mut done = 0;
        for _ in 0..MAX_PASSES {
            let settled = settled(&mut transaction).await?;
            votes::for_each_counted(&mut *transaction, kind, done, settled, |vote| replay.add(&vote)).await?;
            let was_few = settled - done <= MAX_REST;
            done = settled;
            if was_few {
                break;
            }
        }
        ratings::lock_exclusive(&mut transaction).await?;
        if ratings::requested_repair(&mut *transaction, kind).await? != Some(requested) {
            // A vote that was walked through already was withdrawn or restored.
            continue;
        }
        votes::for_each_counted(&mut *transaction, kind, done, i64::MAX, |vote| replay.add(&vote)).await?;
        ratings::reset(&mut transaction, kind, elo.initial).await?;
        ratings::set(&mut transaction, kind, &replay.rows()).await?;
        ratings::repaired(&mut transaction, kind).await?;
        transaction.commit().await?;
        return Ok(());
    }
    Ok(())
}

/// The number up to which every vote is there to be read: no vote is on its way for a moment.
async fn settled(transaction: &mut PgConnection) -> sqlx::Result<i64> {
    let mut moment = transaction.begin().await?;
    ratings::lock_exclusive(&mut moment).await?;
    let newest = votes::newest(&mut *moment).await?;
    // Gives the lock back.
    moment.rollback().await?;
    Ok(newest)
}

/// The boards of one kind, vote by vote.
struct Replay {
    elo: EloSettings,
    boards: HashMap<String, HashMap<ModelId, f64>>,
}

impl Replay {
    fn new(elo: EloSettings) -> Self {
        Self { elo, boards: HashMap::from([(ALL_LANGUAGES.to_owned(), HashMap::new())]) }
    }

    fn add(&mut self, vote: &CountedVote) {
        if !self.boards.contains_key(&vote.language) {
            self.boards.insert(vote.language.clone(), HashMap::new());
        }
        for language in [ALL_LANGUAGES, &vote.language] {
            let Some(board) = self.boards.get_mut(language) else { continue };
            let rating = |model| board.get(model).copied().unwrap_or(self.elo.initial);
            let (a, b) = self.elo.update(rating(&vote.model_a), rating(&vote.model_b), vote.score);
            board.insert(vote.model_a, a);
            board.insert(vote.model_b, b);
        }
    }

    fn rows(self) -> Vec<EloRow> {
        let rows = |(language, board): (String, HashMap<ModelId, f64>)| {
            let row = move |(model, rating)| EloRow { language: language.clone(), model, rating };
            board.into_iter().map(row).collect::<Vec<_>>()
        };
        self.boards.into_iter().flat_map(rows).collect()
    }
}
