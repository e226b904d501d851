//! From a registered endpoint's row to what the backends speak to.

use std::time::Duration;

use anyhow::bail;
use secrecy::SecretString;

use crate::backends::{Capacity, Endpoint, Target, Timeouts};
use crate::domain::{EndpointSource, ModelSource, SentParameter};
use crate::i18n::Message;
use crate::keys::Keys;
use crate::store::models::Model;

/// A registered endpoint with all its servers. Fails as [`endpoint`] does.
pub fn target(model: &Model, keys: &Keys) -> anyhow::Result<Target> {
    let first = endpoint(model, keys)?;
    let others = match &model.settings.source {
        ModelSource::Endpoint(source) => source.address.base_urls().skip(1).map(|base| first.at(base)).collect(),
        ModelSource::Local(_) => Ok(Vec::new()),
    };
    Ok(Target::new(model.id.to_string(), first, others?, capacity(model)))
}

/// The model of a worker.
pub fn local_target(model: &Model, endpoint: Endpoint) -> Target {
    Target::new(model.id.to_string(), endpoint, Vec::new(), capacity(model))
}

fn capacity(model: &Model) -> Capacity {
    let general = &model.settings.general;
    let whole = |number: i64| usize::try_from(number).unwrap_or(0);
    Capacity { per_server: general.max_concurrency.map(whole), waiting: whole(general.max_queue) }
}

/// The first server of a registered endpoint, with its key. Fails when the key's environment variable is not set, or the key
/// was sealed with another secret.
pub fn endpoint(model: &Model, keys: &Keys) -> anyhow::Result<Endpoint> {
    let ModelSource::Endpoint(source) = &model.settings.source else { bail!("{} is no endpoint", model.slug) };
    let key = match (&model.api_key_sealed, &source.address.api_key_env) {
        (_, Some(name)) => Some(key_of_environment(name)?),
        (Some(sealed), None) => Some(keys.unseal(sealed.as_bytes())?),
        (None, None) => None,
    };
    endpoint_of(source, key)
}

/// The endpoint that checked settings describe.
pub fn endpoint_of(source: &EndpointSource, key: Option<SecretString>) -> anyhow::Result<Endpoint> {
    let EndpointSource { address, requests } = source;
    let timeouts = Timeouts {
        connect: Duration::try_from_secs_f64(requests.connect_seconds)?,
        first_token: Duration::try_from_secs_f64(requests.first_token_seconds)?,
        between_tokens: Duration::try_from_secs_f64(requests.between_tokens_seconds)?,
        ..Timeouts::default()
    };
    let endpoint = Endpoint::new(&address.base_url, key, &address.remote_model)?;
    // Checked when it was registered.
    let omitted = SentParameter::list(&requests.omitted_parameters).map_err(anyhow::Error::msg)?;
    let endpoint = endpoint.without_parameters(omitted);
    Ok(endpoint.with_timeouts(timeouts).with_retries(u32::try_from(requests.retries)?))
}

/// The key in an environment variable of the service.
pub fn key_of_environment(name: &str) -> anyhow::Result<SecretString> {
    let value = std::env::var(name).map_err(|_| Message::new("finding-no-key").with("name", name))?;
    Ok(SecretString::from(value))
}
