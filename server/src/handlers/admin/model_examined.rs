//! The form of one model, checked: its settings by their rules, then its file or endpoint by a look at it.

use super::model_filled::Filled;
use crate::actions::change_model::needs_look;
use crate::actions::inspect_model::{InspectModel, Inspection};
use crate::domain::{AdminId, FieldError, MAX_NAME, ModelKind, ModelSettings, SettingTexts};
use crate::error::Error;
use crate::inference_server::inspect::Depth;
use crate::state::AppState;
use crate::store::models::Model;

/// What became of the form.
#[derive(Debug)]
pub struct Examined {
    /// What the fields show now: what was typed, or with what was found put into those left empty.
    pub texts: SettingTexts,
    /// Mistakes; nothing was looked at then.
    pub errors: Vec<FieldError>,
    /// What the look has shown; none where it was not needed.
    pub found: Option<Inspection>,
    /// The checked settings, if they may be saved and are to be.
    pub to_save: Option<ModelSettings>,
}

/// Checks the settings and, when they are good, looks at the file or the endpoint. Empty ones of the card are filled
/// with what was found.
///
/// # Errors
/// Internal.
pub async fn examine(
    arena: &AppState,
    admin: AdminId,
    kind: ModelKind,
    filled: &Filled,
    model: Option<&Model>,
) -> Result<Examined, Error> {
    let saves = filled.saves();
    let mut texts = filled.texts.clone();
    // A check needs no name yet: the file may bring one.
    let nameless = texts.get("display_name").is_none_or(|name| name.trim().is_empty());
    if nameless && !saves {
        texts.insert("display_name".to_owned(), "…".to_owned());
    }
    let mut settings = match ModelSettings::check(kind, &texts) {
        Ok(settings) => settings,
        Err(errors) => return Ok(Examined { texts: filled.texts.clone(), errors, found: None, to_save: None }),
    };
    let key_change = filled.key_change(arena, admin);
    if saves && model.is_some_and(|model| !needs_look(model, &settings, &key_change)) {
        let texts = filled.texts.clone();
        return Ok(Examined { texts, errors: Vec::new(), found: None, to_save: Some(settings) });
    }
    let key = key_change.key_of(arena, model)?;
    let found = InspectModel { settings: settings.clone(), key, depth: Depth::Trial }.run(arena).await?;
    found.complete(&mut settings);
    if nameless {
        settings.general.display_name = found.name().unwrap_or_default().chars().take(MAX_NAME).collect();
    }
    // What belongs to the other kind stays in the form.
    let mut shown = filled.texts.clone();
    shown.extend(settings.texts());
    let may_save = saves && found.may_save(filled.forces());
    Ok(Examined { texts: shown, errors: Vec::new(), found: Some(found), to_save: may_save.then_some(settings) })
}
