//! From a model's row to its endpoint: where an answer comes from.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use sqlx::PgPool;

use super::side::ChatEvents;
use crate::backends::{Asked, BackendError, ChatEvent, ChatRequest, Endpoint, ErrorKind, ModelClients};
use crate::database::in_time;
use crate::domain::{ModelId, ModelKind, ModelState, ReplyId};
use crate::endpoints::{apart, completed, local_target, max_waiting, target};
use crate::keys::Keys;
use crate::store::models::{self, Model};
use crate::supervisor::Workers;

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

/// How long until a model could answer, as far as this server knows: no time where it is ready, and nothing where it would not
/// answer.
pub type Readiness = Arc<dyn Fn(&Model) -> Option<Duration> + Send + Sync>;

/// Where answers come from.
#[derive(Clone)]
pub struct Source {
    /// Opens an answer.
    pub open: Opener,
    /// Tells who would answer, and when.
    pub wait: Readiness,
}

impl Source {
    /// The real source: endpoints by their rows, local models by their workers.
    pub fn new(db: PgPool, keys: Keys, backends: ModelClients, workers: Workers) -> Self {
        let (keys_too, workers_too, health) = (keys.clone(), workers.clone(), backends.clone());
        let wait: Readiness = Arc::new(move |model| match model.kind() {
            ModelKind::Local => {
                let wait = workers_too.wait(model.id)?;
                if let Some(endpoint) = workers_too.endpoint_of(model.id) {
                    return health.is_available(&local_target(model, endpoint)).then_some(wait);
                }
                let key = Endpoint::own_worker_key(&workers_too.loaded_name(model.id)?, apart(model));
                let has_room = workers_too.line(model.id) <= max_waiting(model);
                (has_room && health.health().is_available(&key)).then_some(wait)
            }
            ModelKind::Endpoint => {
                let target = target(model, &keys_too).ok()?;
                health.is_available(&target).then_some(Duration::ZERO)
            }
        });
        let open: Opener = Arc::new(move |generation| {
            let (db, keys, backends, workers) = (db.clone(), keys.clone(), backends.clone(), workers.clone());
            let model = generation.model;
            Box::pin(async move {
                let opened = open(&db, &keys, &backends, &workers, generation).await;
                opened.unwrap_or_else(|error| {
                    tracing::warn!(%model, %error, "no endpoint");
                    stream::iter([Err(error)]).boxed()
                })
            })
        });
        Self { open, wait }
    }
}

/// Begins an answer. A local model may have to be loaded first; nothing is said before it is asked.
async fn open(
    db: &PgPool,
    keys: &Keys,
    backends: &ModelClients,
    workers: &Workers,
    generation: GenerationRequest,
) -> Result<ChatEvents, BackendError> {
    let model = in_time(models::by_id(db, generation.model)).await.map_err(|error| not_ready(error.to_string()))?;
    let model = model.ok_or_else(|| not_ready("the model is gone"))?;
    if model.state != ModelState::Enabled {
        return Err(not_ready("the model is not enabled any more"));
    }
    let ticket = generation.reply.0;
    let (target, lease) = match model.kind() {
        ModelKind::Local => {
            let (endpoint, lease) = workers.enter(model.id, ticket, max_waiting(&model)).await?;
            (local_target(&model, endpoint), Some(lease))
        }
        // What can fail here is the key; the address was checked when it was registered.
        ModelKind::Endpoint => (target(&model, keys).map_err(|error| not_ready(format!("{error:#}")))?, None),
    };
    let request = completed(generation.request, &model.settings.answering, generation.drawn_seed);
    let asked = ChatEvent::Asked(Box::new(Asked::of(&target, &request)));
    let events = backends.ask(target, request, ticket).inspect(move |_| {
        // The model stays in memory as long as somebody may read from it.
        let _ = &lease;
    });
    Ok(stream::iter([Ok(asked)]).chain(events).boxed())
}

/// Nobody was asked: nothing is counted against the model.
fn not_ready(detail: impl AsRef<str>) -> BackendError {
    BackendError::new(ErrorKind::NotReady, detail)
}
