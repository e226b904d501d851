//! Changing a candidate: what is said of it, its key, and whether it is drawn.

use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::register_model::check_name;
use crate::backends::Endpoint;
use crate::domain::{AdminId, ModelKind, ModelSettings, ModelState};
use crate::error::Error;
use crate::state::AppState;
use crate::store::models::{Model, SealedKey};
use crate::store::{audit, models};

/// What happens to an endpoint's key. It is never shown, so that a form cannot send it back.
#[derive(Debug, Clone, Default)]
pub enum KeyChange {
    /// It stays.
    #[default]
    Keep,
    /// A new one.
    Replace(SecretString),
    /// None from now on.
    Remove,
}

/// Saves what an administrator says of a model.
pub async fn change(
    arena: &AppState,
    by: Option<AdminId>,
    model: &Model,
    settings: &ModelSettings,
    key: KeyChange,
) -> Result<(), Error> {
    let mut changes = differences(&model.settings, settings);
    let mut transaction = arena.db.begin().await?;
    if model.name() != settings.general.display_name {
        check_name(&mut transaction, &settings.general.display_name, Some(model.id)).await?;
    }
    if !models::update(&mut *transaction, model.id, settings).await? {
        return Err(Error::NotFound);
    }
    match key {
        KeyChange::Keep => {}
        KeyChange::Replace(key) => {
            let sealed = SealedKey::new(arena.keys.seal(&key)?);
            models::set_key(&mut *transaction, model.id, Some(&sealed)).await?;
            changes.insert("key".to_owned(), json!("replaced"));
        }
        KeyChange::Remove => {
            models::set_key(&mut *transaction, model.id, None).await?;
            changes.insert("key".to_owned(), json!("removed"));
        }
    }
    audit::record(&mut *transaction, by, "model.change", &model.slug, Value::Object(changes)).await?;
    transaction.commit().await?;
    // What its old address or key did wrong is not the new one's fault.
    forget_failures(arena, model);
    Ok(())
}

/// Lets a model be asked again at once, whatever it did wrong.
pub fn forget_failures(arena: &AppState, model: &Model) {
    let keys = match model.kind() {
        ModelKind::Local => vec![Endpoint::own_worker_key(&model.slug)],
        ModelKind::Endpoint => {
            let target = crate::endpoints::target(model, &arena.keys);
            target.map(|target| target.endpoints().map(Endpoint::health_key).collect()).unwrap_or_default()
        }
    };
    for key in keys {
        arena.backends.health().forget(&key);
    }
}

/// Enables, disables or retires a model. Retiring is for good: the model is unloaded and never drawn again, and its
/// votes stay.
pub async fn set_state(arena: &AppState, by: Option<AdminId>, model: &Model, state: ModelState) -> Result<(), Error> {
    let mut transaction = arena.db.begin().await?;
    let before = models::set_state(&mut *transaction, model.id, state).await?;
    let before = before.ok_or(Error::Conflict("model-retired"))?;
    if before != state {
        let detail = json!({ "from": before, "to": state });
        audit::record(&mut *transaction, by, "model.state", &model.slug, detail).await?;
    }
    Ok(transaction.commit().await?)
}

/// The names of the settings that differ, each with its new value as a text.
fn differences(old: &ModelSettings, new: &ModelSettings) -> Map<String, Value> {
    let old = old.texts();
    let changed = new.texts().into_iter().filter(|(name, text)| old.get(name) != Some(text));
    changed.map(|(name, text)| (name, Value::String(text))).collect()
}
