//! Administrators, their one-time links, their sessions, and their tokens for the JSON API.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::AdminId;

/// An administrator, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRow {
    pub id: AdminId,
    /// The name to sign in with.
    pub name: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Since when not any more.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// What a sign-in is checked against. Silent in logs.
pub struct Credentials {
    /// The administrator.
    pub id: AdminId,
    /// The argon2id hash.
    pub password_hash: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.id)
    }
}

/// A token of the JSON API, as its owner may see it again.
#[derive(Debug, Clone)]
pub struct ApiTokenRow {
    /// The id, to revoke it by.
    pub id: Uuid,
    /// What its owner called it.
    pub label: String,
    /// Whose it is.
    pub admin: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub used_at: Option<DateTime<Utc>>,
}

/// Makes changes to the set of administrators take turns until the transaction ends, so that two of them cannot
/// disable each other at once and none is left.
pub async fn lock(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("LOCK TABLE admins IN SHARE ROW EXCLUSIVE MODE").execute(transaction).await?;
    Ok(())
}

/// All administrators, by name.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<AdminRow>> {
    sqlx::query_as!(
        AdminRow,
        r#"SELECT id AS "id: AdminId", name, created_at, disabled_at FROM admins ORDER BY lower(name)"#
    )
    .fetch_all(db)
    .await
}

/// How many administrators can sign in.
pub async fn count_active(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM admins WHERE disabled_at IS NULL"#).fetch_one(db).await
}

/// Adds an administrator. False when the name is taken.
pub async fn insert(db: impl PgExecutor<'_>, id: AdminId, name: &str, password_hash: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO admins (id, name, password_hash) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
        id.0,
        name,
        password_hash
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The credentials of the active administrator with this name.
pub async fn credentials(db: impl PgExecutor<'_>, name: &str) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        r#"SELECT id AS "id: AdminId", password_hash FROM admins WHERE name = $1 AND disabled_at IS NULL"#,
        name
    )
    .fetch_optional(db)
    .await
}

/// Replaces a password.
pub async fn set_password(db: impl PgExecutor<'_>, id: AdminId, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE admins SET password_hash = $2 WHERE id = $1", id.0, password_hash).execute(db).await?;
    Ok(())
}

/// Disables an administrator, or lets one in again. False when nothing changed.
pub async fn set_disabled(db: impl PgExecutor<'_>, id: AdminId, disabled: bool) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE admins SET disabled_at = CASE WHEN $2 THEN now() END
        WHERE id = $1 AND (disabled_at IS NULL) = $2",
        id.0,
        disabled
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps the hash of a one-time link, and forgets those that expired.
pub async fn insert_link(db: &mut PgConnection, hash: &[u8], expires_at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM admin_links WHERE expires_at < now()").execute(&mut *db).await?;
    sqlx::query!("INSERT INTO admin_links (token_hash, expires_at) VALUES ($1, $2)", hash, expires_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether a link can still be used.
pub async fn link_is_open(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT 1 FROM admin_links WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()) AS "open!""#,
        hash
    )
    .fetch_one(db)
    .await
}

/// Uses a link up. False when it was used, has expired or never was.
pub async fn use_link(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE admin_links SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now()",
        hash
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Closes every link that nobody used. Gives how many there were.
pub async fn close_links(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let done = sqlx::query!("DELETE FROM admin_links WHERE used_at IS NULL").execute(db).await?;
    Ok(done.rows_affected())
}

/// How many links are open.
pub async fn count_links(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM admin_links WHERE used_at IS NULL AND expires_at > now()"#)
        .fetch_one(db)
        .await
}

/// Begins a session that ends after so many idle hours, and forgets those that ended.
pub async fn insert_session(db: &mut PgConnection, hash: &[u8], admin: AdminId, idle_hours: i32) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sessions WHERE expires_at < now()").execute(&mut *db).await?;
    sqlx::query!(
        "INSERT INTO sessions (token_hash, admin_id, expires_at) VALUES ($1, $2, now() + make_interval(hours => $3))",
        hash,
        admin.0,
        idle_hours
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The active administrator whose session this is. Being asked keeps the session alive: its end moves on, at most once
/// in five minutes, and never past `longest_days` after it began.
pub async fn by_session(
    db: impl PgExecutor<'_>,
    hash: &[u8],
    idle_hours: i32,
    longest_days: i32,
) -> sqlx::Result<Option<AdminRow>> {
    sqlx::query_as!(
        AdminRow,
        r#"WITH alive AS (
            SELECT s.token_hash, s.expires_at, s.admin_id,
                least(now() + make_interval(hours => $2), s.created_at + make_interval(days => $3)) AS later
            FROM sessions s WHERE s.token_hash = $1 AND s.expires_at > now()
        ), moved AS (
            UPDATE sessions s SET expires_at = alive.later FROM alive
            WHERE s.token_hash = alive.token_hash AND alive.later > alive.expires_at + interval '5 minutes'
        )
        SELECT a.id AS "id: AdminId", a.name, a.created_at, a.disabled_at
        FROM alive JOIN admins a ON a.id = alive.admin_id WHERE a.disabled_at IS NULL"#,
        hash,
        idle_hours,
        longest_days
    )
    .fetch_optional(db)
    .await
}

/// Ends a session.
pub async fn delete_session(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sessions WHERE token_hash = $1", hash).execute(db).await?;
    Ok(())
}

/// Ends an administrator's sessions, save one.
pub async fn delete_sessions(db: impl PgExecutor<'_>, admin: AdminId, save: Option<&[u8]>) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM sessions WHERE admin_id = $1 AND ($2::bytea IS NULL OR token_hash <> $2)",
        admin.0,
        save
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Keeps the hash of a token of the JSON API.
pub async fn insert_token(
    db: impl PgExecutor<'_>,
    id: Uuid,
    hash: &[u8],
    admin: AdminId,
    label: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO api_tokens (id, token_hash, admin_id, label) VALUES ($1, $2, $3, $4)",
        id,
        hash,
        admin.0,
        label
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Every token, newest first.
pub async fn tokens(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<ApiTokenRow>> {
    sqlx::query_as!(
        ApiTokenRow,
        "SELECT t.id, t.label, a.name AS admin, t.created_at, t.used_at
        FROM api_tokens t JOIN admins a ON a.id = t.admin_id ORDER BY t.created_at DESC, t.id"
    )
    .fetch_all(db)
    .await
}

/// Revokes a token and gives its label; `None` when there is none.
pub async fn delete_token(db: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("DELETE FROM api_tokens WHERE id = $1 RETURNING label", id).fetch_optional(db).await
}

/// The active administrator whose token this is; notes its use, at most once a minute.
pub async fn by_token(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<AdminRow>> {
    sqlx::query_as!(
        AdminRow,
        r#"WITH used AS (
            UPDATE api_tokens SET used_at = now()
            WHERE token_hash = $1 AND (used_at IS NULL OR used_at < now() - interval '1 minute')
        )
        SELECT a.id AS "id: AdminId", a.name, a.created_at, a.disabled_at
        FROM api_tokens t JOIN admins a ON a.id = t.admin_id WHERE t.token_hash = $1 AND a.disabled_at IS NULL"#,
        hash
    )
    .fetch_optional(db)
    .await
}
