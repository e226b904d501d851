//! A visitor goes on with a battle: another message, another turn.

use sqlx::{PgPool, Postgres, Transaction};

use super::answering::{attempt, check_room, new_reply};
use super::settle_votes::settle;
use crate::domain::{Battle, BattleId, NextMessage, Prompt, Side, Turn};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::battles::{self, NewReply};
use crate::streams::TurnHub;

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
    /// Sends the message. Gives the number of its turn: a new one, or the newest where that could not be answered.
    ///
    /// # Errors
    /// Invalid where the message is empty or too long; a conflict while an answer is being written or has failed in passing,
    /// after the vote of a blind battle, and after the last turn.
    pub async fn run(self, arena: &AppState) -> Result<i32, Error> {
        let AppState { db, streams, .. } = arena;
        arena.limits.check_message(self.caller)?;
        let prompt = Prompt::parse(&self.prompt)?;
        let permit = streams.permit()?;
        let (mut transaction, mut battle) = self.lock(db).await?;
        let mut next = battle.next_message()?;
        if battle.pending_vote.is_some() {
            // Whoever goes on with a named chat lets the vote on it stand.
            drop(transaction);
            settle(arena, self.caller.voter, Some(self.battle)).await?;
            (transaction, battle) = self.lock(db).await?;
            next = battle.next_message()?;
        }
        let (number, replies) = match next {
            NextMessage::Follows => {
                let number = battle.last_turn().map_or(1, |turn| turn.number + 1);
                battles::insert_turn(&mut *transaction, self.battle, number, prompt.as_str()).await?;
                battle.turns.push(Turn::new(number, prompt.into_string()));
                (number, new_replies(streams, &battle, number, |_| 1))
            }
            NextMessage::Replaces => {
                let turn = battle.turns.last_mut().ok_or(Error::NotFound)?;
                battles::replace_prompt(&mut *transaction, self.battle, turn.number, prompt.as_str()).await?;
                turn.prompt = prompt.into_string();
                let (number, attempts) =
                    (turn.number, turn.replies.each_ref().map(|reply| reply.as_ref().map(|r| r.attempt)));
                (number, new_replies(streams, &battle, number, |side| attempts[side.index()].unwrap_or(0) + 1))
            }
        };
        check_room(arena, &mut transaction, replies.iter().map(|reply| reply.model)).await?;
        for reply in &replies {
            battles::insert_reply(&mut *transaction, reply).await?;
        }
        transaction.commit().await?;
        let attempts = replies.iter().map(|reply| attempt(&battle, reply)).collect();
        streams.start(self.battle, battle.kind, number, attempts, permit);
        Ok(number)
    }

    /// The battle, locked until the transaction ends.
    async fn lock(&self, db: &PgPool) -> Result<(Transaction<'static, Postgres>, Battle), Error> {
        let mut transaction = db.begin().await?;
        if !battles::lock(&mut *transaction, self.battle).await? {
            return Err(Error::NotFound);
        }
        let battle = battles::of_voter(&mut transaction, self.battle, self.caller.voter).await?;
        Ok((transaction, battle.ok_or(Error::NotFound)?))
    }
}

/// An attempt of every side at a turn.
fn new_replies(streams: &TurnHub, battle: &Battle, number: i32, attempt: impl Fn(Side) -> i32) -> Vec<NewReply> {
    let sides = battle.kind.sides().iter();
    sides
        .filter_map(|side| Some(new_reply(streams, battle.id, number, *side, attempt(*side), battle.model(*side)?)))
        .collect()
}
