//! A visitor writes the first message: models are drawn or chosen, and begin to answer.

use std::time::Duration;

use sqlx::PgPool;

use super::answering::{attempt, candidates, check_room, new_reply};
use super::enter::agreement_wanted;
use crate::domain::{
    BattleId, BattleKind, Candidate, MAX_SYSTEM_PROMPT, ModelId, ModelState, PairMode, Parameters, Prompt,
    SamplingError, Side, language_of,
};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::battles::{self, NewBattle, SetPrompt};
use crate::store::{models, prompt_sets, site, voters};

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opponents {
    /// Two without names, drawn by the arena.
    Sampled(PairMode),
    /// Two that the visitor chose.
    Chosen(ModelId, ModelId),
    /// One that the visitor chose.
    One(ModelId),
}

/// What a visitor begins.
#[derive(Debug, Clone)]
pub struct StartBattle {
    /// Who.
    pub caller: Caller,
    /// The first message, as it was written.
    pub prompt: String,
    /// Who answers.
    pub opponents: Opponents,
    /// How answers are sampled.
    pub parameters: Parameters,
    /// What a visitor of a named chat tells the models to be; may be empty.
    pub system_prompt: String,
    /// Whether the visitor agrees to the terms, where the arena asks for that.
    pub agrees: bool,
}

impl StartBattle {
    /// Begins the battle; the answers go on by themselves.
    ///
    /// # Errors
    /// Invalid where the message is empty or too long, or the terms have to be agreed to first; [`Error::NoModels`] where no pair can be drawn, with the reason; invalid where a chosen model does not answer.
    pub async fn run(self, arena: &AppState) -> Result<BattleId, Error> {
        let AppState { db, streams, .. } = arena;
        arena.limits.check_message(self.caller)?;
        let prompt = Prompt::parse(&self.prompt)?;
        let agreement = agreement_wanted(arena, db, self.caller.voter).await?;
        if agreement.is_some() && !self.agrees {
            return Err(Error::invalid("agreement-wanted", ""));
        }
        let system_prompt = self.system_prompt.trim();
        let is_blind = matches!(self.opponents, Opponents::Sampled(_));
        if system_prompt.chars().count() > MAX_SYSTEM_PROMPT || (is_blind && !system_prompt.is_empty()) {
            return Err(Error::invalid("parameter", "system_prompt"));
        }
        let language = language_of(prompt.as_str());
        let permit = streams.permit()?;
        let (kind, model_a, model_b, pair_probability) = match self.opponents {
            Opponents::Sampled(mode) => {
                if let Some(chosen) = mode.chosen() {
                    check(db, chosen).await?;
                }
                let candidates = candidates(db, streams, language).await?;
                let table = arena.evidence.pair_table(&candidates, mode).map_err(|error| no_models(&error))?;
                let pair = table.draw(&mut rand::rng());
                prepare_next(arena, &candidates);
                (BattleKind::Battle, pair.a, Some(pair.b), Some(pair.probability))
            }
            Opponents::Chosen(a, b) => {
                if a == b {
                    return Err(Error::invalid("same-model", ""));
                }
                check(db, a).await?;
                check(db, b).await?;
                (BattleKind::SideBySide, a, Some(b), None)
            }
            Opponents::One(model) => {
                check(db, model).await?;
                (BattleKind::Direct, model, None, None)
            }
        };
        let mode = match self.opponents {
            Opponents::Sampled(mode) => mode,
            Opponents::Chosen(..) | Opponents::One(_) => PairMode::Random,
        };
        let id = BattleId(uuid::Uuid::now_v7());
        let of_set = prompt_sets::of_text(db, prompt.as_str()).await?;
        let parameters = serde_json::to_value(self.parameters).map_err(|error| Error::Internal(error.into()))?;
        let new = NewBattle {
            id,
            kind,
            voter: self.caller.voter,
            model_a,
            model_b,
            pair_probability,
            mode,
            language,
            parameters: &parameters,
            system_prompt,
            set_prompt: of_set.as_ref().map(|(id, set)| SetPrompt { id: *id, set, is_prepared: false }),
        };
        let replies: Vec<_> = [(Side::A, Some(model_a)), (Side::B, model_b)]
            .into_iter()
            .filter_map(|(side, model)| Some(new_reply(streams, id, 1, side, 1, model?)))
            .collect();
        let mut transaction = db.begin().await?;
        check_room(arena, &mut transaction, [Some(model_a), model_b].into_iter().flatten()).await?;
        voters::seen(&mut *transaction, self.caller.voter).await?;
        if let Some(agreement) = &agreement {
            site::record_agreement(&mut *transaction, self.caller.voter, agreement).await?;
        }
        battles::insert_battle(&mut *transaction, &new).await?;
        battles::insert_turn(&mut *transaction, id, 1, prompt.as_str()).await?;
        for reply in &replies {
            battles::insert_reply(&mut *transaction, reply).await?;
        }
        let battle = battles::of_voter(&mut transaction, id, self.caller.voter).await?.ok_or(Error::NotFound)?;
        transaction.commit().await?;
        arena.metrics.battle(kind);
        let attempts = replies.iter().map(|reply| attempt(&battle, reply)).collect();
        streams.start(id, kind, 1, attempts, permit);
        Ok(id)
    }
}

/// Where models take turns in memory, has those loaded meanwhile whom the next battle would draw if all were loaded: the next
/// visitor need not wait, and it is not always the same ones that are there.
fn prepare_next(arena: &AppState, candidates: &[Candidate]) {
    if !arena.workers.take_turns() {
        return;
    }
    let loaded = |one: &Candidate| Candidate { wait: Duration::ZERO, ..*one };
    let all: Vec<Candidate> = candidates.iter().map(loaded).collect();
    if let Ok(table) = arena.evidence.pair_table(&all, PairMode::Random) {
        let next = table.draw(&mut rand::rng());
        arena.workers.prepare(&[next.a, next.b]);
    }
}

fn no_models(error: &SamplingError) -> Error {
    Error::NoModels(error.code())
}

/// A chosen model must be one that answers.
async fn check(db: &PgPool, id: ModelId) -> Result<(), Error> {
    match models::by_id(db, id).await? {
        Some(model) if model.state == ModelState::Enabled => Ok(()),
        _ => Err(Error::invalid("model-not-enabled", "")),
    }
}
