//! A voter judges a battle: once, whatever is clicked, reloaded or replayed.
//!
//! The rules are asked about the battle as it stands, then the vote waits in the [queue](crate::vote_queue) and one
//! statement keeps it, names the models, counts the pair and moves both ratings, provided that the battle still stands
//! so. Behind that stands the UNIQUE constraint on `votes.battle_id`; who comes second is told of the first vote.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::{BattleId, Choice, MAX_COMMENT_CHARS, Reason, VoterId};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::ballots::JudgedBattle;
use crate::store::cast_votes::{AllowedVote, CastOutcome};
use crate::store::pending_votes::{self, GivenVote};
use crate::store::votes::Vote;

/// How often a battle is judged again that changes under the vote.
const MAX_ROUNDS: usize = 4;

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
    /// Casts the vote, for good. Where one is pending, that one becomes final: it was given first.
    ///
    /// # Errors
    /// Not found where it is not the voter's battle; a conflict while an answer is still being
    /// written, or where no turn is complete, or where the choice does not fit the kind of battle.
    pub async fn run(self, arena: &AppState) -> Result<Cast, Error> {
        let given = self.given(arena)?;
        let cast = count(arena, self.battle, self.caller.voter, Some(&given)).await?;
        cast.ok_or_else(|| Error::Internal(anyhow::anyhow!("a vote on {} was neither kept nor refused", self.battle)))
    }

    /// The vote as it is kept.
    ///
    /// # Errors
    /// When the voter goes too fast, or the comment is too long.
    pub(super) fn given(&self, arena: &AppState) -> Result<GivenVote, Error> {
        arena.limits.check_vote(self.caller)?;
        // Postgres cannot store NUL.
        let comment = self.comment.trim().replace('\0', "");
        let mut reasons = self.reasons.clone();
        reasons.sort();
        reasons.dedup();
        if comment.chars().count() > MAX_COMMENT_CHARS {
            return Err(Error::invalid("vote-comment", MAX_COMMENT_CHARS.to_string()));
        }
        let address_hash = Some(arena.keys.address_hash(self.caller.address).to_vec());
        Ok(GivenVote { choice: self.choice, reasons, comment, address_hash })
    }
}

/// Counts the battle's pending vote or, where it has none, the one that is given. `None` where there is nothing to count.
/// A pending vote is claimed before and removed after it is counted: whatever happens in between, it is counted, and once.
///
/// # Errors
/// Those of [`CastVote::run`]; a pending vote is counted whatever has become of the battle since.
pub(super) async fn count(
    arena: &AppState,
    battle: BattleId,
    voter: VoterId,
    given: Option<&GivenVote>,
) -> Result<Option<Cast>, Error> {
    let mut pending = match given {
        Some(_) => None,
        None => match pending_votes::claim(&arena.db, battle, voter).await? {
            None => return Ok(None),
            claimed => claimed,
        },
    };
    for _ in 0..MAX_ROUNDS {
        let ballot = arena.ballots.read(battle, voter).await?.ok_or(Error::NotFound)?;
        if ballot.is_pending && pending.is_none() {
            pending = pending_votes::claim(&arena.db, battle, voter).await?;
        }
        let Some(given) = pending.as_ref().or(given) else { return Ok(None) };
        let mut cast = ballot.vote.map(|vote| Cast { vote, created: false });
        if cast.is_none() {
            if pending.is_none() {
                // Those of a pending vote were asked when it was given.
                ballot.status.may_vote(given.choice)?;
            }
            let vote = allowed(ballot.battle, given);
            match arena.votes.cast(vote.clone()).await? {
                CastOutcome::Cast { id, at } => {
                    let vote = kept(vote, id, at);
                    arena.metrics.vote(vote.choice, vote.is_counted());
                    cast = Some(Cast { vote, created: pending.is_none() });
                }
                // To be read, or to be judged, once more.
                CastOutcome::Voted | CastOutcome::Changed => {}
            }
        }
        if cast.is_some() {
            if pending.is_some() {
                pending_votes::remove(&arena.db, battle).await?;
            }
            return Ok(cast);
        }
    }
    Err(Error::Busy { retry_after: Duration::from_secs(1) })
}

/// The vote, with the state of the battle that allows it.
fn allowed(battle: JudgedBattle, given: &GivenVote) -> AllowedVote {
    let is_counted = battle.model_b.is_some() && battle.exclusion_reason.is_none() && !battle.is_held;
    AllowedVote {
        battle,
        choice: given.choice,
        reasons: given.reasons.clone(),
        comment: given.comment.clone(),
        address_hash: given.address_hash.as_ref().map(|hash| format!("\\x{}", hex::encode(hash))),
        score: given.choice.score_of_a().filter(|_| is_counted),
    }
}

/// The vote as the database keeps it.
fn kept(vote: AllowedVote, id: i64, at: DateTime<Utc>) -> Vote {
    let AllowedVote { battle, choice, reasons, comment, .. } = vote;
    Vote {
        id,
        battle: battle.id,
        kind: battle.kind,
        language: battle.language,
        model_a: battle.model_a,
        model_b: battle.model_b,
        choice,
        reasons,
        comment,
        exclusion_reason: battle.exclusion_reason,
        withdrawn_at: battle.is_held.then_some(at),
        created_at: at,
    }
}

#[cfg(test)]
mod tests;
