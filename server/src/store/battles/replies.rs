//! The life of a reply, written by the server that drains its stream.

use std::collections::HashMap;

use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use crate::domain::{BattleId, ReplyId, ReplyStatus, VoterId};
use crate::store::provenance::Provenance;

/// A reply that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    pub id: ReplyId,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// What has arrived.
    pub content: String,
    /// How many characters the browser may see.
    pub released: i32,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// How it failed.
    pub error_code: Option<String>,
    /// Tokens of the conversation.
    pub prompt_tokens: Option<i32>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i32>,
    /// Time to the first token.
    pub first_token_ms: Option<i32>,
    /// Time to the end.
    pub total_ms: Option<i32>,
    /// What it came from; nothing where nobody was asked.
    pub provenance: Option<Provenance>,
}

/// What is new of a reply since it was last written.
#[derive(Debug, Clone)]
pub struct NewProgress {
    pub id: ReplyId,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// How many bytes of its text the row has; from 0 the text replaces what is there.
    pub from: usize,
    /// What follows them.
    pub text: String,
    /// How many characters the browser may see.
    pub released: i32,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// How it failed.
    pub error_code: Option<String>,
    /// Tokens of the conversation.
    pub prompt_tokens: Option<i32>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i32>,
    /// Time to the first token.
    pub first_token_ms: Option<i32>,
    /// Time to the end.
    pub total_ms: Option<i32>,
}

/// The row of a reply as its owner finds it.
#[derive(Debug, Clone, Copy)]
pub struct SavedProgress {
    /// Somebody pressed stop.
    pub stop: bool,
    /// Seconds since somebody last read it elsewhere.
    pub read_seconds_ago: Option<f64>,
    /// How many bytes of its text the row has now; none where somebody else held the row, and nothing was written.
    pub length: Option<usize>,
}

/// Writes how far running replies have come, and that their owner lives, and reads what other servers have written for the
/// owner: of these replies and of the `watched` ones. A reply that is missing in what comes back is no longer the owner's,
/// because another server took it for dead or the battle was deleted.
///
/// Nobody waits until a disk has it, and no row that somebody else holds: what is not written now is written with the next.
pub async fn save_progress(
    db: &PgPool,
    owner: Uuid,
    new: &[NewProgress],
    watched: &[ReplyId],
) -> sqlx::Result<HashMap<ReplyId, SavedProgress>> {
    let ids: Vec<Uuid> = new.iter().map(|new| new.id.0).collect();
    let all: Vec<Uuid> = ids.iter().copied().chain(watched.iter().map(|id| id.0)).collect();
    let mut transaction = db.begin().await?;
    sqlx::query!("SET LOCAL synchronous_commit = off").execute(&mut *transaction).await?;
    let rows = sqlx::query!(
        r#"WITH given AS (
            SELECT * FROM unnest($3::uuid[], $4::text[], $5::int[], $6::text[], $7::int[], $8::text[], $9::text[], $10::int[],
                    $11::int[], $12::int[], $13::int[])
                AS given (id, status, written, more, released, finish_reason, error_code, prompt_tokens, completion_tokens,
                    first_token_ms, total_ms)
        ), ours AS (
            SELECT replies.id FROM replies JOIN given ON given.id = replies.id
            WHERE replies.owner = $1 AND replies.status <> 'interrupted'
            FOR UPDATE OF replies SKIP LOCKED
        ), written AS (
            UPDATE replies SET status = given.status, released = given.released, finish_reason = given.finish_reason,
                content = CASE
                    WHEN given.written = 0 THEN given.more
                    WHEN given.more <> '' AND octet_length(replies.content) = given.written
                        THEN replies.content || given.more
                    ELSE replies.content
                END,
                error_code = given.error_code, prompt_tokens = given.prompt_tokens,
                completion_tokens = given.completion_tokens, first_token_ms = given.first_token_ms,
                total_ms = given.total_ms, heartbeat_at = now(),
                finished_at = CASE
                    WHEN given.status IN ('waiting', 'streaming') THEN NULL
                    ELSE coalesce(replies.finished_at, now())
                END
            FROM given JOIN ours ON ours.id = given.id
            WHERE replies.id = given.id
            RETURNING replies.id, octet_length(replies.content) AS length
        )
        SELECT replies.id AS "id: ReplyId", replies.stop_requested_at IS NOT NULL AS "stop!",
            extract(epoch FROM now() - replies.read_at)::float8 AS read_seconds_ago, written.length AS "length?"
        FROM replies LEFT JOIN written ON written.id = replies.id
        WHERE replies.id = ANY($2) AND replies.owner = $1 AND replies.status <> 'interrupted'"#,
        owner,
        &all,
        &ids,
        &new.iter().map(|new| new.status.as_str().to_owned()).collect::<Vec<_>>(),
        &new.iter().map(|new| i32::try_from(new.from).unwrap_or(i32::MAX)).collect::<Vec<_>>(),
        &new.iter().map(|new| new.text.clone()).collect::<Vec<_>>(),
        &new.iter().map(|new| new.released).collect::<Vec<_>>(),
        &new.iter().map(|new| new.finish_reason.clone()).collect::<Vec<_>>() as &[Option<String>],
        &new.iter().map(|new| new.error_code.clone()).collect::<Vec<_>>() as &[Option<String>],
        &new.iter().map(|new| new.prompt_tokens).collect::<Vec<_>>() as &[Option<i32>],
        &new.iter().map(|new| new.completion_tokens).collect::<Vec<_>>() as &[Option<i32>],
        &new.iter().map(|new| new.first_token_ms).collect::<Vec<_>>() as &[Option<i32>],
        &new.iter().map(|new| new.total_ms).collect::<Vec<_>>() as &[Option<i32>],
    )
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let saved = rows.into_iter().map(|row| {
        let length = row.length.map(|bytes| usize::try_from(bytes).unwrap_or(0));
        (row.id, SavedProgress { stop: row.stop, read_seconds_ago: row.read_seconds_ago, length })
    });
    Ok(saved.collect())
}

/// Writes a reply that has ended and was released, to last. False: it is no longer the owner's.
pub async fn finish(db: impl PgExecutor<'_>, owner: Uuid, finished: &Finished) -> sqlx::Result<bool> {
    let provenance = finished.provenance.as_ref();
    let done = sqlx::query_scalar!(
        r#"WITH done AS (
            UPDATE replies SET status = $3, content = $4, released = $5, finish_reason = $6, error_code = $7,
                prompt_tokens = $8, completion_tokens = $9, first_token_ms = $10, total_ms = $11, heartbeat_at = now(),
                finished_at = coalesce(finished_at, now())
            WHERE id = $1 AND owner = $2 AND status <> 'interrupted'
            RETURNING id
        ), setup AS (
            INSERT INTO answer_setups (hash, setup) SELECT $12::bytea, $13::text FROM done WHERE $12::bytea IS NOT NULL
            ON CONFLICT DO NOTHING
        ), kept AS (
            INSERT INTO reply_provenance (reply, setup, seed, messages_hash, fingerprint, model)
            SELECT id, $12::bytea, $14::bigint, $15::bytea, $16::text, $17::text FROM done WHERE $12::bytea IS NOT NULL
            ON CONFLICT DO NOTHING
        )
        SELECT count(*) AS "count!" FROM done"#,
        finished.id.0,
        owner,
        finished.status.as_str(),
        finished.content,
        finished.released,
        finished.finish_reason.as_deref(),
        finished.error_code.as_deref(),
        finished.prompt_tokens,
        finished.completion_tokens,
        finished.first_token_ms,
        finished.total_ms,
        provenance.map(|kept| kept.setup_hash.as_slice()),
        provenance.map(|kept| kept.setup.as_str()),
        provenance.and_then(|kept| kept.seed),
        provenance.map(|kept| kept.messages_hash.as_slice()),
        provenance.and_then(|kept| kept.answerer.fingerprint.as_deref()),
        provenance.and_then(|kept| kept.answerer.model.as_deref()),
    )
    .fetch_one(db)
    .await?;
    Ok(done == 1)
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

/// What a request waits for before it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueuePlace {
    /// How many requests stand before it in line.
    pub ahead: Option<i32>,
    /// How many seconds it will still take, about, until its model is loaded.
    pub load_seconds: Option<i32>,
}

/// Notes what these wait for; nothing for those that wait no longer.
pub async fn set_places(db: impl PgExecutor<'_>, places: &[(ReplyId, QueuePlace)]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = places.iter().map(|(id, _)| id.0).collect();
    let ahead: Vec<Option<i32>> = places.iter().map(|(_, place)| place.ahead).collect();
    let load_seconds: Vec<Option<i32>> = places.iter().map(|(_, place)| place.load_seconds).collect();
    sqlx::query!(
        "UPDATE replies SET queue_ahead = told.ahead, load_seconds = told.load_seconds
        FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS told (id, ahead, load_seconds)
        WHERE replies.id = told.id
            AND (queue_ahead, replies.load_seconds) IS DISTINCT FROM (told.ahead, told.load_seconds)",
        &ids,
        &ahead as &[Option<i32>],
        &load_seconds as &[Option<i32>]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What those of a voter's battle wait for; of two, the larger numbers. Nothing where none waits.
pub async fn place(db: impl PgExecutor<'_>, battle: BattleId, voter: VoterId) -> sqlx::Result<QueuePlace> {
    sqlx::query_as!(
        QueuePlace,
        "SELECT max(queue_ahead) AS ahead, max(load_seconds) AS load_seconds
        FROM replies JOIN battles ON battles.id = battle_id
        WHERE battle_id = $1 AND voter_id = $2 AND status = 'waiting'",
        battle.0,
        voter.0
    )
    .fetch_one(db)
    .await
}
