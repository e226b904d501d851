//! From a model's row to its endpoint: where an answer comes from.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use sqlx::PgPool;

use super::side::ChatEvents;
use crate::backends::{Asked, BackendError, ChatEvent, ChatRequest, Endpoint, ErrorKind, ModelClients, Target};
use crate::database::in_time;
use crate::domain::{Answering, ModelId, ModelKind, ModelState, ReplyId};
use crate::endpoints::{completed, local_target, target};
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
                        let asked = ChatEvent::Asked(Box::new(Asked::of(&target, &request)));
                        let events = backends.ask(target, request, generation.reply.0);
                        stream::iter([Ok(asked)]).chain(events).boxed()
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
