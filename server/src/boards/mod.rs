//! A visitor looks at a leaderboard: computed from pair counts, and kept until a vote changes it.
//!
//! What is kept is keyed by the board's version in the database, so that several servers need not
//! tell each other of votes. Computing costs by the number of models, not of votes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;

use crate::domain::{BattleKind, ModelId};
use crate::error::Error;
use crate::store::ratings::{self, ALL_LANGUAGES, PairRow};
use arena_rating::{Board, Tally};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BoardKey {
    /// Anonymous battles or named comparisons.
    pub kind: BattleKind,
    /// A language that votes were cast in, or `None` for all.
    pub language: Option<String>,
}

impl BoardKey {
    fn language(&self) -> &str {
        self.language.as_deref().unwrap_or(ALL_LANGUAGES)
    }
}

/// A computed board and the version of the votes that it was computed from.
#[derive(Debug)]
pub struct ReadBoard {
    /// Grows with every change.
    pub version: i64,
    pub board: Board<ModelId>,
}

type Kept = Arc<tokio::sync::Mutex<Option<Arc<ReadBoard>>>>;

/// The boards computed so far. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Boards {
    kept: Arc<Mutex<HashMap<BoardKey, Kept>>>,
}

impl Boards {
    /// The board as the votes stand now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self, db: &PgPool, key: &BoardKey) -> Result<Arc<ReadBoard>, Error> {
        let version = ratings::version(db, key.kind, key.language()).await?;
        if version == 0 {
            // Nothing was ever voted here. Not kept: the language may be any word from the address.
            return Ok(Arc::new(ReadBoard { version, board: Board::compute(&[], &Default::default()) }));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone();
        // One computes, the others wait for it: what it comes to is at least as new as what they asked for.
        let mut kept = kept.lock().await;
        if let Some(read) = kept.as_ref().filter(|read| read.version >= version) {
            return Ok(read.clone());
        }
        let read = Arc::new(compute(db, key).await?);
        *kept = Some(read.clone());
        Ok(read)
    }
}

async fn compute(db: &PgPool, key: &BoardKey) -> Result<ReadBoard, Error> {
    // One snapshot: the version must be that of the counts.
    let mut snapshot = ratings::snapshot(db).await?;
    let version = ratings::version(&mut *snapshot, key.kind, key.language()).await?;
    let pairs = ratings::pairs(&mut *snapshot, key.kind, key.language()).await?;
    let elo = ratings::elo(&mut *snapshot, key.kind, key.language()).await?;
    snapshot.commit().await?;
    let elo = elo.into_iter().map(|row| (row.model, row.rating)).collect();
    let votes: Vec<_> = pairs.iter().map(|pair| (pair.low, pair.high, tally(pair))).collect();
    let board = tokio::task::spawn_blocking(move || Board::compute(&votes, &elo)).await;
    let board = board.map_err(|cause| Error::Internal(cause.into()))?;
    Ok(ReadBoard { version, board })
}

fn tally(pair: &PairRow) -> Tally {
    // The schema allows no count below 0.
    let [wins, losses, ties, both_bad] =
        [pair.wins_low, pair.wins_high, pair.ties, pair.both_bad].map(|count| count.try_into().unwrap_or(0));
    Tally { wins, losses, ties, both_bad }
}

#[cfg(test)]
mod tests;
