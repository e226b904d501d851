//! Signing in and out.

use std::net::IpAddr;

use secrecy::SecretString;
use serde_json::json;

use crate::domain::{Admin, AdminId, IDLE_HOURS};
use crate::error::Error;
use crate::keys::{random_token, token_hash};
use crate::state::AppState;
use crate::store::{admins, audit};

/// Checks name and password and begins a session. Gives the token for the cookie.
pub async fn sign_in(arena: &AppState, name: &str, password: SecretString, address: IpAddr) -> Result<String, Error> {
    let name = name.trim();
    arena.limits.check_sign_in(name, address)?;
    let found = admins::credentials(&arena.db, name).await?;
    let (id, hash) = found.map(|found| (found.id, found.password_hash)).unzip();
    let fits = arena.passwords.matches(password, hash).await?;
    match id {
        Some(id) if fits => begin_session(arena, id).await,
        // One answer for a wrong name and a wrong password.
        _ => Err(Error::invalid("sign-in-failed", "")),
    }
}

/// Begins a session of an administrator who has just shown who they are.
pub async fn begin_session(arena: &AppState, admin: AdminId) -> Result<String, Error> {
    let token = random_token();
    let mut transaction = arena.db.begin().await?;
    admins::insert_session(&mut transaction, &token_hash(&token), admin, IDLE_HOURS).await?;
    audit::record(&mut *transaction, Some(admin), "session.begin", "", json!({})).await?;
    transaction.commit().await?;
    Ok(token)
}

/// Ends the session.
pub async fn sign_out(arena: &AppState, admin: &Admin) -> Result<(), Error> {
    let mut transaction = arena.db.begin().await?;
    admins::delete_session(&mut *transaction, &admin.session).await?;
    audit::record(&mut *transaction, Some(admin.id), "session.end", "", json!({})).await?;
    Ok(transaction.commit().await?)
}
