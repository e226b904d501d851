//! An administrator takes the votes of one judging off the boards, or puts them back.

use uuid::Uuid;

use super::withdraw_votes::{VotesChanged, WithdrawVotes};
use crate::domain::AdminId;
use crate::error::Error;
use crate::state::AppState;
use crate::store::judgings;
use crate::store::vote_changes::ChosenVotes;

/// The votes of a judging are to be on the boards, or off them.
#[derive(Debug, Clone, Copy)]
pub struct WithdrawJudging {
    pub admin: Option<AdminId>,
    pub judging: Uuid,
    /// Off the boards, or back.
    pub withdrawn: bool,
}

impl WithdrawJudging {
    /// Changes all of them together; to say the same twice changes nothing.
    ///
    /// # Errors
    /// There is no such judging.
    pub async fn run(self, arena: &AppState) -> Result<VotesChanged, Error> {
        let Self { admin, judging, withdrawn } = self;
        let ids = judgings::vote_ids(&arena.db, judging).await?.ok_or(Error::NotFound)?;
        let chosen = ChosenVotes { ids: Some(ids), ..ChosenVotes::default() };
        WithdrawVotes { admin, chosen, withdrawn, note: String::new() }.run(arena).await
    }
}
