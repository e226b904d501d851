//! Forms that wait until whoever sent them has come in.

use sqlx::PgExecutor;

/// Forgets those that have waited for an hour.
pub async fn delete_old(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM held_forms WHERE created_at < now() - interval '1 hour'").execute(db).await?;
    Ok(())
}

/// Holds one more. False where so many are held already.
pub async fn insert(db: impl PgExecutor<'_>, token_hash: &[u8], sealed: &[u8], most: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO held_forms (token_hash, sealed) SELECT $1, $2
        WHERE (SELECT count(*) FROM (SELECT 1 FROM held_forms LIMIT $3) AS held) < $3",
        token_hash,
        sealed,
        most
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is held, encrypted.
pub async fn sealed(db: impl PgExecutor<'_>, token_hash: &[u8]) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "SELECT sealed FROM held_forms WHERE token_hash = $1 AND created_at > now() - interval '1 hour'",
        token_hash
    )
    .fetch_optional(db)
    .await
}
