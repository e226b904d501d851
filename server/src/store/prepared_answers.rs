//! Answers that were generated before anybody asked.
//!
//! A contestant's hash says what it was when it answered: what an earlier one answered counts as not there.

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::{BattleId, ModelId, ReplyId, Side, VoterId};

/// An answer whose server has said nothing for so long is taken by another.
const STALE_SECONDS: f64 = 60.0;
/// How often a model is asked that fails.
const MAX_ATTEMPTS: i32 = 3;
/// How long it rests before it is asked again, in seconds.
const RETRY_SECONDS: f64 = 120.0;

/// The contestants whose answers count: ids and hashes, side by side.
#[derive(Debug, Clone, Default)]
pub struct Contestants {
    ids: Vec<Uuid>,
    hashes: Vec<String>,
}

impl Contestants {
    /// With their hashes.
    pub fn new(all: impl IntoIterator<Item = (ModelId, String)>) -> Self {
        let (ids, hashes) = all.into_iter().map(|(id, hash)| (id.0, hash)).unzip();
        Self { ids, hashes }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// An answer that this server generates from now on.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub set_prompt: Uuid,
    pub model: ModelId,
    pub prompt: String,
    pub seed: u32,
}

/// Takes the next answer that is missing, if there is one: all models answer one prompt before the next.
pub async fn claim(
    db: impl PgExecutor<'_>,
    owner: Uuid,
    contestants: &Contestants,
    seed: u32,
) -> sqlx::Result<Option<Claimed>> {
    let row = sqlx::query!(
        r#"WITH missing AS (
            SELECT p.id, p.prompt, who.id AS model, who.hash
            FROM prompt_sets s JOIN set_prompts p ON p.prompt_set = s.id
            CROSS JOIN unnest($2::uuid[], $3::text[]) AS who (id, hash)
            LEFT JOIN prepared_answers a ON a.set_prompt = p.id AND a.model_id = who.id
            WHERE s.is_prepared AND (a.set_prompt IS NULL OR a.contestant <> who.hash
                OR (a.status = 'running' AND a.heartbeat_at < now() - make_interval(secs => $5))
                OR (a.status = 'failed' AND a.attempts < $6 AND a.heartbeat_at < now() - make_interval(secs => $7)))
            ORDER BY a.status = 'failed' NULLS FIRST, p.position, who.id LIMIT 1
        ), taken AS (
            INSERT INTO prepared_answers AS a (set_prompt, model_id, contestant, status, seed, owner)
            SELECT id, model, hash, 'running', $4, $1 FROM missing
            ON CONFLICT (set_prompt, model_id) DO UPDATE SET contestant = excluded.contestant, status = 'running',
                seed = excluded.seed, owner = excluded.owner, heartbeat_at = now(), content = '', error_code = NULL,
                attempts = CASE WHEN a.contestant = excluded.contestant THEN a.attempts + 1 ELSE 1 END
            WHERE a.contestant <> excluded.contestant
                OR (a.status = 'running' AND a.heartbeat_at < now() - make_interval(secs => $5)) OR a.status = 'failed'
            RETURNING a.set_prompt, a.model_id
        )
        SELECT taken.set_prompt, taken.model_id AS "model: ModelId", missing.prompt
        FROM taken JOIN missing ON missing.id = taken.set_prompt AND missing.model = taken.model_id"#,
        owner,
        &contestants.ids,
        &contestants.hashes,
        i64::from(seed),
        STALE_SECONDS,
        MAX_ATTEMPTS,
        RETRY_SECONDS
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Claimed { set_prompt: row.set_prompt, model: row.model, prompt: row.prompt, seed }))
}

/// Says that a server still generates these. Nothing else is written until the end.
pub async fn touch(db: impl PgExecutor<'_>, owner: Uuid) -> sqlx::Result<()> {
    sqlx::query!("UPDATE prepared_answers SET heartbeat_at = now() WHERE owner = $1 AND status = 'running'", owner)
        .execute(db)
        .await?;
    Ok(())
}

/// How an answer ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    pub content: String,
    pub finish_reason: Option<String>,
    /// Why there is none.
    pub error_code: Option<String>,
    pub prompt_tokens: Option<i32>,
    pub completion_tokens: Option<i32>,
}

/// Keeps an answer, or why there is none.
pub async fn finish(db: impl PgExecutor<'_>, owner: Uuid, claimed: &Claimed, ended: &Ended) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE prepared_answers SET status = CASE WHEN $4::text IS NULL THEN 'done' ELSE 'failed' END, content = $5,
            finish_reason = $6, error_code = $4, prompt_tokens = $7, completion_tokens = $8, heartbeat_at = now()
        WHERE set_prompt = $1 AND model_id = $2 AND owner = $3 AND status = 'running'",
        claimed.set_prompt,
        claimed.model.0,
        owner,
        ended.error_code.as_deref(),
        ended.content,
        ended.finish_reason.as_deref(),
        ended.prompt_tokens,
        ended.completion_tokens
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets answers that were not generated in the end, so that they are asked for again.
pub async fn release(db: impl PgExecutor<'_>, owner: Uuid) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM prepared_answers WHERE owner = $1 AND status = 'running'", owner).execute(db).await?;
    Ok(())
}

/// Forgets that these answers of a set failed, so that they are asked for again.
pub async fn retry_failed(db: impl PgExecutor<'_>, set: Uuid) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM prepared_answers a USING set_prompts p
        WHERE p.id = a.set_prompt AND p.prompt_set = $1 AND a.status = 'failed'",
        set
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// A prompt that at least two contestants have answered.
#[derive(Debug, Clone)]
pub struct ReadyPrompt {
    pub id: Uuid,
    pub prompt: String,
    pub language: String,
    /// The set's name.
    pub prompt_set: String,
    /// Who has answered.
    pub models: Vec<ModelId>,
}

/// A prompt with answers, at random, that the voter has not had: those in a language first, of a theme where one is asked for.
pub async fn draw(
    db: impl PgExecutor<'_>,
    voter: VoterId,
    contestants: &Contestants,
    language: &str,
    tag: &str,
) -> sqlx::Result<Option<ReadyPrompt>> {
    let row = sqlx::query!(
        r#"SELECT p.id, p.prompt, p.language, s.name, array_agg(a.model_id) AS "models!"
        FROM prompt_sets s JOIN set_prompts p ON p.prompt_set = s.id
        JOIN prepared_answers a ON a.set_prompt = p.id AND a.status = 'done'
        JOIN unnest($2::uuid[], $3::text[]) AS who (id, hash) ON who.id = a.model_id AND who.hash = a.contestant
        WHERE s.is_offered AND ($5 = '' OR $5 = ANY(p.tags))
            AND NOT EXISTS (SELECT 1 FROM battles b WHERE b.set_prompt = p.id AND b.voter_id = $1)
        GROUP BY p.id, s.id HAVING count(*) > 1
        ORDER BY p.language <> $4, random() LIMIT 1"#,
        voter.0,
        &contestants.ids,
        &contestants.hashes,
        language,
        tag
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| ReadyPrompt {
        id: row.id,
        prompt: row.prompt,
        language: row.language,
        prompt_set: row.name,
        models: row.models.into_iter().map(ModelId).collect(),
    }))
}

/// How many prompts with answers the voter has not had.
pub async fn count_ready(db: impl PgExecutor<'_>, voter: VoterId, contestants: &Contestants) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
            SELECT p.id FROM prompt_sets s JOIN set_prompts p ON p.prompt_set = s.id
            JOIN prepared_answers a ON a.set_prompt = p.id AND a.status = 'done'
            JOIN unnest($2::uuid[], $3::text[]) AS who (id, hash) ON who.id = a.model_id AND who.hash = a.contestant
            WHERE s.is_offered
                AND NOT EXISTS (SELECT 1 FROM battles b WHERE b.set_prompt = p.id AND b.voter_id = $1)
            GROUP BY p.id HAVING count(*) > 1
        ) AS ready"#,
        voter.0,
        &contestants.ids,
        &contestants.hashes
    )
    .fetch_one(db)
    .await
}

/// What a model answered.
pub async fn content(db: impl PgExecutor<'_>, set_prompt: Uuid, model: ModelId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT content FROM prepared_answers WHERE set_prompt = $1 AND model_id = $2 AND status = 'done'",
        set_prompt,
        model.0
    )
    .fetch_optional(db)
    .await
}

/// Puts a prepared answer into a battle as the first answer of a side. How long it took is nobody's experience of this battle, so
/// no times are kept. False where it has gone meanwhile.
pub async fn copy_into_battle(
    db: impl PgExecutor<'_>,
    set_prompt: Uuid,
    model: ModelId,
    reply: ReplyId,
    battle: BattleId,
    side: Side,
    owner: Uuid,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO replies (id, battle_id, turn, side, attempt, model_id, seed, status, content, released, finish_reason,
            prompt_tokens, completion_tokens, owner, finished_at)
        SELECT $3, $4, 1, $5, 1, model_id, seed, 'done', content, char_length(content), finish_reason, prompt_tokens,
            completion_tokens, $6, now()
        FROM prepared_answers WHERE set_prompt = $1 AND model_id = $2 AND status = 'done'",
        set_prompt,
        model.0,
        reply.0,
        battle.0,
        side.as_str(),
        owner
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
