//! Battles whose models are asked the same again.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::battles;
use crate::domain::{Battle, BattleId, ReplayReport};

/// A replay whose server has said nothing for so long is begun anew by another.
const STALE_SECONDS: f64 = 30.0;

/// A replay as administrators see it.
#[derive(Debug, Clone)]
pub struct Replay {
    pub id: Uuid,
    pub battle: BattleId,
    /// Only this turn.
    pub turn: Option<i32>,
    /// `waiting`, `running`, `done` or `failed`.
    pub state: String,
    pub report: Json<ReplayReport>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl Replay {
    /// Whether something is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "running")
    }
}

macro_rules! select {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            Replay,
            r#"SELECT id, battle_id AS "battle: BattleId", turn, state, report AS "report: Json<ReplayReport>", created_at,
                finished_at
            FROM replays "# + $tail
            $(, $argument)*
        )
    };
}

/// The battle that is replayed, whoever's it is.
pub async fn battle(db: &mut PgConnection, id: BattleId) -> sqlx::Result<Option<Battle>> {
    battles::find(db, id).await
}

/// Adds one; a server takes it soon. False where there is no such battle any more.
pub async fn insert(db: impl PgExecutor<'_>, id: Uuid, battle: BattleId, turn: Option<i32>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO replays (id, battle_id, turn, report) SELECT $1, battles.id, $3, $4 FROM battles WHERE battles.id = $2",
        id,
        battle.0,
        turn,
        Json(ReplayReport::default()) as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many wait or run.
pub async fn count_open(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM replays WHERE state IN ('waiting', 'running')"#)
        .fetch_one(db)
        .await
}

/// Whether a server does one now.
pub async fn is_one_running(db: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT 1 FROM replays WHERE state = 'running' AND heartbeat_at >= now() - make_interval(secs => $1)
        ) AS "some!""#,
        STALE_SECONDS
    )
    .fetch_one(db)
    .await
}

/// The one with this id.
pub async fn by_id(db: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<Option<Replay>> {
    select!("WHERE id = $1", id).fetch_optional(db).await
}

/// The newest one of a battle.
pub async fn newest(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<Option<Replay>> {
    select!("WHERE battle_id = $1 ORDER BY created_at DESC, id LIMIT 1", battle.0).fetch_optional(db).await
}

/// Takes the oldest that nobody does, unless another one runs: visitors' battles come first.
pub async fn claim(db: impl PgExecutor<'_>, owner: Uuid) -> sqlx::Result<Option<Replay>> {
    sqlx::query_as!(
        Replay,
        r#"UPDATE replays SET owner = $1, heartbeat_at = now(), state = 'running'
        WHERE id = (
            SELECT id FROM replays
            WHERE (state = 'waiting' OR (state = 'running' AND heartbeat_at < now() - make_interval(secs => $2)))
                AND NOT EXISTS (
                    SELECT 1 FROM replays
                    WHERE state = 'running' AND heartbeat_at >= now() - make_interval(secs => $2)
                )
            ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        RETURNING id, battle_id AS "battle: BattleId", turn, state, report AS "report: Json<ReplayReport>", created_at,
            finished_at"#,
        owner,
        STALE_SECONDS
    )
    .fetch_optional(db)
    .await
}

/// Says that it goes on, and what has come of it. False where it is no longer this server's, or the battle is gone.
pub async fn save(db: impl PgExecutor<'_>, id: Uuid, owner: Uuid, report: &ReplayReport) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE replays SET heartbeat_at = now(), report = $3 WHERE id = $1 AND owner = $2 AND state = 'running'",
        id,
        owner,
        Json(report) as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends one that this server does.
pub async fn finish(
    db: impl PgExecutor<'_>,
    id: Uuid,
    owner: Uuid,
    state: &str,
    report: &ReplayReport,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE replays SET state = $3, report = $4, finished_at = now()
        WHERE id = $1 AND owner = $2 AND state = 'running'",
        id,
        owner,
        state,
        Json(report) as _
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes back one that nobody has begun.
pub async fn delete_waiting(db: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!("DELETE FROM replays WHERE id = $1 AND state = 'waiting'", id).execute(db).await?;
    Ok(done.rows_affected() == 1)
}
