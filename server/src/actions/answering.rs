//! What the actions share that make models answer: who is asked what.

use std::time::Duration;

use rand::RngExt;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::backends::{BackendError, ChatRequest, ErrorKind, Message, Role, Sampling, Target};
use crate::domain::{
    AnswerMode, Battle, BattleId, Candidate, ModelId, ModelKind, Parameters, ReplyId, Side, is_empty_answer,
    language_of, speaks,
};
use crate::endpoints::{local_target, max_waiting, target};
use crate::error::Error;
use crate::state::AppState;
use crate::store::battles::NewReply;
use crate::store::models::{self, Model};
use crate::streams::{GenerationRequest, ReplyAttempt, TurnHub};
use crate::supervisor::Lease;

/// When to come again where too many wait for a model.
const FULL_RETRY: Duration = Duration::from_secs(5);

/// Everyone who might be drawn for a conversation in a language.
pub async fn candidates(db: &PgPool, streams: &TurnHub, language: &str) -> Result<Vec<Candidate>, Error> {
    Ok(candidates_of(&models::enabled(db).await?, streams, language))
}

/// The same of models that were read already.
pub fn candidates_of(models: &[Model], streams: &TurnHub, language: &str) -> Vec<Candidate> {
    let candidate = |model: &Model| {
        let wait = streams.wait(model);
        Candidate {
            id: model.id,
            weight: model.settings.general.sampling_weight,
            is_available: wait.is_some(),
            wait: wait.unwrap_or_default(),
            parameters: model.card().parameters,
            speaks: speaks(&model.card().languages, language),
        }
    };
    models.iter().map(candidate).collect()
}

/// Where a model would be asked now; nothing while no worker has loaded it, and where its key is missing.
pub fn target_now(arena: &AppState, model: &Model) -> Option<Target> {
    match model.kind() {
        ModelKind::Local => arena.workers.endpoint_of(model.id).map(|endpoint| local_target(model, endpoint)),
        ModelKind::Endpoint => target(model, &arena.keys).ok(),
    }
}

/// The same once it is loaded: it may have to wait its turn. The lease keeps it in memory.
///
/// # Errors
/// It is not loaded and no turn of its will come, or too many wait for it; or an endpoint's key is missing.
pub async fn target_in_turn(arena: &AppState, model: &Model) -> Result<(Target, Option<Lease>), BackendError> {
    let not_ready = |cause: anyhow::Error| BackendError::new(ErrorKind::NotReady, cause.to_string());
    match model.kind() {
        ModelKind::Local => {
            let entered = arena.workers.enter(model.id, Uuid::new_v4(), max_waiting(model)).await;
            entered.map(|(endpoint, lease)| (local_target(model, endpoint), Some(lease)))
        }
        ModelKind::Endpoint => target(model, &arena.keys).map(|target| (target, None)).map_err(not_ready),
    }
}

/// Refuses where too many wait for a model already, before anything is written: an attempt that is never made leaves no
/// trace.
///
/// # Errors
/// Busy.
pub async fn check_room(
    arena: &AppState,
    db: &mut PgConnection,
    asked: impl IntoIterator<Item = ModelId>,
) -> Result<(), Error> {
    for id in asked {
        let Some(model) = models::by_id(&mut *db, id).await? else { continue };
        let is_full = match target_now(arena, &model) {
            Some(target) => arena.backends.is_full(&target),
            None => arena.workers.line(id) > max_waiting(&model),
        };
        if is_full {
            return Err(Error::Busy { retry_after: FULL_RETRY });
        }
    }
    Ok(())
}

/// The row of an attempt.
pub fn new_reply(streams: &TurnHub, battle: BattleId, turn: i32, side: Side, attempt: i32, model: ModelId) -> NewReply {
    NewReply {
        id: ReplyId(Uuid::now_v7()),
        battle,
        turn,
        side,
        attempt,
        model,
        // 31 bits, because servers differ in the widest seed they take.
        seed: rand::rng().random::<u32>() >> 1,
        owner: streams.owner(),
        after_empty: false,
        mode: None,
    }
}

/// The next attempts of these sides at the newest turn.
pub fn replies_anew(streams: &TurnHub, battle: &Battle, sides: &[Side], mode: Option<AnswerMode>) -> Vec<NewReply> {
    let Some(turn) = battle.last_turn() else { return Vec::new() };
    let anew = sides.iter().filter_map(|side| {
        let attempt = turn.reply(*side).map_or(0, |reply| reply.attempt) + 1;
        let reply = new_reply(streams, battle.id, turn.number, *side, attempt, battle.model(*side)?);
        Some(NewReply { mode, ..reply })
    });
    anew.collect()
}

/// The conversation of a side up to a turn, as it is asked to go on. The person and the model take turns in it, whatever
/// became of earlier answers: many chat templates refuse two questions in a row.
fn conversation(battle: &Battle, side: Side, until: i32) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for turn in battle.turns.iter().take_while(|turn| turn.number <= until) {
        match messages.last_mut() {
            // What was not answered is asked together with what follows.
            Some(last) if last.role == Role::User => last.content = format!("{}\n\n{}", last.content, turn.prompt),
            _ => messages.push(Message { role: Role::User, content: turn.prompt.clone() }),
        }
        if turn.number < until
            && let Some(answer) = turn.reply(side).filter(|answer| !is_empty_answer(&answer.content))
        {
            messages.push(Message { role: Role::Assistant, content: answer.content.clone() });
        }
    }
    messages
}

/// What a side is asked at a turn: the conversation up to it, and how the visitor wants to be answered again, where they do.
pub fn asked_at(battle: &Battle, side: Side, turn: i32, mode: Option<AnswerMode>) -> Vec<Message> {
    let mut messages = conversation(battle, side, turn);
    if let Some(message) = messages.last_mut()
        && let Some(instruction) = mode.and_then(|mode| mode.instruction(language_of(&message.content)))
    {
        message.content = format!("{}\n\n{instruction}", message.content);
    }
    messages
}

/// The attempt to drain: the conversation of its side up to its turn.
pub fn attempt(battle: &Battle, reply: &NewReply) -> ReplyAttempt {
    let mut messages = asked_at(battle, reply.side, reply.turn, reply.mode);
    if !battle.system_prompt.is_empty() {
        messages.insert(0, Message { role: Role::System, content: battle.system_prompt.clone() });
    }
    // Whoever asks again wants another answer, also with a seed.
    let anew = u32::try_from(reply.attempt - 1).unwrap_or_default();
    let sampling = sampling(&battle.parameters, anew);
    ReplyAttempt {
        reply: reply.id,
        side: reply.side,
        attempt: reply.attempt,
        after_empty: reply.after_empty,
        generation: GenerationRequest {
            model: reply.model,
            reply: reply.id,
            drawn_seed: reply.seed,
            request: ChatRequest { messages, sampling, chat_template: None },
        },
    }
}

/// What a battle says of how its answers are sampled, asked for the so-manieth time anew.
pub fn sampling(parameters: &Parameters, anew: u32) -> Sampling {
    let Parameters { temperature, top_p, top_k, min_p, repetition_penalty, seed, max_tokens } = *parameters;
    Sampling {
        temperature,
        top_p,
        top_k,
        min_p,
        repetition_penalty,
        max_tokens: Some(max_tokens),
        seed: seed.map(|seed| seed.wrapping_add(anew) & Parameters::MAX_SEED),
        ..Sampling::default()
    }
}
