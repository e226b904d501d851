//! A side that failed is asked again: the same model, or on a blind battle's first turn another one where that one is
//! down.

use super::answering::{attempt, candidates_of, check_room, new_reply};
use crate::backends::ErrorKind;
use crate::domain::{Battle, BattleId, Candidate, ModelId, Reply, Side, Trouble, language_of};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::{battles, models};

/// Which side is asked again.
#[derive(Debug, Clone, Copy)]
pub struct RetryReply {
    /// Where.
    pub battle: BattleId,
    /// Who wants it: it must be their battle.
    pub caller: Caller,
    /// Which side of the newest turn.
    pub side: Side,
}

impl RetryReply {
    /// Asks.
    ///
    /// # Errors
    /// A conflict where that side has answered or still answers, or was asked too often.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let AppState { db, streams, .. } = arena;
        arena.limits.check_message(self.caller)?;
        let permit = streams.permit()?;
        let models = models::enabled(db).await?;
        let mut transaction = db.begin().await?;
        if !battles::lock(&mut *transaction, self.battle).await? {
            return Err(Error::NotFound);
        }
        let battle =
            battles::of_voter(&mut transaction, self.battle, self.caller.voter).await?.ok_or(Error::NotFound)?;
        battle.may_retry(self.side)?;
        let turn = battle.last_turn().ok_or(Error::NotFound)?;
        let number = turn.number;
        let failed = turn.reply(self.side).ok_or(Error::NotFound)?;
        let candidates = candidates_of(&models, streams, language_of(&turn.prompt));
        let model = match (battle.model(self.side.other()), is_down(&battle, failed, &candidates)) {
            (Some(stays), true) => {
                let mode = battles::mode(&mut *transaction, self.battle).await?;
                // A model that the visitor chose is asked again, whatever became of it.
                let is_free = mode.chosen() != Some(failed.model);
                let drawn = |candidates: &[Candidate]| {
                    let table = arena.evidence.pair_table(candidates, mode).ok().filter(|_| is_free)?;
                    let model = table.draw_opponent(stays, failed.model, &mut rand::rng())?;
                    let (a, b) = sides(self.side, model, stays);
                    Some((model, table.probability(a, b)))
                };
                // Where only these two speak the language, one who does not is better than nobody.
                drawn(&candidates).or_else(|| {
                    drawn(&candidates.iter().filter(|one| one.id != failed.model).copied().collect::<Vec<_>>())
                })
            }
            _ => None,
        };
        // What is kept is how often the pair comes out of a draw now, as for every other pair.
        if let Some((model, probability)) = model {
            battles::replace_model(&mut *transaction, self.battle, self.side, model, probability).await?;
        }
        let model = model.map(|(model, _)| model);
        let attempt_number = failed.attempt + 1;
        let mut reply =
            new_reply(streams, self.battle, number, self.side, attempt_number, model.unwrap_or(failed.model));
        let is_empty = failed.side_status().trouble() == Some(Trouble::EmptyAnswer);
        reply.after_empty = failed.after_empty || is_empty;
        reply.mode = failed.mode;
        check_room(arena, &mut transaction, [reply.model]).await?;
        battles::insert_reply(&mut *transaction, &reply).await?;
        let attempt = attempt(&battle, &reply);
        transaction.commit().await?;
        streams.start(self.battle, battle.kind, number, vec![attempt], permit);
        Ok(())
    }
}

/// Whether another model may take this one's place: only in a blind battle that has just begun, and only where asking
/// the same one again would likely fail again.
fn is_down(battle: &Battle, failed: &Reply, candidates: &[Candidate]) -> bool {
    let is_known = failed.error_code.as_deref().and_then(ErrorKind::from_code).is_some_and(|kind| {
        matches!(
            kind,
            ErrorKind::AddressRefused
                | ErrorKind::Unreachable
                | ErrorKind::ConnectTimeout
                | ErrorKind::FirstTokenTimeout
                | ErrorKind::Unauthorised
                | ErrorKind::ModelNotFound
                | ErrorKind::EndpointNotFound
                | ErrorKind::QuotaExceeded
                | ErrorKind::OutOfMemory
                | ErrorKind::Loading
                | ErrorKind::NotReady
                | ErrorKind::QueueFull
        )
    });
    let is_there = candidates.iter().any(|one| one.id == failed.model && one.is_available);
    battle.status().may_replace_model() && (is_known || !is_there)
}

fn sides(side: Side, model: ModelId, other: ModelId) -> (ModelId, ModelId) {
    match side {
        Side::A => (model, other),
        Side::B => (other, model),
    }
}
