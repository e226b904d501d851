//! The HTTP clients behind all endpoints, and what they share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, redirect};
use tokio::sync::Semaphore;

use super::addresses::{AddressPolicy, CheckedResolver};
use super::chat::{ChatStream, start};
use super::endpoint::{Endpoint, Trust};
use super::error::{BackendError, ErrorKind};
use super::health::Health;
use super::request::ChatRequest;

/// Answers that may be under way at once in this process.
const CONCURRENT: usize = 1024;
/// Different connect timeouts for which clients are kept.
const CLIENTS: usize = 32;

/// The door to all models. Cheap to clone; all clones share connections and health.
#[derive(Clone)]
pub struct Backends {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    policy: Arc<AddressPolicy>,
    clients: Mutex<HashMap<(Trust, Duration), Client>>,
    pub(super) health: Health,
    pub(super) permits: Arc<Semaphore>,
}

impl Backends {
    /// A door with this policy. Makes ring the process's TLS provider if none has been chosen yet.
    pub fn new(policy: AddressPolicy) -> Self {
        // An error only says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            shared: Arc::new(Shared {
                policy: Arc::new(policy),
                clients: Mutex::default(),
                health: Health::default(),
                permits: Arc::new(Semaphore::new(CONCURRENT)),
            }),
        }
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

impl Shared {
    /// The client for an endpoint, after its address has been judged as far as the URL tells.
    pub(super) fn client(&self, endpoint: &Endpoint) -> Result<Client, BackendError> {
        if endpoint.trust == Trust::Registered {
            self.policy.check(&endpoint.base)?;
        }
        let key = (endpoint.trust, endpoint.timeouts.connect);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = build(endpoint.trust, endpoint.timeouts.connect, &self.policy)?;
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        Ok(client)
    }
}

fn build(trust: Trust, connect: Duration, policy: &Arc<AddressPolicy>) -> Result<Client, BackendError> {
    let builder = Client::builder()
        .user_agent(concat!("mixtral-arena/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        // A redirect could lead past the address policy; an API has no need of it.
        .redirect(redirect::Policy::none())
        // A proxy would resolve names in our place, again past the policy.
        .no_proxy()
        .tcp_nodelay(true)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(16);
    let builder = match trust {
        // Plain HTTP on loopback needs no certificates, which a bare container may lack.
        Trust::OwnWorker => builder.tls_certs_only([]),
        Trust::Registered => builder.dns_resolver(Arc::new(CheckedResolver(policy.clone()))),
    };
    builder.build().map_err(|error| BackendError::new(ErrorKind::Unreachable, super::send::chain(&error)))
}
