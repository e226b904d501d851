//! From a model's row to its endpoint: where an answer comes from.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use sqlx::PgPool;

use super::side::ChatEvents;
use crate::backends::{BackendError, ChatRequest, Endpoint, ErrorKind, Message, ModelClients, Role, Sampling, Target};
use crate::database::in_time;
use crate::domain::{Answering, ModelId, ModelKind, ModelState, Parameters, ReplyId};
use crate::endpoints::{local_target, target};
use crate::keys::Keys;
use crate::store::models::{self, Model};

/// What is asked of a model.
#[derive(Debug, Clone)]
pub struct GenerationRequest {
    /// Whom.
    pub model: ModelId,
    /// For which attempt: its place in line is told under this id.
    pub reply: ReplyId,
    /// The seed where neither the battle nor the contestant says one.
    pub drawn_seed: u32,
    /// What the battle says; the contestant's own settings are not in it yet.
    pub request: ChatRequest,
}

/// Opens an answer. A function and not a trait: there is one real one, and the tests have theirs.
pub type Opener = Arc<dyn Fn(GenerationRequest) -> BoxFuture<'static, ChatEvents> + Send + Sync>;

/// Whether a model would answer now, as far as this server knows.
pub type Availability = Arc<dyn Fn(&Model) -> bool + Send + Sync>;

/// Where answers come from.
#[derive(Clone)]
pub struct Source {
    /// Opens an answer.
    pub open: Opener,
    /// Tells who would answer.
    pub is_available: Availability,
}

/// The endpoint of a local model, while its worker has it loaded.
pub type LocalEndpoint = Arc<dyn Fn(ModelId) -> Option<Endpoint> + Send + Sync>;

impl Source {
    /// The real source: endpoints by their rows, local models by their workers.
    pub fn new(db: PgPool, keys: Keys, backends: ModelClients, local: LocalEndpoint) -> Self {
        let (keys_too, local_too, health) = (keys.clone(), local.clone(), backends.clone());
        let is_available: Availability = Arc::new(move |model| match target_of(model, &keys_too, &local_too) {
            Ok(target) => health.is_available(&target),
            Err(_) => false,
        });
        let open: Opener = Arc::new(move |generation| {
            let (db, keys, backends, local) = (db.clone(), keys.clone(), backends.clone(), local.clone());
            Box::pin(async move {
                match find(&db, &keys, &local, generation.model).await {
                    Ok((target, own)) => {
                        let request = completed(generation.request, &own, generation.drawn_seed);
                        backends.ask(target, request, generation.reply.0).boxed()
                    }
                    Err(error) => {
                        tracing::warn!(model = %generation.model, %error, "no endpoint");
                        stream::iter([Err(error)]).boxed()
                    }
                }
            })
        });
        Self { open, is_available }
    }
}

async fn find(
    db: &PgPool,
    keys: &Keys,
    local: &LocalEndpoint,
    id: ModelId,
) -> Result<(Target, Answering), BackendError> {
    let model = in_time(models::by_id(db, id)).await.map_err(|error| not_ready(error.to_string()))?;
    let model = model.ok_or_else(|| not_ready("the model is gone"))?;
    if model.state != ModelState::Enabled {
        return Err(not_ready("the model is not enabled any more"));
    }
    let target = target_of(&model, keys, local)?;
    Ok((target, model.settings.answering))
}

/// The request with what is part of the contestant, and with what is usual where nobody says otherwise. What the battle says goes
/// before: a visitor of a named chat chose it.
fn completed(request: ChatRequest, own: &Answering, drawn_seed: u32) -> ChatRequest {
    let ChatRequest { mut messages, sampling } = request;
    let has_prompt = messages.first().is_some_and(|message| message.role == Role::System);
    if !has_prompt && !own.system_prompt.is_empty() {
        messages.insert(0, Message { role: Role::System, content: own.system_prompt.clone() });
    }
    #[expect(clippy::cast_possible_truncation, reason = "a sampling parameter needs no more precision")]
    let short = |number: Option<f64>| number.map(|number| number as f32);
    let whole = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let sampling = Sampling {
        temperature: sampling.temperature.or(short(own.temperature)).or(Some(Parameters::USUAL_TEMPERATURE)),
        top_p: sampling.top_p.or(short(own.top_p)).or(Some(Parameters::USUAL_TOP_P)),
        top_k: sampling.top_k.or(whole(own.top_k)),
        min_p: sampling.min_p.or(short(own.min_p)),
        repetition_penalty: sampling.repetition_penalty.or(short(own.repetition_penalty)),
        seed: sampling.seed.or(whole(own.fixed_seed)).or(Some(drawn_seed)),
        ..sampling
    };
    ChatRequest { messages, sampling }
}

fn target_of(model: &Model, keys: &Keys, local: &LocalEndpoint) -> Result<Target, BackendError> {
    match model.kind() {
        ModelKind::Local => {
            let endpoint = local(model.id).ok_or_else(|| not_ready("its worker has not loaded it"))?;
            Ok(local_target(model, endpoint))
        }
        // What can fail here is the key; the address was checked when it was registered.
        ModelKind::Endpoint => target(model, keys).map_err(|error| not_ready(format!("{error:#}"))),
    }
}

/// Nobody was asked: nothing is counted against the model.
fn not_ready(detail: impl AsRef<str>) -> BackendError {
    BackendError::new(ErrorKind::NotReady, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(system: Option<&str>, sampling: Sampling) -> ChatRequest {
        let system = system.map(|text| Message { role: Role::System, content: text.to_owned() });
        let user = Message { role: Role::User, content: "你好".to_owned() };
        ChatRequest { messages: system.into_iter().chain([user]).collect(), sampling }
    }

    #[test]
    fn a_contestant_answers_with_its_own_prompt_and_settings_unless_the_visitor_says_otherwise() {
        let own = Answering {
            system_prompt: "Answer in verse.".to_owned(),
            temperature: Some(0.2),
            top_k: Some(40),
            fixed_seed: Some(9),
            ..Answering::default()
        };
        let blind = completed(request(None, Sampling::default()), &own, 5);
        assert_eq!(blind.messages[0], Message { role: Role::System, content: "Answer in verse.".to_owned() });
        assert_eq!(blind.messages.len(), 2);
        let got = &blind.sampling;
        assert_eq!((got.temperature, got.top_p, got.top_k, got.seed), (Some(0.2), Some(1.0), Some(40), Some(9)));
        let said = Sampling { temperature: Some(1.5), seed: Some(1), ..Sampling::default() };
        let named = completed(request(Some("Be brief."), said), &own, 5);
        assert_eq!((named.messages[0].content.as_str(), named.messages.len()), ("Be brief.", 2));
        assert_eq!(
            (named.sampling.temperature, named.sampling.top_k, named.sampling.seed),
            (Some(1.5), Some(40), Some(1))
        );
    }

    #[test]
    fn where_nobody_says_anything_answers_are_sampled_as_usual() {
        let plain = completed(request(None, Sampling::default()), &Answering::default(), 5);
        let got = &plain.sampling;
        assert_eq!((got.temperature, got.top_p, got.top_k, got.seed), (Some(0.7), Some(1.0), None, Some(5)));
        assert_eq!(plain.messages.len(), 1);
    }
}
