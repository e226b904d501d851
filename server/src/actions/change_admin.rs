//! Changing an administrator: the password, and whether they may sign in.

use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;

use crate::domain::{Admin, AdminId};
use crate::error::Error;
use crate::passwords;
use crate::state::AppState;
use crate::store::{admins, audit};

/// An administrator's own password is replaced.
#[derive(Debug)]
pub struct ChangePassword {
    pub admin: Admin,
    pub old: SecretString,
    pub new: SecretString,
    /// The new one once more, as it was typed.
    pub again: SecretString,
}

impl ChangePassword {
    /// Replaces it and ends the other sessions.
    ///
    /// # Errors
    /// Invalid where the old one is wrong, or the new one is too short or not the same twice.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let Self { admin, old, new, again } = self;
        passwords::check_same(&new, &again)?;
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
}

/// An administrator may sign in no longer, or again.
#[derive(Debug, Clone, Copy)]
pub struct SetAccess {
    /// Who wants it; nobody at the command line.
    pub by: Option<AdminId>,
    pub target: AdminId,
    pub disabled: bool,
}

impl SetAccess {
    /// Disables the administrator, or lets them in again.
    ///
    /// # Errors
    /// A conflict where no other administrator would be left.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        self.on(&arena.db).await
    }

    /// The same for the command line, which has a database alone.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn on(self, db: &PgPool) -> Result<(), Error> {
        let Self { by, target, disabled } = self;
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
}
