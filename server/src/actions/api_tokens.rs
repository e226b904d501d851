//! Tokens of the JSON API's administrator routes: made, shown once, revoked.

use serde_json::json;
use uuid::Uuid;

use crate::domain::{Admin, MAX_LABEL};
use crate::error::Error;
use crate::keys::{random_token, token_hash};
use crate::state::AppState;
use crate::store::{admins, audit};

/// What a token starts with, so that a leaked one is recognised.
const PREFIX: &str = "arena_";

/// Makes a token. It is given once and not kept.
pub async fn create(arena: &AppState, admin: &Admin, label: &str) -> Result<String, Error> {
    let label = label.trim();
    if !(1..=MAX_LABEL).contains(&label.chars().count()) || label.chars().any(char::is_control) {
        return Err(Error::invalid("token-label", ""));
    }
    let token = format!("{PREFIX}{}", random_token());
    let mut transaction = arena.db.begin().await?;
    admins::insert_token(&mut *transaction, Uuid::now_v7(), &token_hash(&token), admin.id, label).await?;
    audit::record(&mut *transaction, Some(admin.id), "token.create", label, json!({})).await?;
    transaction.commit().await?;
    Ok(token)
}

/// Revokes a token at once.
pub async fn revoke(arena: &AppState, admin: &Admin, id: Uuid) -> Result<(), Error> {
    let mut transaction = arena.db.begin().await?;
    let label = admins::delete_token(&mut *transaction, id).await?.ok_or(Error::NotFound)?;
    audit::record(&mut *transaction, Some(admin.id), "token.revoke", &label, json!({})).await?;
    Ok(transaction.commit().await?)
}
