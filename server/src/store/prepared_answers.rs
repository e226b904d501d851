//! Answers that were generated before anybody asked.
//!
//! A contestant's hash says what it was when it answered: what an earlier one answered counts as not there.

use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::prompt_draws::Languages;
use super::provenance::Provenance;
use crate::domain::{BattleId, ModelId, ReplyId, Side, VoterId};

/// An answer whose server has said nothing for so long is taken by another.
const STALE_SECONDS: f64 = 60.0;
/// How often a model is asked that fails.
const MAX_ATTEMPTS: i32 = 3;
/// How long it rests before it is asked again, in seconds.
const RETRY_SECONDS: f64 = 120.0;

/// The contestants whose answers count: ids and hashes, side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Where the prompt stands among all.
    pub position: i64,
    pub seed: u32,
}

/// What came of looking for an answer that is missing.
#[derive(Debug, Clone)]
pub enum Claim {
    /// It is this server's.
    Taken(Claimed),
    /// Another server was faster: there may be more.
    Lost,
    /// There is none.
    NothingMissing,
}

struct Found {
    id: Uuid,
    prompt: String,
    position: i64,
    model: ModelId,
    is_taken: bool,
}

impl Found {
    fn claim(self, seed: u32) -> Claim {
        let Self { id, prompt, position, model, is_taken } = self;
        match is_taken {
            true => Claim::Taken(Claimed { set_prompt: id, model, prompt, position, seed }),
            false => Claim::Lost,
        }
    }
}

/// Takes the next answer behind a position that nobody has begun or that an earlier contestant gave: all models answer one prompt
/// before the next.
pub async fn claim_missing(
    db: impl PgExecutor<'_>,
    owner: Uuid,
    contestants: &Contestants,
    seed: u32,
    after: i64,
) -> sqlx::Result<Claim> {
    let found = sqlx::query_as!(
        Found,
        r#"WITH missing AS (
            SELECT p.id, p.prompt, p.position, who.model, who.hash
            FROM set_prompts p JOIN prompt_sets s ON s.id = p.prompt_set AND s.is_prepared
            CROSS JOIN LATERAL (
                SELECT who.id AS model, who.hash FROM unnest($2::uuid[], $3::text[]) AS who (id, hash)
                LEFT JOIN prepared_answers a ON a.set_prompt = p.id AND a.model_id = who.id
                WHERE a.set_prompt IS NULL OR a.contestant <> who.hash ORDER BY who.id LIMIT 1
            ) AS who
            WHERE p.position > $5 ORDER BY p.position LIMIT 1
        ), taken AS (
            INSERT INTO prepared_answers AS a (set_prompt, model_id, contestant, status, seed, owner)
            SELECT id, model, hash, 'running', $4, $1 FROM missing
            ON CONFLICT (set_prompt, model_id) DO UPDATE SET contestant = excluded.contestant, status = 'running',
                seed = excluded.seed, owner = excluded.owner, heartbeat_at = now(), content = '', error_code = NULL,
                attempts = 1
            WHERE a.contestant <> excluded.contestant
            RETURNING a.set_prompt
        )
        SELECT missing.id, missing.prompt, missing.position AS "position!", missing.model AS "model!: ModelId",
            EXISTS (SELECT 1 FROM taken) AS "is_taken!"
        FROM missing"#,
        owner,
        &contestants.ids,
        &contestants.hashes,
        i64::from(seed),
        after
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map_or(Claim::NothingMissing, |found| found.claim(seed)))
}

/// Takes an answer that was begun and has not come: its server died or gave it back, or it failed and may be tried again.
pub async fn claim_open(
    db: impl PgExecutor<'_>,
    owner: Uuid,
    contestants: &Contestants,
    seed: u32,
) -> sqlx::Result<Claim> {
    let found = sqlx::query_as!(
        Found,
        r#"WITH missing AS (
            SELECT p.id, p.prompt, p.position, a.model_id AS model, a.heartbeat_at
            FROM prepared_answers a JOIN set_prompts p ON p.id = a.set_prompt
            JOIN prompt_sets s ON s.id = p.prompt_set AND s.is_prepared
            JOIN unnest($2::uuid[], $3::text[]) AS who (id, hash) ON who.id = a.model_id AND who.hash = a.contestant
            WHERE a.status <> 'done' AND (
                (a.status = 'running' AND a.heartbeat_at < now() - make_interval(secs => $5))
                OR (a.status = 'failed' AND a.attempts < $6 AND a.heartbeat_at < now() - make_interval(secs => $7)))
            ORDER BY a.status = 'failed', p.position, a.model_id LIMIT 1
        ), taken AS (
            UPDATE prepared_answers a SET status = 'running', seed = $4, owner = $1, heartbeat_at = now(), content = '',
                error_code = NULL, attempts = a.attempts + 1
            FROM missing WHERE a.set_prompt = missing.id AND a.model_id = missing.model
                AND a.heartbeat_at = missing.heartbeat_at
            RETURNING a.set_prompt
        )
        SELECT missing.id, missing.prompt, missing.position AS "position!", missing.model AS "model!: ModelId",
            EXISTS (SELECT 1 FROM taken) AS "is_taken!"
        FROM missing"#,
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
    Ok(found.map_or(Claim::NothingMissing, |found| found.claim(seed)))
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
    /// What it came from.
    pub provenance: Option<Provenance>,
}

/// Keeps an answer, or why there is none.
pub async fn finish(db: impl PgExecutor<'_>, owner: Uuid, claimed: &Claimed, ended: &Ended) -> sqlx::Result<()> {
    let provenance = ended.provenance.as_ref();
    sqlx::query!(
        "WITH kept AS (
            INSERT INTO answer_setups (hash, setup) SELECT $9::bytea, $10::text WHERE $9::bytea IS NOT NULL ON CONFLICT DO NOTHING
        )
        UPDATE prepared_answers SET status = CASE WHEN $4::text IS NULL THEN 'done' ELSE 'failed' END, content = $5,
            finish_reason = $6, error_code = $4, prompt_tokens = $7, completion_tokens = $8, heartbeat_at = now(),
            setup = $9::bytea, asked_seed = $11, messages_hash = $12, fingerprint = $13, model = $14
        WHERE set_prompt = $1 AND model_id = $2 AND owner = $3 AND status = 'running'",
        claimed.set_prompt,
        claimed.model.0,
        owner,
        ended.error_code.as_deref(),
        ended.content,
        ended.finish_reason.as_deref(),
        ended.prompt_tokens,
        ended.completion_tokens,
        provenance.map(|kept| kept.setup_hash.as_slice()),
        provenance.map(|kept| kept.setup.as_str()),
        provenance.and_then(|kept| kept.seed),
        provenance.map(|kept| kept.messages_hash.as_slice()),
        provenance.and_then(|kept| kept.answerer.fingerprint.as_deref()),
        provenance.and_then(|kept| kept.answerer.model.as_deref())
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives back answers that were not generated in the end, so that somebody asks for them again.
pub async fn release(db: impl PgExecutor<'_>, owner: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE prepared_answers SET heartbeat_at = '-infinity', attempts = attempts - 1
        WHERE owner = $1 AND status = 'running'",
        owner
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets that these answers of a set failed, so that somebody asks for them again.
pub async fn retry_failed(db: impl PgExecutor<'_>, set: Uuid) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE prepared_answers a SET status = 'running', heartbeat_at = '-infinity', attempts = 0, error_code = NULL
        FROM set_prompts p WHERE p.id = a.set_prompt AND p.prompt_set = $1 AND a.status = 'failed'",
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

/// How many prompts behind the random key are looked at, and how many of them for who has answered.
const WINDOWS: [(i64, i64); 2] = [(64, 8), (2000, 2000)];

/// A prompt with answers, at random, that the voter has not had: those in a language first, of a theme where one is asked for.
pub async fn draw(
    db: &PgPool,
    voter: VoterId,
    contestants: &Contestants,
    language: &str,
    tag: &str,
) -> sqlx::Result<Option<ReadyPrompt>> {
    for languages in Languages::own_first(language) {
        // Where few of those that somebody answered were answered by who plays now, the second look is wider.
        for window in WINDOWS {
            let ready = draw_within(db, voter, contestants, languages, tag, window).await?;
            if ready.is_some() {
                return Ok(ready);
            }
        }
    }
    Ok(None)
}

async fn draw_within(
    db: &PgPool,
    voter: VoterId,
    contestants: &Contestants,
    languages: Languages<'_>,
    tag: &str,
    (window, looked_at): (i64, i64),
) -> sqlx::Result<Option<ReadyPrompt>> {
    let (from, to, without) = languages.range();
    let row = sqlx::query!(
        r#"WITH around AS (
            (SELECT p.id FROM set_prompts p
                WHERE p.is_offered AND p.answers > 1 AND p.language BETWEEN $4 AND $5 AND p.language <> $6
                    AND ($7 = '' OR $7 = ANY(p.tags)) AND p.shuffle >= $8
                    AND NOT EXISTS (SELECT 1 FROM battles b WHERE b.set_prompt = p.id AND b.voter_id = $1)
                ORDER BY p.language, p.shuffle LIMIT $9)
            UNION ALL
            (SELECT p.id FROM set_prompts p
                WHERE p.is_offered AND p.answers > 1 AND p.language BETWEEN $4 AND $5 AND p.language <> $6
                    AND ($7 = '' OR $7 = ANY(p.tags)) AND p.shuffle < $8
                    AND NOT EXISTS (SELECT 1 FROM battles b WHERE b.set_prompt = p.id AND b.voter_id = $1)
                ORDER BY p.language, p.shuffle LIMIT $9)
            LIMIT $9
        ), few AS (SELECT id FROM around ORDER BY random() LIMIT $10)
        SELECT p.id, p.prompt, p.language, s.name, have.models AS "models!"
        FROM few CROSS JOIN LATERAL (
            SELECT array_agg(a.model_id) AS models FROM prepared_answers a
            JOIN unnest($2::uuid[], $3::text[]) AS who (id, hash) ON who.id = a.model_id AND who.hash = a.contestant
            WHERE a.set_prompt = few.id AND a.status = 'done'
        ) AS have
        JOIN set_prompts p ON p.id = few.id JOIN prompt_sets s ON s.id = p.prompt_set
        WHERE cardinality(have.models) > 1 LIMIT 1"#,
        voter.0,
        &contestants.ids,
        &contestants.hashes,
        from,
        to,
        without,
        tag,
        rand::random::<f64>(),
        window,
        looked_at
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

/// The most that [`count_ready`] tells: there are so many, or more.
pub const MOST_READY: i64 = 20;

/// How many prompts with answers the voter has not had, up to [`MOST_READY`]. Where hardly any of the first two hundred was answered by
/// who plays now, fewer.
pub async fn count_ready(db: impl PgExecutor<'_>, voter: VoterId, contestants: &Contestants) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
            SELECT 1 FROM (
                SELECT p.id FROM set_prompts p WHERE p.is_offered AND p.answers > 1
                    AND NOT EXISTS (SELECT 1 FROM battles b WHERE b.set_prompt = p.id AND b.voter_id = $1)
                LIMIT 200
            ) AS p CROSS JOIN LATERAL (
                SELECT count(*) AS answers FROM (
                    SELECT 1 FROM prepared_answers a
                    JOIN unnest($2::uuid[], $3::text[]) AS who (id, hash)
                        ON who.id = a.model_id AND who.hash = a.contestant
                    WHERE a.set_prompt = p.id AND a.status = 'done' LIMIT 2
                ) AS two
            ) AS have
            WHERE have.answers = 2 LIMIT $4
        ) AS ready"#,
        voter.0,
        &contestants.ids,
        &contestants.hashes,
        MOST_READY
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
    let done = sqlx::query_scalar!(
        r#"WITH answer AS (
            SELECT * FROM prepared_answers WHERE set_prompt = $1 AND model_id = $2 AND status = 'done'
        ), put AS (
            INSERT INTO replies (id, battle_id, turn, side, attempt, model_id, seed, status, content, released, finish_reason,
                prompt_tokens, completion_tokens, owner, finished_at)
            SELECT $3, $4, 1, $5, 1, model_id, seed, 'done', content, char_length(content), finish_reason, prompt_tokens,
                completion_tokens, $6, now()
            FROM answer RETURNING id
        ), kept AS (
            INSERT INTO reply_provenance (reply, setup, seed, messages_hash, fingerprint, model)
            SELECT put.id, answer.setup, answer.asked_seed, answer.messages_hash, answer.fingerprint, answer.model
            FROM put CROSS JOIN answer WHERE answer.setup IS NOT NULL
        )
        SELECT count(*) AS "count!" FROM put"#,
        set_prompt,
        model.0,
        reply.0,
        battle.0,
        side.as_str(),
        owner
    )
    .fetch_one(db)
    .await?;
    Ok(done == 1)
}
