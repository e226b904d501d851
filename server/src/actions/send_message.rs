//! A visitor goes on with a battle: another message, another turn.

use sqlx::PgPool;

use super::answering::{attempt, new_reply, own_battle};
use crate::domain::{BattleId, MAX_TURNS, Prompt, Side, VoterId};
use crate::error::Error;
use crate::store::battles::{self, Turn};
use crate::streams::Streams;

/// What a visitor sends.
#[derive(Debug, Clone)]
pub struct SendMessage {
    /// Where.
    pub battle: BattleId,
    /// Who: it must be their battle.
    pub voter: VoterId,
    /// What.
    pub prompt: Prompt,
}

impl SendMessage {
    /// Sends the message. Gives the number of the new turn.
    ///
    /// # Errors
    /// A conflict while an answer is being written or has failed, after the vote of a blind battle, and after the last
    /// turn.
    pub async fn run(self, db: &PgPool, streams: &Streams) -> Result<i32, Error> {
        let permit = streams.permit()?;
        let mut transaction = db.begin().await?;
        if !battles::lock(&mut *transaction, self.battle).await? {
            return Err(Error::NotFound);
        }
        let battle = own_battle(&mut transaction, self.battle, self.voter).await?;
        if battle.kind.is_blind() && battle.vote.is_some() {
            return Err(Error::Conflict("battle-over"));
        }
        let sides = battle.kind.sides();
        let number = match battle.last_turn() {
            Some(turn) => {
                check(turn, sides)?;
                turn.number + 1
            }
            None => 1,
        };
        if number > i32::try_from(MAX_TURNS).unwrap_or(i32::MAX) {
            return Err(Error::Conflict("too-many-turns"));
        }
        battles::insert_turn(&mut *transaction, self.battle, number, self.prompt.as_str()).await?;
        let replies: Vec<_> = sides
            .iter()
            .filter_map(|side| Some(new_reply(streams, self.battle, number, *side, 1, battle.model(*side)?)))
            .collect();
        for reply in &replies {
            battles::insert_reply(&mut *transaction, reply).await?;
        }
        let battle = own_battle(&mut transaction, self.battle, self.voter).await?;
        transaction.commit().await?;
        let attempts = replies.iter().map(|reply| attempt(&battle, reply)).collect();
        streams.start(self.battle, battle.kind, number, attempts, permit);
        Ok(number)
    }
}

/// Whether the conversation can go on after this turn.
fn check(turn: &Turn, sides: &[Side]) -> Result<(), Error> {
    for reply in sides.iter().filter_map(|side| turn.reply(*side)) {
        if reply.status.is_running() {
            return Err(Error::Conflict("still-streaming"));
        }
        if reply.status.needs_retry() {
            return Err(Error::Conflict("side-failed"));
        }
    }
    Ok(())
}
