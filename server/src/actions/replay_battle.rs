//! An administrator has the models of a battle asked the same again; see [`super::run_replays`].

use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::{AdminId, BattleId};
use crate::error::Error;
use crate::store::{audit, replays};

/// Replays that may wait.
const MAX_OPEN: i64 = 50;

/// A battle is to be replayed.
#[derive(Debug, Clone, Copy)]
pub struct ReplayBattle {
    /// Who wants it; nobody at the command line.
    pub admin: Option<AdminId>,
    pub battle: BattleId,
    /// Only this turn; all without.
    pub turn: Option<i32>,
}

impl ReplayBattle {
    /// Asks for it, and gives the replay's id. One that is open already is taken instead, where it is of the same turns. Neither
    /// battles nor votes change.
    ///
    /// # Errors
    /// Not found; invalid where there is no such turn; a conflict where too many wait, or other turns of the battle are being
    /// replayed.
    pub async fn on(self, db: &PgPool) -> Result<Uuid, Error> {
        let mut transaction = db.begin().await?;
        let battle = replays::battle(&mut transaction, self.battle).await?.ok_or(Error::NotFound)?;
        if let Some(turn) = self.turn
            && battle.turns.iter().all(|known| known.number != turn)
        {
            return Err(Error::invalid("replay-turn", turn.to_string()));
        }
        if let Some(open) = replays::newest(&mut *transaction, self.battle).await?.filter(replays::Replay::is_open) {
            return if open.turn == self.turn { Ok(open.id) } else { Err(Error::Conflict("replay-busy")) };
        }
        if replays::count_open(&mut *transaction).await? >= MAX_OPEN {
            return Err(Error::Conflict("replay-busy"));
        }
        let id = Uuid::now_v7();
        if !replays::insert(&mut *transaction, id, self.battle, self.turn).await? {
            return Err(Error::NotFound);
        }
        let detail = self.turn.map_or_else(|| json!({}), |turn| json!({ "turn": turn }));
        audit::record(&mut *transaction, self.admin, "battle.replay", &self.battle.to_string(), detail).await?;
        transaction.commit().await?;
        Ok(id)
    }
}
