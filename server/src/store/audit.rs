//! What administrators did. Rows are only ever added.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::domain::{AdminId, DeedCriteria};

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

/// A page of deeds that a filter lets through: those after the deed of this number in their order.
pub async fn page(
    db: impl PgExecutor<'_>,
    filter: &DeedCriteria,
    oldest_first: bool,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<AuditRow>> {
    sqlx::query_as!(
        AuditRow,
        r#"WITH found AS (
            (SELECT l.id FROM audit_log l
            WHERE NOT $2 AND deed_matches(l, $1) AND l.id < coalesce($3, 9223372036854775807)
            ORDER BY l.id DESC LIMIT $4)
            UNION ALL
            (SELECT l.id FROM audit_log l WHERE $2 AND deed_matches(l, $1) AND l.id > coalesce($3, 0)
            ORDER BY l.id LIMIT $4)
        )
        SELECT l.id, a.name AS "admin?", l.action, l.subject, l.detail, l.created_at
        FROM found JOIN audit_log l ON l.id = found.id LEFT JOIN admins a ON a.id = l.admin_id
        ORDER BY CASE WHEN $2 THEN l.id ELSE -l.id END"#,
        Json(filter) as _,
        oldest_first,
        after,
        limit
    )
    .fetch_all(db)
    .await
}

/// Every action that was ever noted.
pub async fn actions(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("SELECT DISTINCT action FROM audit_log ORDER BY action").fetch_all(db).await
}

/// Who ever did anything and is still there: id and name.
pub async fn admins(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<(AdminId, String)>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: AdminId", name FROM admins
        WHERE EXISTS (SELECT 1 FROM audit_log WHERE admin_id = admins.id) ORDER BY lower(name)"#
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.id, row.name)).collect())
}
