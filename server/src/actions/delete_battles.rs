//! An administrator deletes conversations: what visitors wrote and were answered, for good. Votes stay, untied from them.

use serde_json::json;

use super::delete_battle::DeleteBattle;
use crate::domain::{AdminId, BattleId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{admin_stats, audit};

/// Which go.
#[derive(Debug, Clone)]
pub struct DeleteBattles {
    /// Who wants it; nobody in tests.
    pub admin: Option<AdminId>,
    pub battles: Vec<BattleId>,
}

impl DeleteBattles {
    /// Deletes them, one after the other, each as its visitor would. Says how many were there; what is gone already is no
    /// error.
    ///
    /// # Errors
    /// When the database fails: what was deleted until then stays deleted, and is noted.
    pub async fn run(self, arena: &AppState) -> Result<usize, Error> {
        let mut deleted = Vec::new();
        let mut failed = None;
        for (battle, voter) in admin_stats::voters_of(&arena.db, &self.battles).await? {
            match (DeleteBattle { battle, voter }).run(arena).await {
                Ok(()) => deleted.push(battle),
                // The visitor was faster.
                Err(Error::NotFound) => {}
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if !deleted.is_empty() {
            let detail = json!({ "battles": deleted.len() });
            let ids: Vec<String> = deleted.iter().map(ToString::to_string).collect();
            audit::record(&arena.db, self.admin, "battle.delete", &ids.join(" "), detail).await?;
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(deleted.len()),
        }
    }
}
