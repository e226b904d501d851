//! Tokens of the JSON API's administrator routes: made, shown once, revoked.

use serde_json::json;
use uuid::Uuid;

use crate::domain::{AdminId, MAX_LABEL};
use crate::error::Error;
use crate::keys::{random_token, token_hash};
use crate::state::AppState;
use crate::store::{admins, audit};

/// What a token starts with, so that a leaked one is recognised.
const PREFIX: &str = "arena_";

/// A token is made.
#[derive(Debug, Clone)]
pub struct CreateToken {
    pub by: AdminId,
    /// What it is for.
    pub label: String,
}

impl CreateToken {
    /// Makes it. It is given once and not kept.
    ///
    /// # Errors
    /// Invalid where the label is empty or too long.
    pub async fn run(self, arena: &AppState) -> Result<String, Error> {
        let label = self.label.trim();
        if !(1..=MAX_LABEL).contains(&label.chars().count()) || label.chars().any(char::is_control) {
            return Err(Error::invalid("token-label", ""));
        }
        let token = format!("{PREFIX}{}", random_token());
        let mut transaction = arena.db.begin().await?;
        admins::insert_token(&mut *transaction, Uuid::now_v7(), &token_hash(&token), self.by, label).await?;
        audit::record(&mut *transaction, Some(self.by), "token.create", label, json!({})).await?;
        transaction.commit().await?;
        Ok(token)
    }
}

/// A token is revoked.
#[derive(Debug, Clone, Copy)]
pub struct RevokeToken {
    pub by: AdminId,
    pub id: Uuid,
}

impl RevokeToken {
    /// Revokes it at once.
    ///
    /// # Errors
    /// Not found where it is gone already.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let mut transaction = arena.db.begin().await?;
        let label = admins::delete_token(&mut *transaction, self.id).await?.ok_or(Error::NotFound)?;
        audit::record(&mut *transaction, Some(self.by), "token.revoke", &label, json!({})).await?;
        Ok(transaction.commit().await?)
    }
}
