//! The life of a reply, written by the server that drains its stream.

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::{BattleId, ReplyId, ReplyStatus};

/// How far a reply has come.
#[derive(Debug, Clone)]
pub struct Progress<'a> {
    pub id: ReplyId,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// What has arrived.
    pub content: &'a str,
    /// How many characters the browser may see.
    pub released: i32,
    /// Why it ended.
    pub finish_reason: Option<&'a str>,
    /// How it failed.
    pub error_code: Option<&'a str>,
    /// Tokens of the conversation.
    pub prompt_tokens: Option<i32>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i32>,
    /// Time to the first token.
    pub first_token_ms: Option<i32>,
    /// Time to the end.
    pub total_ms: Option<i32>,
}

/// What other servers have written for the owner.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signals {
    /// Somebody pressed stop.
    pub stop: bool,
    /// Seconds since somebody last read it elsewhere.
    pub read_seconds_ago: Option<f64>,
}

/// Writes how far a running reply has come, and that its owner lives. `None`: it is no longer the owner's, because
/// another server took it for dead or the battle was deleted.
pub async fn save_progress(
    db: impl PgExecutor<'_>,
    owner: Uuid,
    progress: &Progress<'_>,
) -> sqlx::Result<Option<Signals>> {
    let row = sqlx::query!(
        r#"UPDATE replies SET status = $3, content = $4, released = $5, first_token_ms = $6, heartbeat_at = now()
        WHERE id = $1 AND owner = $2 AND status IN ('waiting', 'streaming')
        RETURNING stop_requested_at IS NOT NULL AS "stop!",
            extract(epoch FROM now() - read_at)::float8 AS read_seconds_ago"#,
        progress.id.0,
        owner,
        progress.status.as_str(),
        progress.content,
        progress.released,
        progress.first_token_ms,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Signals { stop: row.stop, read_seconds_ago: row.read_seconds_ago }))
}

/// Writes a reply that has ended, and while the rest of it is still being released. False: it is no longer the owner's.
pub async fn finish(db: impl PgExecutor<'_>, owner: Uuid, progress: &Progress<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE replies SET status = $3, content = $4, released = $5, finish_reason = $6, error_code = $7,
            prompt_tokens = $8, completion_tokens = $9, first_token_ms = $10, total_ms = $11, heartbeat_at = now(),
            finished_at = coalesce(finished_at, now())
        WHERE id = $1 AND owner = $2 AND status <> 'interrupted'",
        progress.id.0,
        owner,
        progress.status.as_str(),
        progress.content,
        progress.released,
        progress.finish_reason,
        progress.error_code,
        progress.prompt_tokens,
        progress.completion_tokens,
        progress.first_token_ms,
        progress.total_ms,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks the running replies as interrupted whose servers have fallen silent: those of one battle, or all. What had
/// arrived is kept and shown.
pub async fn mark_stale(db: impl PgExecutor<'_>, battle: Option<BattleId>) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE replies SET status = 'interrupted', finish_reason = 'interrupted', error_code = 'interrupted',
            released = char_length(content), finished_at = now()
        WHERE status IN ('waiting', 'streaming') AND heartbeat_at < now() - make_interval(secs => $1)
            AND ($2::uuid IS NULL OR battle_id = $2)",
        super::STALE_SECONDS,
        battle.map(|id| id.0)
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Notes for the owners that somebody reads these replies on another server.
pub async fn mark_read(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE replies SET read_at = now() WHERE battle_id = $1 AND status IN ('waiting', 'streaming')",
        battle.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Asks the owners to stop.
pub async fn request_stop(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE replies SET stop_requested_at = now() WHERE battle_id = $1 AND status IN ('waiting', 'streaming')",
        battle.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
