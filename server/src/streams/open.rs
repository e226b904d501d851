//! From a model's row to its endpoint: where an answer comes from.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use sqlx::PgPool;

use super::side::ChatEvents;
use crate::backends::{BackendError, ChatRequest, Endpoint, ErrorKind, ModelClients};
use crate::domain::{ModelId, ModelKind, ModelState};
use crate::endpoints::endpoint;
use crate::keys::Keys;
use crate::store::models::{self, Model};

/// What is asked of a model.
#[derive(Debug, Clone)]
pub struct GenerationRequest {
    /// Whom.
    pub model: ModelId,
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
        let is_available: Availability = Arc::new(move |model| match endpoint_of(model, &keys_too, &local_too) {
            Ok(endpoint) => health.health().is_available(&endpoint.health_key()),
            Err(_) => false,
        });
        let open: Opener = Arc::new(move |generation| {
            let (db, keys, backends, local) = (db.clone(), keys.clone(), backends.clone(), local.clone());
            Box::pin(async move {
                match find(&db, &keys, &local, generation.model).await {
                    Ok(endpoint) => backends.chat(&endpoint, generation.request).boxed(),
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

async fn find(db: &PgPool, keys: &Keys, local: &LocalEndpoint, id: ModelId) -> Result<Endpoint, BackendError> {
    let model = models::by_id(db, id).await.map_err(|error| unavailable(error.to_string()))?;
    let model = model.ok_or_else(|| BackendError::new(ErrorKind::ModelNotFound, "the model is gone"))?;
    if model.state != ModelState::Enabled {
        return Err(BackendError::new(ErrorKind::ModelNotFound, "the model is not enabled any more"));
    }
    endpoint_of(&model, keys, local)
}

fn endpoint_of(model: &Model, keys: &Keys, local: &LocalEndpoint) -> Result<Endpoint, BackendError> {
    match model.kind() {
        ModelKind::Local => {
            let loading = || BackendError::new(ErrorKind::Loading, "its worker has not loaded it");
            local(model.id).ok_or_else(loading)
        }
        // What can fail here is the key; the address was checked when it was registered.
        ModelKind::Endpoint => {
            endpoint(model, keys).map_err(|error| BackendError::new(ErrorKind::Unauthorised, format!("{error:#}")))
        }
    }
}

fn unavailable(detail: impl AsRef<str>) -> BackendError {
    BackendError::new(ErrorKind::Unreachable, detail)
}
