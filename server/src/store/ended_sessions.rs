//! Sessions of people who signed in that administrators ended.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::domain::{SESSION_DAYS, VoterId};

/// Ends the sessions that a voter has now, or everybody's.
pub async fn end(db: impl PgExecutor<'_>, voter: Option<VoterId>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO ended_sessions (voter) VALUES ($1) ON CONFLICT (voter) DO UPDATE SET ended_at = now()",
        voter.map(|voter| voter.0)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose were ended, and when: nobody's name stands for everybody. Those that have ended by themselves are left out.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<(Option<VoterId>, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        r#"SELECT voter AS "voter: VoterId", ended_at FROM ended_sessions WHERE ended_at > now() - make_interval(days => $1)"#,
        SESSION_DAYS
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.voter, row.ended_at)).collect())
}
