//! A new candidate.

use secrecy::SecretString;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{AdminId, ModelId, ModelSettings, ModelSource, is_slug, skeleton, slug_of};
use crate::error::Error;
use crate::state::AppState;
use crate::store::models::SealedKey;
use crate::store::{audit, models};

/// Tries at a free name before giving up.
const NAMES: u32 = 50;

/// A model is registered; its settings have been checked.
#[derive(Debug)]
pub struct RegisterModel {
    /// Who wants it; nobody for the demo models.
    pub by: Option<AdminId>,
    /// The slug; by default made of the display name.
    pub slug: Option<String>,
    /// What is said of it.
    pub settings: ModelSettings,
    /// The endpoint's key.
    pub key: Option<SecretString>,
}

/// Refuses a name that looks like another model's and is not the same. (Two models of one name are told apart by their slugs,
/// and by whoever named both so.)
pub(super) async fn check_name(db: &mut PgConnection, name: &str, but_for: Option<ModelId>) -> Result<(), Error> {
    let wanted = skeleton(name);
    let others = models::list(&mut *db).await?;
    let is_twin =
        |other: &models::Model| Some(other.id) != but_for && other.name() != name && skeleton(other.name()) == wanted;
    if others.iter().any(is_twin) { Err(Error::Conflict("name-confusable")) } else { Ok(()) }
}

impl RegisterModel {
    /// Adds the model and gives its id and its name in addresses. Workers and other servers learn of it from the database.
    ///
    /// # Errors
    /// Invalid or a conflict where its name does not do.
    pub async fn run(self, arena: &AppState) -> Result<(ModelId, String), Error> {
        let Self { by, slug, settings, key } = self;
        let sealed = key.map(|key| arena.keys.seal(&key)).transpose()?.map(SealedKey::new);
        let id = ModelId(Uuid::now_v7());
        let mut transaction = arena.db.begin().await?;
        check_name(&mut transaction, &settings.general.display_name, None).await?;
        let slug = match slug {
            Some(slug) if !is_slug(&slug) => return Err(Error::invalid("slug", slug)),
            Some(slug) => {
                if !models::insert(&mut *transaction, id, &slug, &settings, sealed.as_ref()).await? {
                    return Err(Error::Conflict("slug-taken"));
                }
                slug
            }
            None => {
                let base = match slug_of(&settings.general.display_name) {
                    empty if empty.is_empty() => "model".to_owned(),
                    slug => slug,
                };
                let mut number = 1;
                loop {
                    let slug = if number == 1 { base.clone() } else { format!("{base}-{number}") };
                    if models::insert(&mut *transaction, id, &slug, &settings, sealed.as_ref()).await? {
                        break slug;
                    }
                    number += 1;
                    if number > NAMES {
                        return Err(Error::Conflict("slug-taken"));
                    }
                }
            }
        };
        let name = &settings.general.display_name;
        let detail = match &settings.source {
            ModelSource::Local(source) => json!({ "kind": "local", "name": name, "path": source.path }),
            ModelSource::Endpoint(source) => {
                json!({ "kind": "endpoint", "name": name, "base_url": source.address.base_url })
            }
        };
        audit::record(&mut *transaction, by, "model.register", &slug, detail).await?;
        transaction.commit().await?;
        arena.workers.wake();
        Ok((id, slug))
    }
}
