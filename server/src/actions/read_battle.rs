//! A visitor looks at a battle of theirs.

use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::battles;
use crate::streams::Shown;

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
        let battle = battles::of_voter(&mut *arena.db.acquire().await?, self.battle, self.voter).await?;
        let battle = battle.ok_or(Error::NotFound)?;
        let live = battle.last_turn().and_then(|turn| arena.streams.view(self.battle, turn.number));
        let shown = Shown::new(battle, live);
        if shown.status().is_running() {
            arena.streams.touch(self.battle).await?;
        }
        Ok(shown)
    }
}
