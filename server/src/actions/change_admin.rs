//! Changing an administrator: the password, and whether they may sign in.

use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;

use crate::domain::{Admin, AdminId};
use crate::error::Error;
use crate::passwords;
use crate::state::AppState;
use crate::store::{admins, audit};

/// Replaces one's own password and ends one's other sessions.
pub async fn change_password(
    arena: &AppState,
    admin: &Admin,
    old: SecretString,
    new: SecretString,
) -> Result<(), Error> {
    passwords::check(&new)?;
    let hash = admins::credentials(&arena.db, &admin.name).await?.map(|found| found.password_hash);
    if !arena.passwords.matches(old, hash).await? {
        return Err(Error::invalid("password-wrong", ""));
    }
    let hash = arena.passwords.hash(new).await?;
    let mut transaction = arena.db.begin().await?;
    admins::set_password(&mut *transaction, admin.id, &hash).await?;
    let ended = admins::delete_sessions(&mut *transaction, admin.id, Some(&admin.session)).await?;
    let detail = json!({ "sessions_ended": ended });
    audit::record(&mut *transaction, Some(admin.id), "admin.password", &admin.name, detail).await?;
    Ok(transaction.commit().await?)
}

/// Disables an administrator, or lets one in again. The last one stays.
pub async fn set_disabled(db: &PgPool, by: Option<AdminId>, target: AdminId, disabled: bool) -> Result<(), Error> {
    let mut transaction = db.begin().await?;
    admins::lock(&mut transaction).await?;
    let all = admins::list(&mut *transaction).await?;
    let row = all.iter().find(|row| row.id == target).ok_or(Error::NotFound)?;
    let others = all.iter().filter(|row| row.disabled_at.is_none() && row.id != target).count();
    if disabled && others == 0 {
        return Err(Error::Conflict("last-admin"));
    }
    if admins::set_disabled(&mut *transaction, target, disabled).await? {
        if disabled {
            admins::delete_sessions(&mut *transaction, target, None).await?;
        }
        let action = if disabled { "admin.disable" } else { "admin.enable" };
        audit::record(&mut *transaction, by, action, &row.name, json!({})).await?;
    }
    Ok(transaction.commit().await?)
}
