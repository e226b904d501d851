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

impl KeyChange {
    /// The key that the model has after the change.
    ///
    /// # Errors
    /// The kept one cannot be read.
    pub fn key_of(&self, arena: &AppState, model: Option<&Model>) -> Result<Option<SecretString>, Error> {
        match (self, model.and_then(|model| model.api_key_sealed.as_ref())) {
            (Self::Replace(key), _) => Ok(Some(key.clone())),
            (Self::Keep, Some(sealed)) => Ok(Some(arena.keys.unseal(sealed.as_bytes())?)),
            (Self::Keep, None) | (Self::Remove, _) => Ok(None),
        }
    }
}

/// Whether a model must be looked at before a change is saved. One that rests may be corrected although it does not answer,
/// and a card is no reason to wake an endpoint; what is said to it with each message is: it may refuse that. A chat template may be
/// broken.
pub fn needs_look(model: &Model, settings: &ModelSettings, key: &KeyChange) -> bool {
    let is_asked_otherwise =
        settings.source.kind() == ModelKind::Endpoint && model.settings.answering != settings.answering;
    let has_other_template = model.settings.answering.own_template() != settings.answering.own_template();
    has_other_template
        || !model.settings.source.is_same_place(&settings.source)
        || !matches!(key, KeyChange::Keep)
        || is_asked_otherwise
}

/// What is said of a model is changed; the settings have been checked.
#[derive(Debug)]
pub struct ChangeModel<'a> {
    pub by: AdminId,
    pub model: &'a Model,
    pub settings: ModelSettings,
    pub key: KeyChange,
}

impl ChangeModel<'_> {
    /// Saves it. Nothing happens where nothing differs.
    ///
    /// # Errors
    /// A conflict where the name looks like another model's.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let Self { by, model, settings, key } = self;
        let settings = &settings;
        if model.settings == *settings && matches!(key, KeyChange::Keep) {
            return Ok(());
        }
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
        audit::record(&mut *transaction, Some(by), "model.change", &model.slug, Value::Object(changes)).await?;
        transaction.commit().await?;
        // What its old address or key did wrong is not the new one's fault.
        forget_failures(arena, model);
        arena.workers.wake();
        Ok(())
    }
}

/// A model is tried again that could not be loaded, or whose answers failed.
#[derive(Debug, Clone, Copy)]
pub struct RetryModel<'a> {
    pub slug: &'a str,
}

impl RetryModel<'_> {
    /// Loads it again, and forgets what it did wrong.
    ///
    /// # Errors
    /// Not found where there is no such model.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let model = models::by_slug(&arena.db, self.slug).await?.ok_or(Error::NotFound)?;
        arena.workers.retry(model.id);
        forget_failures(arena, &model);
        Ok(())
    }
}

/// Lets a model be asked again at once, whatever it did wrong.
fn forget_failures(arena: &AppState, model: &Model) {
    let keys = match model.kind() {
        ModelKind::Local => {
            let name = arena.workers.loaded_name(model.id);
            let apart = crate::endpoints::apart(model);
            vec![Endpoint::own_worker_key(name.as_deref().unwrap_or(&model.slug), apart)]
        }
        ModelKind::Endpoint => {
            let target = crate::endpoints::target(model, &arena.keys);
            target.map(|target| target.endpoints().map(Endpoint::health_key).collect()).unwrap_or_default()
        }
    };
    for key in keys {
        arena.backends.health().forget(&key);
    }
}

/// A model is enabled, disabled or retired. Retiring is for good: the model is unloaded and never drawn again, and its votes
/// stay.
#[derive(Debug, Clone, Copy)]
pub struct SetModelState<'a> {
    pub by: AdminId,
    pub slug: &'a str,
    pub state: ModelState,
}

impl SetModelState<'_> {
    /// Sets it. To say the same twice changes nothing.
    ///
    /// # Errors
    /// Not found where there is no such model, a conflict where it is retired.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let Self { by, slug, state } = self;
        let mut transaction = arena.db.begin().await?;
        let model = models::by_slug(&mut *transaction, slug).await?.ok_or(Error::NotFound)?;
        let before = models::set_state(&mut *transaction, model.id, state).await?;
        let before = before.ok_or(Error::Conflict("model-retired"))?;
        if before != state {
            let detail = json!({ "from": before, "to": state });
            audit::record(&mut *transaction, Some(by), "model.state", slug, detail).await?;
        }
        transaction.commit().await?;
        arena.workers.wake();
        Ok(())
    }
}

/// How often models are drawn is changed: all of them, or none.
#[derive(Debug)]
pub struct SetWeights<'a> {
    pub by: AdminId,
    /// Slugs and weights; those that are as they were are left alone.
    pub weights: &'a [(String, f64)],
}

impl SetWeights<'_> {
    /// Sets them. Says how many are others now.
    ///
    /// # Errors
    /// Not found where there is no such model.
    pub async fn run(self, arena: &AppState) -> Result<usize, Error> {
        let mut transaction = arena.db.begin().await?;
        let mut changed = 0;
        for (slug, weight) in self.weights {
            let model = models::by_slug(&mut *transaction, slug).await?.ok_or(Error::NotFound)?;
            let mut settings = model.settings.clone();
            settings.general.sampling_weight = *weight;
            let changes = differences(&model.settings, &settings);
            if changes.is_empty() {
                continue;
            }
            models::update(&mut *transaction, model.id, &settings).await?;
            audit::record(&mut *transaction, Some(self.by), "model.change", slug, Value::Object(changes)).await?;
            changed += 1;
        }
        transaction.commit().await?;
        Ok(changed)
    }
}

/// The names of the settings that differ, each with its new value as a text.
fn differences(old: &ModelSettings, new: &ModelSettings) -> Map<String, Value> {
    let old = old.texts();
    let changed = new.texts().into_iter().filter(|(name, text)| old.get(name) != Some(text));
    changed.map(|(name, text)| (name, Value::String(text))).collect()
}
