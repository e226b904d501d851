//! A visitor stops the answers that are being written.

use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::battles;

/// Which answers are stopped.
#[derive(Debug, Clone, Copy)]
pub struct StopAnswers {
    /// Those of this battle's newest turn.
    pub battle: BattleId,
    /// Who wants it: it must be their battle.
    pub voter: VoterId,
}

impl StopAnswers {
    /// Stops both sides where they stand; what was shown is kept. Nothing happens where both have ended.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let battle = battles::of_voter(&mut *arena.db.acquire().await?, self.battle, self.voter).await?;
        battle.ok_or(Error::NotFound)?;
        arena.streams.stop(self.battle).await
    }
}
