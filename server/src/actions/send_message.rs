//! A visitor goes on with a battle: another message, another turn.

use super::answering::{attempt, new_reply};
use crate::domain::{BattleId, Prompt, Turn};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::battles;

/// What a visitor sends.
#[derive(Debug, Clone)]
pub struct SendMessage {
    /// Where.
    pub battle: BattleId,
    /// Who: it must be their battle.
    pub caller: Caller,
    /// What, as it was written.
    pub prompt: String,
}

impl SendMessage {
    /// Sends the message. Gives the number of the new turn.
    ///
    /// # Errors
    /// Invalid where the message is empty or too long; a conflict while an answer is being written or has failed, after the vote of a blind battle, and after the last
    /// turn.
    pub async fn run(self, arena: &AppState) -> Result<i32, Error> {
        let AppState { db, streams, .. } = arena;
        arena.limits.check_message(self.caller)?;
        let prompt = Prompt::parse(&self.prompt)?;
        let permit = streams.permit()?;
        let mut transaction = db.begin().await?;
        if !battles::lock(&mut *transaction, self.battle).await? {
            return Err(Error::NotFound);
        }
        let mut battle =
            battles::of_voter(&mut transaction, self.battle, self.caller.voter).await?.ok_or(Error::NotFound)?;
        battle.may_continue()?;
        let number = battle.last_turn().map_or(1, |turn| turn.number + 1);
        battles::insert_turn(&mut *transaction, self.battle, number, prompt.as_str()).await?;
        battle.turns.push(Turn::new(number, prompt.into_string()));
        let replies: Vec<_> = battle
            .kind
            .sides()
            .iter()
            .filter_map(|side| Some(new_reply(streams, self.battle, number, *side, 1, battle.model(*side)?)))
            .collect();
        for reply in &replies {
            battles::insert_reply(&mut *transaction, reply).await?;
        }
        transaction.commit().await?;
        let attempts = replies.iter().map(|reply| attempt(&battle, reply)).collect();
        streams.start(self.battle, battle.kind, number, attempts, permit);
        Ok(number)
    }
}
