//! The form of a model as it was filled in: its settings as texts, and what is no plain field.

use std::collections::BTreeMap;

use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};

use crate::actions::change_model::KeyChange;
use crate::domain::{AdminId, MAX_NAME, ModelKind, SettingTexts};
use crate::error::Error;
use crate::state::AppState;

/// What was sent.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    /// The settings, among whatever else was sent.
    pub texts: SettingTexts,
    pub kind: Option<ModelKind>,
    pub slug: String,
    api_key: SecretString,
    /// What was typed before, as the form brings it back.
    sealed_key: String,
    removes_key: bool,
    force: bool,
    /// The button.
    pub action: String,
    /// The step of the registration that it stands in.
    pub step: String,
    /// Models of the endpoint's list that are ticked.
    chosen: Vec<String>,
    /// Names that the endpoint does not list, one a line.
    pub others: String,
    /// The names on pages of several models, by their names at the endpoint.
    pub names: BTreeMap<String, String>,
}

impl Filled {
    /// A form before anything was typed.
    pub fn of_texts(texts: SettingTexts) -> Self {
        Self { texts, ..Self::default() }
    }

    /// Reads the fields that were sent.
    ///
    /// # Errors
    /// Invalid where the kind is none.
    pub fn read(sent: Vec<(String, String)>) -> Result<Self, Error> {
        let mut filled = Self::default();
        let mut pick = String::new();
        for (name, value) in sent {
            match name.as_str() {
                "csrf" => {}
                "kind" => filled.kind = Some(value.parse().map_err(|_| Error::invalid("form", "kind"))?),
                "slug" => filled.slug = value,
                "api_key" => filled.api_key = value.into(),
                "sealed_key" => filled.sealed_key = value,
                "remove_key" => filled.removes_key = value == "yes",
                "force" => filled.force = value == "yes",
                "action" => filled.action = value,
                "step" => filled.step = value,
                "chosen" => filled.chosen.push(value),
                "others" => filled.others = value,
                "pick" => pick = value,
                _ => match name.strip_prefix("name:") {
                    Some(remote) => drop(filled.names.insert(remote.to_owned(), value)),
                    None => drop(filled.texts.insert(name, value)),
                },
            }
        }
        Ok(if pick.is_empty() { filled } else { filled.of_one(&pick) })
    }

    /// The same for one model of the endpoint, whose name there serves until there is a better one.
    pub fn of_one(mut self, remote: &str) -> Self {
        self.texts.insert("remote_model".to_owned(), remote.to_owned());
        let own = self.name_of(remote);
        let name = self.texts.entry("display_name".to_owned()).or_default();
        if name.trim().is_empty() {
            *name = own;
        }
        self
    }

    /// The settings of one of several models, as texts.
    pub fn texts_of(&self, remote: &str) -> SettingTexts {
        let mut texts = self.texts.clone();
        texts.insert("remote_model".to_owned(), remote.to_owned());
        texts.insert("display_name".to_owned(), self.name_of(remote));
        texts
    }

    /// The same with other texts.
    pub fn with_texts(&self, texts: SettingTexts) -> Self {
        Self { texts, ..self.clone() }
    }

    /// The same where of the ticked and the named models only these are left.
    pub fn with_models(&self, models: Vec<String>) -> Self {
        let mut left = Self { chosen: models, others: String::new(), ..self.clone() };
        // It was one model's, and which one of these nobody knows.
        left.texts.remove("display_name");
        left
    }

    /// What pages call one of several models: what was typed, or its name at the endpoint.
    pub fn name_of(&self, remote: &str) -> String {
        let typed = self.names.get(remote).filter(|name| !name.trim().is_empty());
        typed.cloned().unwrap_or_else(|| remote.chars().take(MAX_NAME).collect())
    }

    /// The models of the endpoint that are meant, each once.
    pub fn models(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for name in self.chosen.iter().map(String::as_str).chain(self.others.lines()) {
            let name = name.trim();
            if !name.is_empty() && all.iter().all(|known| known != name) {
                all.push(name.to_owned());
            }
        }
        let typed = self.texts.get("remote_model").map_or("", |name| name.trim());
        if all.is_empty() && !typed.is_empty() { vec![typed.to_owned()] } else { all }
    }

    /// Whether it is to be saved, and not only looked at.
    pub fn saves(&self) -> bool {
        matches!(self.action.as_str(), "save" | "force")
    }

    /// Whether it is to be saved although it does not answer.
    pub fn forces(&self) -> bool {
        self.force || self.action == "force"
    }

    /// The key that was typed, now or before the form was checked.
    pub fn typed_key(&self, arena: &AppState, admin: AdminId) -> Option<SecretString> {
        let key = self.api_key.expose_secret().trim();
        if !key.is_empty() {
            return Some(SecretString::from(key.to_owned()));
        }
        let before = arena.keys.unseal_from_form(&self.sealed_key, admin.0, Utc::now());
        before.filter(|_| !self.removes_key)
    }

    /// The same, sealed for the form to bring it back; empty without one.
    ///
    /// # Errors
    /// Internal.
    pub fn sealed_key(&self, arena: &AppState, admin: AdminId) -> Result<String, Error> {
        match self.typed_key(arena, admin) {
            Some(key) => Ok(arena.keys.seal_for_form(&key, admin.0, Utc::now())?),
            None => Ok(String::new()),
        }
    }

    /// What becomes of the key of the model that is changed.
    pub fn key_change(&self, arena: &AppState, admin: AdminId) -> KeyChange {
        match self.typed_key(arena, admin) {
            Some(key) => KeyChange::Replace(key),
            None if self.removes_key => KeyChange::Remove,
            None => KeyChange::Keep,
        }
    }
}
