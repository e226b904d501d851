//! A new contestant.

use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::app::Arena;
use crate::domain::{AdminId, ModelFields, ModelId, ModelKind, is_slug, slug_of};
use crate::error::Error;
use crate::store::models::SealedKey;
use crate::store::{audit, models};

/// Tries at a free name before giving up.
const NAMES: u32 = 50;

/// A checked registration.
#[derive(Debug)]
pub struct Registration {
    /// A file or an endpoint.
    pub kind: ModelKind,
    /// The name in addresses; by default made of the display name.
    pub slug: Option<String>,
    /// Everything else.
    pub fields: ModelFields,
    /// The endpoint's key.
    pub key: Option<SecretString>,
}

/// Adds the model and gives its id and its name in addresses. Workers and other servers learn of it from the database.
pub async fn register(arena: &Arena, by: Option<AdminId>, new: Registration) -> Result<(ModelId, String), Error> {
    let Registration { kind, slug, fields, key } = new;
    let sealed = key.map(|key| arena.keys.seal(&key)).transpose()?.map(SealedKey::new);
    let id = ModelId(Uuid::now_v7());
    let mut transaction = arena.db.begin().await?;
    let slug = match slug {
        Some(slug) if !is_slug(&slug) => return Err(Error::invalid("slug", slug)),
        Some(slug) => {
            if !models::insert(&mut *transaction, id, &slug, kind, &fields, sealed.as_ref()).await? {
                return Err(Error::Conflict("slug-taken"));
            }
            slug
        }
        None => {
            let base = match slug_of(&fields.display_name) {
                empty if empty.is_empty() => "model".to_owned(),
                slug => slug,
            };
            let mut number = 1;
            loop {
                let slug = if number == 1 { base.clone() } else { format!("{base}-{number}") };
                if models::insert(&mut *transaction, id, &slug, kind, &fields, sealed.as_ref()).await? {
                    break slug;
                }
                number += 1;
                if number > NAMES {
                    return Err(Error::Conflict("slug-taken"));
                }
            }
        }
    };
    let detail = json!({ "kind": kind, "name": fields.display_name, "path": fields.path, "base_url": fields.base_url });
    audit::record(&mut *transaction, by, "model.register", &slug, detail).await?;
    transaction.commit().await?;
    Ok((id, slug))
}
