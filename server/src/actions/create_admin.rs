//! New administrators: by a one-time link, or by the command line.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::sign_in::begin_session;
use crate::domain::{AdminId, MAX_LABEL};
use crate::error::Error;
use crate::keys::{random_token, token_hash};
use crate::passwords;
use crate::state::AppState;
use crate::store::{admins, audit};

/// How long a one-time link can be used.
pub const LINK_HOURS: i64 = 24;

/// A name to sign in with: between 1 and [`MAX_LABEL`] characters on one line, without white space around.
fn check_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let fits = (1..=MAX_LABEL).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(Error::invalid("admin-name", "")) }
}

/// At a start: a link for the first administrator, or `None` when there is one already. Gives its token.
pub async fn first_link(db: &PgPool) -> Result<Option<String>, Error> {
    let mut transaction = db.begin().await?;
    admins::lock(&mut transaction).await?;
    if admins::count_active(&mut *transaction).await? > 0 {
        return Ok(None);
    }
    let token = new_link(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Some(token))
}

/// Somebody is invited to become an administrator.
#[derive(Debug, Clone, Copy)]
pub struct Invite {
    /// Who invites; nobody at the command line.
    pub by: Option<AdminId>,
}

impl Invite {
    /// Makes a link. Gives its token, which is not kept.
    pub async fn run(self, arena: &AppState) -> Result<String, Error> {
        self.on(&arena.db).await
    }

    /// The same for the command line, which has a database alone.
    pub async fn on(self, db: &PgPool) -> Result<String, Error> {
        let mut transaction = db.begin().await?;
        let token = new_link(&mut transaction).await?;
        audit::record(&mut *transaction, self.by, "admin.invite", "", json!({})).await?;
        transaction.commit().await?;
        Ok(token)
    }
}

/// Every invitation that nobody has used yet is closed.
#[derive(Debug, Clone, Copy)]
pub struct CloseInvitations {
    pub by: AdminId,
}

impl CloseInvitations {
    /// Closes them.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let mut transaction = arena.db.begin().await?;
        let closed = admins::close_links(&mut *transaction).await?;
        let detail = json!({ "closed": closed });
        audit::record(&mut *transaction, Some(self.by), "admin.invitations-close", "", detail).await?;
        Ok(transaction.commit().await?)
    }
}

async fn new_link(transaction: &mut PgConnection) -> Result<String, Error> {
    let token = random_token();
    let until: DateTime<Utc> = Utc::now() + TimeDelta::hours(LINK_HOURS);
    admins::insert_link(transaction, &token_hash(&token), until).await?;
    Ok(token)
}

/// Somebody follows a link and becomes an administrator.
#[derive(Debug)]
pub struct AcceptInvitation {
    /// The link's.
    pub token: String,
    pub name: String,
    pub password: SecretString,
    /// The password once more, as it was typed.
    pub again: SecretString,
}

impl AcceptInvitation {
    /// Uses the link up, creates the administrator and begins their session. Gives the token for the cookie.
    ///
    /// # Errors
    /// Invalid or a conflict where name or password do not do; not found where the link is spent.
    pub async fn run(self, arena: &AppState) -> Result<String, Error> {
        passwords::check_same(&self.password, &self.again)?;
        let name = check_name(&self.name)?;
        passwords::check(&self.password)?;
        // Before the hash is computed: strangers must not make the server work.
        let link = token_hash(&self.token);
        if !admins::link_is_open(&arena.db, &link).await? {
            return Err(Error::NotFound);
        }
        let hash = arena.passwords.hash(self.password).await?;
        let mut transaction = arena.db.begin().await?;
        admins::lock(&mut transaction).await?;
        if !admins::use_link(&mut *transaction, &link).await? {
            return Err(Error::NotFound);
        }
        let id = insert(&mut transaction, name, &hash, "link").await?;
        transaction.commit().await?;
        begin_session(arena, id).await
    }
}

/// Whether a link can still be used.
pub async fn is_open(arena: &AppState, token: &str) -> Result<bool, Error> {
    Ok(admins::link_is_open(&arena.db, &token_hash(token)).await?)
}

/// Creates an administrator without a link, for the command line.
pub async fn directly(db: &PgPool, name: &str, password: &SecretString) -> Result<AdminId, Error> {
    let name = check_name(name)?;
    passwords::check(password)?;
    let hash = passwords::hash_now(password)?;
    let mut transaction = db.begin().await?;
    admins::lock(&mut transaction).await?;
    let id = insert(&mut transaction, name, &hash, "command line").await?;
    transaction.commit().await?;
    Ok(id)
}

async fn insert(transaction: &mut PgConnection, name: &str, hash: &str, way: &str) -> Result<AdminId, Error> {
    if admins::count_active(&mut *transaction).await? == 0 {
        // Every start without an administrator printed a link: with the first one there, they close.
        admins::close_links(&mut *transaction).await?;
    }
    let id = AdminId(Uuid::now_v7());
    if !admins::insert(&mut *transaction, id, name, hash).await? {
        return Err(Error::Conflict("admin-name-taken"));
    }
    audit::record(&mut *transaction, Some(id), "admin.create", name, json!({ "by": way })).await?;
    Ok(id)
}
