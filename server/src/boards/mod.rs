//! A visitor looks at a leaderboard: computed from the counted votes, and kept until one of them changes.
//!
//! What is kept is keyed by the board's version in the database, so that several servers need not
//! tell each other of votes. Ratings cost by the number of models, their intervals by that of votes too, some
//! milliseconds a million (see [`ballots`]).

mod ballots;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;

use crate::domain::{BattleKind, ModelId};
use crate::error::Error;
use crate::store::model_names;
use crate::store::ratings::{self, ALL_LANGUAGES};
use arena_rating::{Board, BoardSettings, KnownVoters, SideBias};
use ballots::{Ballots, tally};

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

/// What the operator decides about all boards.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardRules {
    /// Models with fewer votes are preliminary: rated, but not ranked.
    pub min_votes: u64,
    /// The slug of the model that stands at `center`; without one, or where it has no votes, the mean over battles does.
    pub anchor: Option<String>,
    /// Where it stands.
    pub center: f64,
}

impl Default for BoardRules {
    fn default() -> Self {
        let BoardSettings { min_votes, center, .. } = BoardSettings::<ModelId>::default();
        Self { min_votes, anchor: None, center }
    }
}

type Kept = Arc<tokio::sync::Mutex<Option<Arc<ReadBoard>>>>;

/// The boards computed so far. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Boards {
    rules: Arc<BoardRules>,
    kept: Arc<Mutex<HashMap<BoardKey, Kept>>>,
    blind: Arc<tokio::sync::Mutex<Ballots>>,
    named: Arc<tokio::sync::Mutex<Ballots>>,
}

impl Boards {
    /// No board yet, and how they are to be computed.
    #[must_use]
    pub fn new(rules: BoardRules) -> Self {
        Self { rules: Arc::new(rules), ..Self::default() }
    }

    /// What the operator decided.
    #[must_use]
    pub fn rules(&self) -> &BoardRules {
        &self.rules
    }

    /// The board as the votes stand now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self, db: &PgPool, key: &BoardKey) -> Result<Arc<ReadBoard>, Error> {
        let version = ratings::version(db, key.kind, key.language()).await?;
        if version == 0 {
            // Nothing was ever voted here. Not kept: the language may be any word from the address.
            let board = Board::compute(&[], None, &BTreeMap::new(), &BoardSettings::default());
            return Ok(Arc::new(ReadBoard { version, board }));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone();
        // One computes, the others wait for it: what it comes to is at least as new as what they asked for.
        let mut kept = kept.lock().await;
        if let Some(read) = kept.as_ref().filter(|read| read.version >= version) {
            return Ok(read.clone());
        }
        let read = Arc::new(self.compute(db, key).await?);
        *kept = Some(read.clone());
        Ok(read)
    }

    /// Whether the left answer wins more often than the right one in blind battles; nothing without a vote for either.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn side_bias(&self, db: &PgPool) -> Result<Option<SideBias>, Error> {
        let mut ballots = self.blind.lock().await;
        let mut snapshot = ratings::snapshot(db).await?;
        let counted = ratings::pairs(&mut *snapshot, BattleKind::Battle).await?;
        ballots.follow(&mut snapshot, BattleKind::Battle, &counted).await?;
        snapshot.commit().await?;
        Ok(ballots.side_bias())
    }

    async fn compute(&self, db: &PgPool, key: &BoardKey) -> Result<ReadBoard, Error> {
        // Before the snapshot, so that each sees all that the one before saw.
        let ballots = if key.kind == BattleKind::Battle { &self.blind } else { &self.named };
        let mut ballots = ballots.clone().lock_owned().await;
        // One snapshot: the version must be that of the counts.
        let mut snapshot = ratings::snapshot(db).await?;
        let version = ratings::version(&mut *snapshot, key.kind, key.language()).await?;
        let pairs = ratings::pairs(&mut *snapshot, key.kind).await?;
        let elo = ratings::elo(&mut *snapshot, key.kind, key.language()).await?;
        let is_complete = ballots.follow(&mut snapshot, key.kind, &pairs).await?;
        let anchor = match &self.rules.anchor {
            Some(slug) => {
                model_names::all(&mut *snapshot).await?.iter().find(|model| model.slug == *slug).map(|m| m.id)
            }
            None => None,
        };
        snapshot.commit().await?;
        if !is_complete {
            tracing::warn!(kind = %key.kind, "the votes are not those that are counted by pair: intervals know no voters");
        }
        let elo = elo.into_iter().map(|row| (row.model, row.rating)).collect();
        let rows = ratings::of_board(&pairs, key.language());
        let votes: Vec<_> = rows.iter().map(|pair| (pair.low, pair.high, tally(pair))).collect();
        let settings = BoardSettings { anchor, center: self.rules.center, min_votes: self.rules.min_votes };
        let language = key.language.clone();
        let board = tokio::task::spawn_blocking(move || {
            let voters = ballots.voters(language.as_deref());
            let models = ballots.models().to_vec();
            // The next board may read on.
            drop(ballots);
            let known = is_complete.then_some(KnownVoters { models: &models, voters: &voters });
            Board::compute(&votes, known, &elo, &settings)
        });
        let board = board.await.map_err(|cause| Error::Internal(cause.into()))?;
        Ok(ReadBoard { version, board })
    }
}

#[cfg(test)]
mod tests;
