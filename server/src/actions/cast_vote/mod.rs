//! A voter judges a battle: once, whatever is clicked, reloaded or replayed.
//!
//! One transaction keeps the vote, names the models, counts the pair and moves both ratings. The
//! battle's row is locked first, and behind that stands the UNIQUE constraint on `votes.battle_id`;
//! who comes second is told of the first vote.

use sqlx::PgPool;

use crate::domain::{BattleId, Choice, MAX_COMMENT_CHARS, ModelId, Reason};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::ratings::{self, EloRow};
use crate::store::votes::{self, NewVote, Vote};
use arena_rating::EloSettings;

/// What a voter says.
#[derive(Debug, Clone)]
pub struct CastVote {
    pub battle: BattleId,
    /// Who votes: it must be their battle. A keyed hash of the address is kept for anomaly tests.
    pub caller: Caller,
    /// The judgement.
    pub choice: Choice,
    /// What decided it, as far as the voter says.
    pub reasons: Vec<Reason>,
    /// In the voter's own words, as they were written; may be empty.
    pub comment: String,
}

/// The vote that the battle has now.
#[derive(Debug, Clone, PartialEq)]
pub struct Cast {
    /// The vote: this one, or the one that was there before.
    pub vote: Vote,
    /// Whether it is this one.
    pub created: bool,
}

impl CastVote {
    /// Casts the vote.
    ///
    /// # Errors
    /// Not found where it is not the voter's battle; a conflict while an answer is still being
    /// written, failed, or says nothing; invalid where the choice does not fit the kind of battle.
    pub async fn run(mut self, arena: &AppState) -> Result<Cast, Error> {
        arena.limits.check_vote(self.caller)?;
        // Postgres cannot store NUL.
        self.comment = self.comment.trim().replace('\0', "");
        self.reasons.sort();
        self.reasons.dedup();
        if self.comment.chars().count() > MAX_COMMENT_CHARS {
            return Err(Error::invalid("vote-comment", MAX_COMMENT_CHARS.to_string()));
        }
        let address_hash = arena.keys.address_hash(self.caller.address);
        // A second round only where a model is new to its board.
        for _ in 0..3 {
            if let Some(cast) = self.attempt(&arena.db, &arena.config.elo, &address_hash).await? {
                if cast.created {
                    arena.metrics.vote(cast.vote.choice, cast.vote.is_counted());
                }
                return Ok(cast);
            }
        }
        Err(Error::Internal(anyhow::anyhow!("the models of battle {} stay off the board", self.battle)))
    }

    /// One transaction. `None` when a model first had to enter its board.
    async fn attempt(&self, db: &PgPool, elo: &EloSettings, address_hash: &[u8]) -> Result<Option<Cast>, Error> {
        let mut transaction = db.begin().await?;
        let ballot = votes::ballot(&mut transaction, self.battle, self.caller.voter).await?.ok_or(Error::NotFound)?;
        if let Some(vote) = ballot.vote {
            return Ok(Some(Cast { vote, created: false }));
        }
        ballot.status.may_vote(self.choice)?;
        let counted = match (ballot.model_b, self.choice.score_of_a(), &ballot.exclusion_reason) {
            (Some(model_b), Some(score), None) => Some(([ballot.model_a, model_b], score)),
            _ => None,
        };
        let mut moved = None;
        if let Some((models, score)) = counted {
            ratings::lock_shared(&mut transaction).await?;
            let rows = ratings::lock_pair(&mut transaction, ballot.kind, &ballot.language, models).await?;
            let Some(rows) = play(elo, rows, models, score) else {
                transaction.rollback().await?;
                ratings::ensure_rows(db, ballot.kind, &ballot.language, models, elo.initial).await?;
                return Ok(None);
            };
            moved = Some((models, rows));
        }
        // After the ratings are locked: votes of one model are numbered in the order in which they
        // move it, so that a replay by number comes to the same ratings.
        let new = NewVote {
            choice: self.choice,
            reasons: &self.reasons,
            comment: &self.comment,
            address_hash: Some(address_hash),
        };
        let created = votes::insert(&mut transaction, self.battle, self.caller.voter, &ballot, &new).await?.is_some();
        if let Some((models, rows)) = moved.filter(|_| created) {
            ratings::apply_vote(&mut transaction, &ballot, models, self.choice, &rows).await?;
        }
        let vote = votes::by_battle(&mut *transaction, self.battle).await?;
        transaction.commit().await?;
        let vote = vote.ok_or_else(|| Error::Internal(anyhow::anyhow!("the vote on {} is gone", self.battle)))?;
        Ok(Some(Cast { vote, created }))
    }
}

/// Moves the two models on each of the boards. `None` when one of them is not there yet.
fn play(elo: &EloSettings, mut rows: Vec<EloRow>, models: [ModelId; 2], score: f64) -> Option<Vec<EloRow>> {
    let languages: std::collections::BTreeSet<String> = rows.iter().map(|row| row.language.clone()).collect();
    let boards = languages.len();
    for language in languages {
        let find = |model| rows.iter().position(|row| row.model == model && row.language == language);
        let (a, b) = (find(models[0])?, find(models[1])?);
        (rows[a].rating, rows[b].rating) = elo.update(rows[a].rating, rows[b].rating, score);
    }
    (boards == 2).then_some(rows)
}

#[cfg(test)]
mod tests;
