//! An administrator takes a vote off the boards, or puts it back.
//!
//! The vote and the counts of its pair change at once, and with them the Bradley-Terry board. Online Elo depends on the
//! order of all votes: it is computed anew, beside the votes that go on, see [`super::repair_ratings`].

use serde_json::json;

use super::repair_ratings::repair_ratings;
use crate::domain::AdminId;
use crate::error::Error;
use crate::state::AppState;
use crate::store::audit;
use crate::store::ratings;
use crate::store::votes::{self, Vote};

/// Whether a vote is to be on the boards.
#[derive(Debug, Clone, Copy)]
pub struct WithdrawVote {
    /// Who wants it; nobody in tests.
    pub admin: Option<AdminId>,
    /// The number of the vote.
    pub id: i64,
    /// Off the boards, or back.
    pub withdrawn: bool,
}

impl WithdrawVote {
    /// Takes the vote off the boards or puts it back, and gives it as it is now. To say the same twice changes nothing.
    ///
    /// # Errors
    /// When there is no such vote.
    pub async fn run(self, arena: &AppState) -> Result<Vote, Error> {
        let Self { admin, id, withdrawn } = self;
        let mut transaction = arena.repairs.begin().await?;
        ratings::lock_shared(&mut transaction).await?;
        let vote = votes::lock(&mut transaction, id).await?.ok_or(Error::NotFound)?;
        if vote.withdrawn_at.is_some() == withdrawn {
            return Ok(vote);
        }
        votes::set_withdrawn(&mut transaction, id, withdrawn, admin.filter(|_| withdrawn)).await?;
        let models = vote.model_b.filter(|_| vote.exclusion_reason.is_none()).map(|model_b| [vote.model_a, model_b]);
        if let Some(models) = models {
            let by = if withdrawn { -1 } else { 1 };
            ratings::touch(&mut transaction, vote.kind, &vote.language, models).await?;
            ratings::add_pair_counts(&mut transaction, vote.kind, &vote.language, models, vote.choice, by).await?;
            ratings::request_repair(&mut transaction, vote.kind).await?;
        }
        let action = if withdrawn { "vote.withdraw" } else { "vote.restore" };
        let detail = json!({ "battle": vote.battle, "choice": vote.choice });
        audit::record(&mut *transaction, admin, action, &id.to_string(), detail).await?;
        let vote = votes::lock(&mut transaction, id).await?.ok_or(Error::NotFound)?;
        transaction.commit().await?;
        if models.is_some() {
            repair_ratings(&arena.repairs, &arena.config.elo, vote.kind).await?;
        }
        Ok(vote)
    }
}
