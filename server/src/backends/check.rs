//! Looks after the servers of a model that has several: one that cannot be reached is passed over before anybody asks it,
//! and asked again as soon as it can.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use tokio::time::timeout;

use super::client::ModelClients;
use super::endpoint::Endpoint;
use super::error::ErrorKind;
use super::send::send;
use super::target::Target;

/// How long a server may take to say anything.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

impl ModelClients {
    /// Asks each server of a model that has several for its list of models. Whatever it says, it is there.
    pub async fn check(&self, target: &Target) {
        if target.count() < 2 {
            return;
        }
        join_all(target.endpoints().map(|endpoint| self.check_one(endpoint))).await;
    }

    async fn check_one(&self, endpoint: &Endpoint) {
        let Ok(client) = self.shared().client(endpoint) else { return };
        let said = timeout(ANSWER_TIMEOUT, send(&client, endpoint, Method::GET, "models", None)).await;
        let is_there = match said {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => {
                !matches!(error.kind, ErrorKind::Unreachable | ErrorKind::ConnectTimeout | ErrorKind::Interrupted)
            }
            Err(_) => false,
        };
        self.health().seen(&endpoint.health_key(), is_there);
    }
}
