//! A voter judges a battle: once, whatever is clicked, reloaded or replayed.
//!
//! The rules are asked about the battle as it stands, then the vote waits in the [queue](crate::vote_queue) and one
//! statement keeps it, names the models, counts the pair and moves both ratings, provided that the battle still stands
//! so. Behind that stands the UNIQUE constraint on `votes.battle_id`; who comes second is told of the first vote.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::{BattleId, Choice, MAX_COMMENT_CHARS, Reason, Side};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::cast_votes::{AllowedVote, CastOutcome};
use crate::store::votes::{self, Ballot, Vote};

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
        for _ in 0..MAX_ROUNDS {
            let ballot = votes::ballot(&arena.db, self.battle, self.caller.voter).await?.ok_or(Error::NotFound)?;
            if let Some(vote) = ballot.vote {
                return Ok(Cast { vote, created: false });
            }
            ballot.status.may_vote(self.choice)?;
            let vote = self.allowed(&ballot, &arena.keys.address_hash(self.caller.address));
            match arena.votes.cast(vote.clone()).await? {
                CastOutcome::Cast { id, at } => {
                    let vote = kept(vote, id, at);
                    arena.metrics.vote(vote.choice, vote.is_counted());
                    return Ok(Cast { vote, created: true });
                }
                // To be read, or to be judged, once more.
                CastOutcome::Voted | CastOutcome::Changed => {}
            }
        }
        Err(Error::Busy { retry_after: Duration::from_secs(1) })
    }

    /// The vote, with the state of the battle that allows it.
    fn allowed(&self, ballot: &Ballot, address_hash: &[u8]) -> AllowedVote {
        let attempt = |side: Side| ballot.status.sides[side.index()].map(|side| side.attempt);
        let is_counted = ballot.model_b.is_some() && ballot.exclusion_reason.is_none();
        AllowedVote {
            battle: self.battle,
            voter: self.caller.voter,
            kind: ballot.kind,
            language: ballot.language.clone(),
            model_a: ballot.model_a,
            model_b: ballot.model_b,
            choice: self.choice,
            reasons: self.reasons.clone(),
            comment: self.comment.clone(),
            turns: ballot.turns,
            exclusion_reason: ballot.exclusion_reason.clone(),
            address_hash: Some(format!("\\x{}", hex::encode(address_hash))),
            newest_turn: ballot.turns,
            attempt_a: attempt(Side::A),
            attempt_b: attempt(Side::B),
            score: self.choice.score_of_a().filter(|_| is_counted),
        }
    }
}

/// The vote as the database keeps it.
fn kept(vote: AllowedVote, id: i64, at: DateTime<Utc>) -> Vote {
    Vote {
        id,
        battle: vote.battle,
        kind: vote.kind,
        language: vote.language,
        model_a: vote.model_a,
        model_b: vote.model_b,
        choice: vote.choice,
        reasons: vote.reasons,
        comment: vote.comment,
        exclusion_reason: vote.exclusion_reason,
        withdrawn_at: None,
        created_at: at,
    }
}

#[cfg(test)]
mod tests;
