//! What administrators did. Rows are only ever added.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::domain::AdminId;

/// One deed.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// Its number; later deeds have higher ones.
    pub id: i64,
    /// Who; nobody for what the command line or the service itself did, or when the administrator is gone.
    pub admin: Option<String>,
    /// What, such as `model.register`.
    pub action: String,
    /// To what or whom: a slug, a name, an id.
    pub subject: String,
    /// The particulars. Never a key, a password or a prompt.
    pub detail: Value,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Notes a deed; inside the transaction that does it.
pub async fn record(
    db: impl PgExecutor<'_>,
    admin: Option<AdminId>,
    action: &str,
    subject: &str,
    detail: Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO audit_log (admin_id, action, subject, detail) VALUES ($1, $2, $3, $4)",
        admin.map(|id| id.0),
        action,
        subject,
        detail
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A page of deeds, newest first: those before the deed of this number, or the newest.
pub async fn page(db: impl PgExecutor<'_>, before: Option<i64>, limit: i64) -> sqlx::Result<Vec<AuditRow>> {
    sqlx::query_as!(
        AuditRow,
        r#"SELECT l.id, a.name AS "admin?", l.action, l.subject, l.detail, l.created_at
        FROM audit_log l LEFT JOIN admins a ON a.id = l.admin_id
        WHERE $1::bigint IS NULL OR l.id < $1 ORDER BY l.id DESC LIMIT $2"#,
        before,
        limit
    )
    .fetch_all(db)
    .await
}
