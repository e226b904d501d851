//! A visitor writes the newest message anew, and every side answers it again.

use super::answering::{attempt, check_room, replies_anew};
use crate::domain::{BattleId, Prompt};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::battles;

/// What stands in the place of the newest message.
#[derive(Debug, Clone)]
pub struct EditMessage {
    /// Where.
    pub battle: BattleId,
    /// Who: it must be their battle.
    pub caller: Caller,
    /// What, as it was written.
    pub prompt: String,
}

impl EditMessage {
    /// Asks. Gives the number of the turn.
    ///
    /// # Errors
    /// Invalid where the message is empty or too long; a conflict while an answer is being written, and where the turn was voted
    /// on.
    pub async fn run(self, arena: &AppState) -> Result<i32, Error> {
        let AppState { db, streams, .. } = arena;
        arena.limits.check_message(self.caller)?;
        let prompt = Prompt::parse(&self.prompt)?;
        let permit = streams.permit()?;
        let mut transaction = db.begin().await?;
        if !battles::lock(&mut *transaction, self.battle).await? {
            return Err(Error::NotFound);
        }
        let found = battles::of_voter(&mut transaction, self.battle, self.caller.voter).await?;
        let mut battle = found.ok_or(Error::NotFound)?;
        battle.status().may_edit()?;
        let replies = replies_anew(streams, &battle, battle.kind.sides(), None);
        let turn = battle.turns.last_mut().ok_or(Error::NotFound)?;
        battles::edit_prompt(&mut *transaction, self.battle, turn.number, prompt.as_str()).await?;
        turn.prompt = prompt.into_string();
        let number = turn.number;
        check_room(arena, &mut transaction, replies.iter().map(|reply| reply.model)).await?;
        for reply in &replies {
            battles::insert_reply(&mut *transaction, reply).await?;
        }
        transaction.commit().await?;
        let attempts = replies.iter().map(|reply| attempt(&battle, reply)).collect();
        streams.start(self.battle, battle.kind, number, attempts, permit);
        Ok(number)
    }
}
