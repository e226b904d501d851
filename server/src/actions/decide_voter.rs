//! An administrator decides about a voter: their votes count, or they do not and neither do those to come.

use serde_json::json;
use uuid::Uuid;

use super::withdraw_votes::{VotesChanged, change};
use crate::domain::{AdminId, MAX_COMMENT_CHARS, VoteCriteria, VoteState, VoterDecision, Withdrawal};
use crate::error::Error;
use crate::state::AppState;
use crate::store::audit;
use crate::store::vote_changes::ChosenVotes;
use crate::store::voter_reviews::{self, ReviewFilter};

/// What is decided.
#[derive(Debug, Clone)]
pub struct DecideVoter {
    /// Who decides; nobody in tests.
    pub admin: Option<AdminId>,
    pub voter: Uuid,
    /// Nothing to take a decision back: the voter is flagged again.
    pub decision: Option<VoterDecision>,
    /// Why; may be empty.
    pub note: String,
}

impl DecideVoter {
    /// Remembers the decision, and puts the voter's votes on the boards or takes them off, all in one transaction.
    ///
    /// # Errors
    /// Not found where the voter has no vote that was ever looked at; when the note is too long.
    pub async fn run(self, arena: &AppState) -> Result<VotesChanged, Error> {
        let Self { admin, voter, decision, note } = self;
        let note = note.trim().replace('\0', "");
        if note.chars().count() > MAX_COMMENT_CHARS {
            return Err(Error::invalid("vote-comment", MAX_COMMENT_CHARS.to_string()));
        }
        let mut transaction = arena.repairs.begin().await?;
        let before = voter_reviews::page(&mut *transaction, ReviewFilter::All, Some(voter), 0, 1).await?.pop();
        let was_withdrawn = before.is_some_and(|review| review.decision == Some(VoterDecision::Withdrawn));
        if !voter_reviews::set_decision(&mut transaction, voter, decision, admin, &note).await? {
            return Err(Error::NotFound);
        }
        let of_voter = VoteCriteria { voter: Some(voter), ..VoteCriteria::default() };
        let (state, to, action) = match decision {
            // What was withdrawn vote by vote stays withdrawn.
            Some(VoterDecision::Accepted) if !was_withdrawn => (Some(VoteState::Flagged), None, "voter.accept"),
            Some(VoterDecision::Accepted) => (None, None, "voter.accept"),
            Some(VoterDecision::Withdrawn) => (None, Some(Withdrawal::Admin), "voter.withdraw"),
            None => (Some(VoteState::Counted), Some(Withdrawal::Flagged), "voter.reopen"),
        };
        let chosen = ChosenVotes { filter: VoteCriteria { state, ..of_voter }, ..ChosenVotes::default() };
        let changed = change(&mut transaction, admin, &chosen, to, &note).await?;
        let detail = json!({ "votes": changed.votes, "note": note, "change": changed.change });
        audit::record(&mut *transaction, admin, action, &voter.to_string(), detail).await?;
        transaction.commit().await?;
        arena.repair_wanted.notify_one();
        Ok(changed)
    }
}
