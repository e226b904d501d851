//! New administrators: by a one-time link, or by the command line.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::{Admin, AdminId, MAX_LABEL};
use crate::error::Error;
use crate::keys::{random_token, token_hash};
use crate::passwords;
use crate::state::AppState;
use crate::store::{admins, audit};

/// How long a one-time link can be used.
pub const LINK_HOURS: i64 = 24;

/// A name to sign in with: between 1 and [`MAX_LABEL`] characters on one line, without white space around.
pub fn check_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let fits = (1..=MAX_LABEL).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(Error::invalid("admin-name", "")) }
}

/// A link for the first administrator, or `None` when there is one already. Gives its token.
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

/// A link by which someone may become an administrator. Gives its token, which is not kept.
pub async fn invite(db: &PgPool, by: Option<&Admin>) -> Result<String, Error> {
    let mut transaction = db.begin().await?;
    let token = new_link(&mut transaction).await?;
    audit::record(&mut *transaction, by.map(|admin| admin.id), "admin.invite", "", json!({})).await?;
    transaction.commit().await?;
    Ok(token)
}

/// Closes every invitation that nobody has used yet.
pub async fn close_invitations(arena: &AppState, by: &Admin) -> Result<(), Error> {
    let mut transaction = arena.db.begin().await?;
    let closed = admins::close_links(&mut *transaction).await?;
    audit::record(&mut *transaction, Some(by.id), "admin.invitations-close", "", json!({ "closed": closed })).await?;
    Ok(transaction.commit().await?)
}

async fn new_link(transaction: &mut PgConnection) -> Result<String, Error> {
    let token = random_token();
    let until: DateTime<Utc> = Utc::now() + TimeDelta::hours(LINK_HOURS);
    admins::insert_link(transaction, &token_hash(&token), until).await?;
    Ok(token)
}

/// Uses a link up and creates the administrator who followed it.
pub async fn by_link(arena: &AppState, token: &str, name: &str, password: SecretString) -> Result<AdminId, Error> {
    let name = check_name(name)?;
    passwords::check(&password)?;
    // Before the hash is computed: strangers must not make the server work.
    let link = token_hash(token);
    if !admins::link_is_open(&arena.db, &link).await? {
        return Err(Error::NotFound);
    }
    let hash = arena.passwords.hash(password).await?;
    let mut transaction = arena.db.begin().await?;
    admins::lock(&mut transaction).await?;
    if !admins::use_link(&mut *transaction, &link).await? {
        return Err(Error::NotFound);
    }
    let id = insert(&mut transaction, name, &hash, "link").await?;
    transaction.commit().await?;
    Ok(id)
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
