//! Judgings that the arena does itself, in the background.

use chrono::{DateTime, Utc};
use mixtral_judge::{Item, Mode, Question, Wording};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::{AdminId, ModelId};

/// A run whose server has said nothing for so long is taken by another.
pub const STALE_SECONDS: f64 = 30.0;

/// What a run asks of whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSetup {
    /// The models that answer; none where battles are judged, whose answers are there.
    pub models: Vec<ModelId>,
    pub wording: Wording,
    pub questions: Vec<Question>,
    /// Requests to models and judge, at most.
    pub max_requests: Option<i64>,
}

/// A run that is about to begin.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    pub id: Uuid,
    pub judge: ModelId,
    pub mode: Mode,
    pub setup: &'a RunSetup,
    pub by: Option<AdminId>,
}

/// The mode's name in the database.
#[must_use]
pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Scores => "scores",
        Mode::Pairs => "pairs",
    }
}

/// Keeps a run; a server takes it soon.
pub async fn insert(transaction: &mut PgConnection, new: &NewRun<'_>) -> sqlx::Result<()> {
    let total = i32::try_from(new.setup.questions.len()).unwrap_or(i32::MAX);
    sqlx::query!(
        "INSERT INTO judge_runs (id, judge, mode, setup, total, created_by) VALUES ($1, $2, $3, $4, $5, $6)",
        new.id,
        new.judge.0,
        mode_name(new.mode),
        Json(new.setup) as _,
        total,
        new.by.map(|admin| admin.0)
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// A run that this server does from now on.
#[derive(Debug, Clone)]
pub struct ClaimedRun {
    pub id: Uuid,
    pub judge: ModelId,
    pub mode: String,
    pub setup: Json<RunSetup>,
    pub requests: i64,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<AdminId>,
}

/// Takes the oldest run that nobody does, if there is one.
pub async fn claim(db: impl PgExecutor<'_>, owner: Uuid) -> sqlx::Result<Option<ClaimedRun>> {
    sqlx::query_as!(
        ClaimedRun,
        r#"UPDATE judge_runs SET owner = $1, heartbeat_at = now()
        WHERE id = (
            SELECT id FROM judge_runs
            WHERE state = 'running' AND (heartbeat_at IS NULL OR heartbeat_at < now() - make_interval(secs => $2))
            ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        RETURNING id, judge AS "judge: ModelId", mode, setup AS "setup: Json<RunSetup>", requests, created_at,
            created_by AS "created_by: AdminId""#,
        owner,
        STALE_SECONDS
    )
    .fetch_optional(db)
    .await
}

/// Says that the run goes on and how far it is. Gives whether it shall stop: somebody asked for it, or another server has it.
pub async fn save_progress(db: impl PgExecutor<'_>, run: Uuid, owner: Uuid, requests: i64) -> sqlx::Result<bool> {
    let stop = sqlx::query_scalar!(
        r#"UPDATE judge_runs SET heartbeat_at = now(), requests = $3,
            done = (SELECT count(*) FROM judge_run_items WHERE run = $1)
        WHERE id = $1 AND owner = $2 AND state = 'running' RETURNING stop_requested_at IS NOT NULL AS "stop!""#,
        run,
        owner,
        requests
    )
    .fetch_optional(db)
    .await?;
    Ok(stop.unwrap_or(true))
}

/// Keeps what came of a prompt.
pub async fn insert_item(db: impl PgExecutor<'_>, run: Uuid, number: i32, item: &Item) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO judge_run_items (run, number, item) VALUES ($1, $2, $3)
        ON CONFLICT (run, number) DO UPDATE SET item = excluded.item",
        run,
        number,
        Json(item) as _
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What came of a run's prompts so far, by number.
pub async fn items(db: impl PgExecutor<'_>, run: Uuid) -> sqlx::Result<Vec<(i32, Item)>> {
    let rows = sqlx::query!(
        r#"SELECT number, item AS "item: Json<Item>" FROM judge_run_items WHERE run = $1 ORDER BY number"#,
        run
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.item.0)).collect())
}

/// Ends a run that this server does: `done`, `stopped` or `failed`, and why.
pub async fn finish(
    db: impl PgExecutor<'_>,
    run: Uuid,
    owner: Uuid,
    state: &str,
    error: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE judge_runs SET state = $3, error = $4, finished_at = now(),
            done = (SELECT count(*) FROM judge_run_items WHERE run = $1)
        WHERE id = $1 AND owner = $2 AND state = 'running'",
        run,
        owner,
        state,
        error
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Asks a run to stop. False where there is none that runs.
pub async fn request_stop(db: impl PgExecutor<'_>, run: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE judge_runs SET stop_requested_at = coalesce(stop_requested_at, now()) WHERE id = $1 AND state = 'running'",
        run
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A run as lists show it.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: Uuid,
    /// The judge's name on pages.
    pub judge: String,
    pub mode: String,
    /// `running`, `done`, `stopped` or `failed`.
    pub state: String,
    pub done: i32,
    pub total: i32,
    pub requests: i64,
    /// Prompts that are through without all verdicts.
    pub gaps: i64,
    /// What became of the first of them.
    pub gap: Option<String>,
    pub error: Option<String>,
    pub is_stopping: bool,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Seconds that the rest will take at the present pace; nothing before the first prompt is through.
    pub seconds_left: Option<f64>,
}

/// The newest so many runs.
pub async fn list(db: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<Vec<Run>> {
    sqlx::query_as!(
        Run,
        r#"SELECT r.id, m.display_name AS judge, r.mode, r.state, r.done, r.total, r.requests,
            coalesce(g.gaps, 0) AS "gaps!", g.gap AS "gap?", r.error,
            r.stop_requested_at IS NOT NULL AS "is_stopping!", r.created_at, r.finished_at,
            CASE WHEN r.state = 'running' AND r.done > 0
                THEN extract(epoch FROM now() - r.created_at)::float8 / r.done * (r.total - r.done) END AS seconds_left
        FROM judge_runs r JOIN models m ON m.id = r.judge
        LEFT JOIN LATERAL (
            SELECT count(*) AS gaps, (array_agg(item ->> 'failed' ORDER BY number))[1] AS gap
            FROM judge_run_items WHERE run = r.id AND item ->> 'failed' IS NOT NULL
        ) g ON true
        ORDER BY r.created_at DESC, r.id LIMIT $1"#,
        limit
    )
    .fetch_all(db)
    .await
}
