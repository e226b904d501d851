//! Visitors.

use sqlx::PgExecutor;

use crate::domain::VoterId;

/// Notes that a visitor was here; a new one is added.
pub async fn seen(db: impl PgExecutor<'_>, voter: VoterId) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO voters (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()", voter.0)
        .execute(db)
        .await?;
    Ok(())
}
