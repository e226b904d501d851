//! Signing in and out.

use std::net::IpAddr;

use secrecy::SecretString;
use serde_json::json;

use crate::domain::{Admin, AdminId, IDLE_HOURS};
use crate::error::Error;
use crate::keys::{random_token, token_hash};
use crate::state::AppState;
use crate::store::{admins, audit};

/// An administrator signs in.
#[derive(Debug)]
pub struct SignIn {
    pub name: String,
    pub password: SecretString,
    /// From where, for the bound on attempts.
    pub address: IpAddr,
}

impl SignIn {
    /// Checks name and password and begins a session. Gives the token for the cookie.
    ///
    /// # Errors
    /// Invalid where they do not fit, limited after too many attempts.
    pub async fn run(self, arena: &AppState) -> Result<String, Error> {
        let name = self.name.trim();
        arena.limits.check_sign_in(name, self.address)?;
        let found = admins::credentials(&arena.db, name).await?;
        let (id, hash) = found.map(|found| (found.id, found.password_hash)).unzip();
        let fits = arena.passwords.matches(self.password, hash).await?;
        match id {
            Some(id) if fits => begin_session(arena, id).await,
            // One answer for a wrong name and a wrong password.
            _ => Err(Error::invalid("sign-in-failed", "")),
        }
    }
}

/// Begins a session of an administrator who has just shown who they are.
pub(super) async fn begin_session(arena: &AppState, admin: AdminId) -> Result<String, Error> {
    let token = random_token();
    let mut transaction = arena.db.begin().await?;
    admins::insert_session(&mut transaction, &token_hash(&token), admin, IDLE_HOURS).await?;
    audit::record(&mut *transaction, Some(admin), "session.begin", "", json!({})).await?;
    transaction.commit().await?;
    Ok(token)
}

/// An administrator signs out.
#[derive(Debug, Clone)]
pub struct SignOut {
    pub admin: Admin,
}

impl SignOut {
    /// Ends the session.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let mut transaction = arena.db.begin().await?;
        admins::delete_session(&mut *transaction, &self.admin.session).await?;
        audit::record(&mut *transaction, Some(self.admin.id), "session.end", "", json!({})).await?;
        Ok(transaction.commit().await?)
    }
}
