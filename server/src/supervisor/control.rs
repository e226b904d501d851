//! Speaks to a worker about its models: what `arena worker` offers under `/admin`.

use std::time::Duration;

use reqwest::{Client, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::view::LocalModel;
pub(super) use crate::inference_server::{SlotState, SlotView};

/// A worker answers these at once; its cores may be busy computing.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// The door to one worker's models.
#[derive(Clone)]
pub(super) struct Control {
    client: Client,
    base: String,
    token: SecretString,
}

/// What a worker has.
#[derive(Deserialize)]
pub(super) struct Listed {
    pub(super) models: Vec<SlotView>,
    /// Bytes of memory that its process takes up.
    pub(super) resident_bytes: Option<u64>,
}

impl Control {
    /// A client for workers; keeps connections over restarts.
    pub(super) fn client() -> reqwest::Result<Client> {
        // An error only says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .tls_certs_only([])
            .connect_timeout(Duration::from_secs(5))
            .timeout(ANSWER_TIMEOUT)
            .build()
    }

    pub(super) fn new(client: Client, port: u16, token: SecretString) -> Self {
        Self { client, base: format!("http://127.0.0.1:{port}/admin/models"), token }
    }

    /// All models of the worker, and how much memory it takes up.
    pub(super) async fn list(&self) -> Result<Listed, String> {
        let request = self.client.get(&self.base).bearer_auth(self.token.expose_secret());
        let response = request.send().await.and_then(reqwest::Response::error_for_status).map_err(words)?;
        response.json().await.map_err(words)
    }

    /// Begins to load a model.
    pub(super) async fn load(&self, model: &LocalModel) -> Result<(), String> {
        let body = json!({"name": model.name, "path": model.path, "base": model.base, "context": model.context});
        let request = self.client.post(&self.base).bearer_auth(self.token.expose_secret()).json(&body);
        let response = request.send().await.map_err(words)?;
        if response.status().is_success() {
            return Ok(());
        }
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        let message = serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|body| Some(body.pointer("/error/message")?.as_str()?.to_owned()));
        Err(message.unwrap_or_else(|| status.to_string()))
    }

    /// Takes a model away.
    pub(super) async fn unload(&self, name: &str) -> Result<(), String> {
        let mut url: url::Url = self.base.parse().map_err(|error| format!("{error}"))?;
        url.path_segments_mut().map_err(|()| "no path".to_owned())?.push(name);
        let request = self.client.delete(url).bearer_auth(self.token.expose_secret());
        let response = request.send().await.map_err(words)?;
        match response.status() {
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
            status => Err(status.to_string()),
        }
    }
}

fn words(error: reqwest::Error) -> String {
    format!("the worker does not answer: {}", error.without_url())
}
