//! The door to all models.

use std::sync::Arc;

use uuid::Uuid;

use super::addresses::AddressPolicy;
use super::chat::{ChatStream, start};
use super::endpoint::Endpoint;
use super::health::Health;
use super::request::ChatRequest;
use super::shared::Shared;
use super::target::Target;

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

    /// Asks one endpoint for one answer. The stream ends after `Finished` or an error; dropping it cancels the
    /// request at the endpoint. Must be called within a Tokio runtime.
    pub fn chat(&self, endpoint: &Endpoint, request: ChatRequest) -> ChatStream {
        self.ask(endpoint.into(), request, Uuid::new_v4())
    }

    /// Asks a model for one answer, at whichever of its servers has room and is well; the request may wait for one, and
    /// goes to another where one fails before the answer has begun. Its place in line is told of the ticket.
    pub fn ask(&self, target: Target, request: ChatRequest, ticket: Uuid) -> ChatStream {
        start(self.shared.clone(), target, request, ticket)
    }

    /// Whether a model would answer now: one of its servers is well, and its line is not full.
    pub fn is_available(&self, target: &Target) -> bool {
        let health = self.health();
        target.endpoints().any(|endpoint| health.is_available(&endpoint.health_key())) && !self.is_full(target)
    }

    /// Whether one more request would be refused because too many wait.
    pub fn is_full(&self, target: &Target) -> bool {
        self.shared.queues.is_full(target)
    }

    /// The tickets of the requests that wait, each with how many stand before it.
    pub fn places(&self) -> Vec<(Uuid, usize)> {
        self.shared.queues.places()
    }

    /// What is known about the endpoints from their last answers.
    pub fn health(&self) -> &Health {
        &self.shared.health
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }
}
