//! The door to all models.

use std::sync::Arc;

use super::addresses::AddressPolicy;
use super::chat::{ChatStream, start};
use super::endpoint::Endpoint;
use super::health::Health;
use super::request::ChatRequest;
use super::shared::Shared;

/// The door to all models. Cheap to clone; all clones share connections and health.
#[derive(Clone)]
pub struct ModelClients {
    shared: Arc<Shared>,
}

impl ModelClients {
    /// A door with this policy. Makes ring the process's TLS provider if none has been chosen yet.
    pub fn new(policy: AddressPolicy) -> Self {
        // An error only says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { shared: Arc::new(Shared::new(policy)) }
    }

    /// Asks for one answer. The stream ends after `Finished` or an error; dropping it cancels the
    /// request at the endpoint. Must be called within a Tokio runtime.
    pub fn chat(&self, endpoint: &Endpoint, request: ChatRequest) -> ChatStream {
        start(self.shared.clone(), endpoint.clone(), request)
    }

    /// What is known about the endpoints from their last answers.
    pub fn health(&self) -> &Health {
        &self.shared.health
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }
}
