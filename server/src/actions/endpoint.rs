//! From a registered endpoint's row to what the backends speak to.

use std::time::Duration;

use anyhow::Context;
use secrecy::SecretString;

use crate::backends::{Endpoint, Timeouts};
use crate::domain::ModelFields;
use crate::i18n::Message;
use crate::keys::Keys;
use crate::store::models::Model;

/// The endpoint of a registered model, with its key. Fails when the key's environment variable is not set, or the key
/// was sealed with another secret.
pub fn endpoint(model: &Model, keys: &Keys) -> anyhow::Result<Endpoint> {
    let key = match (&model.api_key_sealed, &model.api_key_env) {
        (_, Some(name)) => Some(key_of_environment(name)?),
        (Some(sealed), None) => Some(keys.unseal(sealed.as_bytes())?),
        (None, None) => None,
    };
    endpoint_of_fields(&model.fields(), key)
}

/// The endpoint that a form describes.
pub fn endpoint_of_fields(fields: &ModelFields, key: Option<SecretString>) -> anyhow::Result<Endpoint> {
    let base = fields.base_url.as_deref().context("an endpoint without an address")?;
    let name = fields.remote_model.as_deref().context("an endpoint without a model name")?;
    let ms = |n: i32| Duration::from_millis(u64::try_from(n).unwrap_or_default());
    let timeouts = Timeouts {
        connect: ms(fields.connect_ms),
        first_token: ms(fields.first_token_ms),
        between_tokens: ms(fields.between_tokens_ms),
        ..Timeouts::default()
    };
    let retries = u32::try_from(fields.retries).unwrap_or_default();
    Ok(Endpoint::new(base, key, name)?.with_timeouts(timeouts).with_retries(retries))
}

/// The key in an environment variable of the service.
pub fn key_of_environment(name: &str) -> anyhow::Result<SecretString> {
    let value = std::env::var(name).map_err(|_| Message::new("finding-no-key").with("name", name))?;
    Ok(SecretString::from(value))
}
