//! A visitor judges two answers that are there already.

use std::time::Duration;

use uuid::Uuid;

use super::answering::{candidates_of, new_reply};
use super::enter::agreement_wanted;
use super::prepare_answers::{contestants, playing};
use crate::domain::{BattleId, BattleKind, Candidate, PairMode, Parameters, Side};
use crate::error::Error;
use crate::exchange::MAX_TAG_CHARS;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::battles::{self, NewBattle, SetPrompt};
use crate::store::{prepared_answers, site, voters};

/// A pair of prepared answers is wanted.
#[derive(Debug, Clone)]
pub struct StartPrepared {
    /// Who.
    pub caller: Caller,
    /// The language that is shown first, where there is a choice.
    pub language: &'static str,
    /// The theme that is asked for; may be empty.
    pub theme: String,
    /// Whether the visitor agrees to the terms, where the arena asks for that.
    pub agrees: bool,
}

impl StartPrepared {
    /// Draws a prompt that the visitor has not had, then two of those who have answered it, as battles draw them.
    ///
    /// # Errors
    /// A conflict where nothing is left to judge; [`Error::NoModels`] where no pair can be drawn; invalid where the terms have to be
    /// agreed to first.
    pub async fn run(self, arena: &AppState) -> Result<BattleId, Error> {
        let AppState { db, streams, .. } = arena;
        arena.limits.check_message(self.caller)?;
        let voter = self.caller.voter;
        let agreement = agreement_wanted(arena, db, voter).await?;
        if agreement.is_some() && !self.agrees {
            return Err(Error::invalid("agreement-wanted", ""));
        }
        let theme: String = self.theme.trim().chars().take(MAX_TAG_CHARS).collect();
        let models = playing(arena).await?;
        let ready = prepared_answers::draw(db, voter, &contestants(&models), self.language, &theme).await?;
        let ready = ready.ok_or(Error::Conflict("prepared-none"))?;
        // Who has answered plays, whether it would answer now or not.
        let candidates: Vec<Candidate> = candidates_of(&models, streams, &ready.language)
            .into_iter()
            .filter(|candidate| ready.models.contains(&candidate.id))
            .map(|candidate| Candidate { is_available: true, wait: Duration::ZERO, ..candidate })
            .collect();
        let table = arena.evidence.pair_table(&candidates, PairMode::Random);
        let pair = table.map_err(|error| Error::NoModels(error.code()))?.draw(&mut rand::rng());
        let id = BattleId(Uuid::now_v7());
        let parameters = serde_json::to_value(Parameters::BATTLE).map_err(|error| Error::Internal(error.into()))?;
        let new = NewBattle {
            id,
            kind: BattleKind::Battle,
            voter,
            model_a: pair.a,
            model_b: Some(pair.b),
            pair_probability: Some(pair.probability),
            mode: PairMode::Random,
            language: &ready.language,
            parameters: &parameters,
            system_prompt: "",
            set_prompt: Some(SetPrompt { id: ready.id, set: &ready.prompt_set, is_prepared: true }),
        };
        let mut giveaway = None;
        let mut transaction = db.begin().await?;
        voters::seen(&mut *transaction, voter).await?;
        if let Some(agreement) = &agreement {
            site::record_agreement(&mut *transaction, voter, agreement).await?;
        }
        battles::insert_battle(&mut *transaction, &new).await?;
        battles::insert_turn(&mut *transaction, id, 1, &ready.prompt).await?;
        for (side, model) in [(Side::A, pair.a), (Side::B, pair.b)] {
            let content = prepared_answers::content(&mut *transaction, ready.id, model).await?;
            let content = content.ok_or(Error::Conflict("prepared-none"))?;
            let reply = new_reply(streams, id, 1, side, 1, model);
            let (reply, owner) = (reply.id, reply.owner);
            let put = prepared_answers::copy_into_battle(&mut *transaction, ready.id, model, reply, id, side, owner);
            if !put.await? {
                return Err(Error::Conflict("prepared-none"));
            }
            if giveaway.is_none() {
                giveaway = streams.giveaways().find(&content).await?;
            }
        }
        if let Some(sentence) = &giveaway {
            battles::mark_identity(&mut *transaction, id, sentence).await?;
        }
        transaction.commit().await?;
        arena.metrics.battle(BattleKind::Battle);
        Ok(id)
    }
}
