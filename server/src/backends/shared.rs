//! What all answers of this process share: HTTP clients, health, room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, redirect};
use tokio::sync::Semaphore;
use url::Url;

use super::addresses::{AddressPolicy, CheckedResolver};
use super::endpoint::{Endpoint, Trust};
use super::error::{BackendError, ErrorKind};
use super::health::Health;
use super::queues::Queues;

/// Answers that may be under way at once in this process.
const CONCURRENT: usize = 2048;
/// Different connect timeouts for which clients are kept.
const CLIENTS: usize = 32;

pub(super) struct Shared {
    policy: Arc<AddressPolicy>,
    clients: Mutex<HashMap<(Trust, Duration), Client>>,
    pub(super) health: Health,
    pub(super) queues: Arc<Queues>,
    pub(super) permits: Arc<Semaphore>,
}

impl Shared {
    pub(super) fn new(policy: AddressPolicy) -> Self {
        Self {
            policy: Arc::new(policy),
            clients: Mutex::default(),
            health: Health::default(),
            queues: Arc::default(),
            permits: Arc::new(Semaphore::new(CONCURRENT)),
        }
    }

    /// The client for an endpoint, after its address has been judged as far as the URL tells.
    pub(super) fn client(&self, endpoint: &Endpoint) -> Result<Client, BackendError> {
        self.client_for(endpoint.trust, &endpoint.base, endpoint.timeouts.connect)
    }

    /// The same by what matters of an endpoint.
    pub(super) fn client_for(&self, trust: Trust, url: &Url, connect: Duration) -> Result<Client, BackendError> {
        if trust == Trust::Registered {
            self.policy.check(url)?;
        }
        let key = (trust, connect);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = build(trust, connect, &self.policy)?;
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
