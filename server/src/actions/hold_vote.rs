//! A voter judges a battle on its page, and can take that back for some seconds: a click or a key may have been a slip.
//!
//! The vote is written down at once and moves nothing yet. It becomes final by itself when its time is over, whoever looks
//! or not, or at once when the voter wants to see the names, goes on, or deletes the battle: no vote is lost by it.

use super::cast_vote::CastVote;
use crate::error::Error;
use crate::state::AppState;
use crate::store::{ballots, pending_votes};

/// A vote that can be taken back for as long as the operator allows.
#[derive(Debug, Clone)]
pub struct HoldVote(pub CastVote);

impl HoldVote {
    /// Keeps the vote. Where the battle has one, final or not, that one stands.
    ///
    /// # Errors
    /// Those of [`CastVote::run`].
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let undo = arena.site.rules().vote_undo;
        if undo.is_zero() {
            return self.0.run(arena).await.map(|_| ());
        }
        let given = self.0.given(arena)?;
        let CastVote { battle, caller, .. } = self.0;
        let ballot = ballots::ballot(&arena.db, battle, caller.voter).await?.ok_or(Error::NotFound)?;
        if ballot.vote.is_some() {
            return Ok(());
        }
        ballot.status.may_vote(given.choice)?;
        pending_votes::insert(&arena.db, battle, &given, undo).await.map_err(|error| {
            let is_deleted = error.as_database_error().is_some_and(|error| error.is_foreign_key_violation());
            if is_deleted { Error::NotFound } else { error.into() }
        })?;
        Ok(())
    }
}
