//! A visitor looks at a battle of theirs.

use std::time::Duration;

use super::settle_votes::settle;
use crate::domain::{BattleId, PendingVote, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::battles;
use crate::streams::Shown;

/// How long a page waits for a vote to be counted that is due.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);

/// Which battle is looked at.
#[derive(Debug, Clone, Copy)]
pub struct ReadBattle {
    pub battle: BattleId,
    /// Who looks: it must be their battle.
    pub voter: VoterId,
}

impl ReadBattle {
    /// The battle as it stands now. An answer that is being written is noted as read, so that it goes on.
    ///
    /// # Errors
    /// Not found where it is not the visitor's.
    pub async fn run(self, arena: &AppState) -> Result<Shown, Error> {
        let read = async || battles::of_voter(&mut *arena.db.acquire().await?, self.battle, self.voter).await;
        let mut battle = read().await?.ok_or(Error::NotFound)?;
        if battle.pending_vote.as_ref().is_some_and(PendingVote::is_due) {
            // Else it is shown as it is, and counted a moment later.
            match tokio::time::timeout(SETTLE_TIMEOUT, settle(arena, self.voter, Some(self.battle))).await {
                Ok(Ok(())) => battle = read().await?.ok_or(Error::NotFound)?,
                Ok(Err(error)) => tracing::warn!(battle = %self.battle, %error, "a vote could not be counted yet"),
                Err(_) => tracing::debug!(battle = %self.battle, "a vote waits to be counted"),
            }
        }
        let live = battle.last_turn().and_then(|turn| arena.streams.view(self.battle, turn.number));
        let shown = Shown::new(battle, live);
        if shown.status().is_running() {
            arena.streams.touch(self.battle).await?;
        }
        Ok(shown)
    }
}
