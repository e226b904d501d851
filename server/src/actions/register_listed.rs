//! One of several models of an endpoint that are registered in one act: looked at as battles ask it, and registered if it
//! answers. Whoever registers several runs this for each, and tells of each as soon as it is done.

use secrecy::SecretString;

use super::inspect_model::{InspectModel, Inspection};
use super::register_model::RegisterModel;
use crate::domain::{AdminId, ModelSettings, ModelState};
use crate::error::Error;
use crate::inference_server::inspect::Depth;
use crate::state::AppState;
use crate::store::models;

/// So many are looked at side by side. Some servers load a model when it is asked for, and a few at most.
pub const LOOKS_AT_ONCE: usize = 3;
/// The most models of one act.
pub const MAX_LISTED: usize = 100;

/// What became of it.
#[derive(Debug)]
pub enum Listed {
    /// It is registered, by this name in addresses.
    Registered(String),
    /// It answers, and was only to be looked at.
    Answers,
    /// The same contestant is registered: its name in addresses.
    Known(String),
    /// It does not answer as it should.
    Refused,
    /// It could not be saved.
    Failed(Error),
}

/// A model, what the look at it has shown, and what became of it.
#[derive(Debug)]
pub struct Looked {
    pub settings: ModelSettings,
    pub found: Option<Inspection>,
    pub became: Listed,
}

/// A model of an endpoint; its settings have been checked.
#[derive(Debug)]
pub struct RegisterListed {
    pub by: AdminId,
    pub settings: ModelSettings,
    pub key: Option<SecretString>,
    /// Whether it is registered and not only looked at.
    pub saves: bool,
    /// Whether it is registered although it does not answer.
    pub force: bool,
}

impl RegisterListed {
    /// Looks, and registers. What fails is told with the others.
    pub async fn run(self, arena: &AppState) -> Looked {
        let mut settings = self.settings.clone();
        let mut found = None;
        let became = self.look_and_save(arena, &mut settings, &mut found).await;
        if let Err(Error::Internal(cause)) = &became {
            tracing::error!(error = ?cause, "cannot register a listed model");
        }
        Looked { settings, found, became: became.unwrap_or_else(Listed::Failed) }
    }

    async fn look_and_save(
        self,
        arena: &AppState,
        settings: &mut ModelSettings,
        found: &mut Option<Inspection>,
    ) -> Result<Listed, Error> {
        let Self { by, settings: asked, key, saves, force } = self;
        // Whoever sends the form twice, or registers what is there, gets no twin by accident.
        let hash = asked.contestant_hash();
        let all = models::list(&arena.db).await?;
        let twin = all.iter().find(|one| one.state != ModelState::Retired && one.settings.contestant_hash() == hash);
        if let Some(twin) = twin {
            return Ok(Listed::Known(twin.slug.clone()));
        }
        let look = InspectModel { settings: asked, key: key.clone(), depth: Depth::Trial }.run(arena).await?;
        look.complete(settings);
        let look = found.insert(look);
        if !look.may_save(saves && force) {
            return Ok(Listed::Refused);
        }
        if !saves {
            return Ok(Listed::Answers);
        }
        let (_, slug) = RegisterModel { by: Some(by), slug: None, settings: settings.clone(), key }.run(arena).await?;
        Ok(Listed::Registered(slug))
    }
}
