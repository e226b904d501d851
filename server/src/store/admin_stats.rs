//! Recent battles, as administrators see them: who met and what became of it, never what was said.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::domain::{BattleCriteria, BattleId, BattleKind, Choice, UNTRIED, VoterId};

/// The codes of attempts that were never made.
fn untried() -> Vec<String> {
    UNTRIED.map(str::to_owned).to_vec()
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct BattleLine {
    pub id: BattleId,
    pub kind: BattleKind,
    pub language: String,
    /// The left model's name.
    pub model_a: String,
    /// The right model's name.
    pub model_b: Option<String>,
    /// How many messages were sent.
    pub turns: i64,
    /// How many answers failed.
    pub failed: i64,
    /// The code of the last failure.
    pub error_code: Option<String>,
    /// What was voted.
    pub choice: Option<Choice>,
    /// Why a vote will not count.
    pub exclusion_reason: Option<String>,
    /// The sentence that gave a model away.
    pub exclusion_sentence: Option<String>,
    /// The set that its prompt is of; may be empty.
    pub prompt_set: String,
    /// Whether its first answers were there beforehand.
    pub is_prepared: bool,
    /// When it began.
    pub created_at: DateTime<Utc>,
}

/// A page of battles.
#[derive(Debug, Clone, Copy, Default)]
pub struct BattlePage {
    /// Whether the first ones come first, or the newest.
    pub oldest_first: bool,
    /// The moment after which it begins, or before it where the newest come first.
    pub after: Option<DateTime<Utc>>,
    /// How many at most.
    pub limit: i64,
}

/// The battles of a page that a filter lets through.
pub async fn battles(
    db: impl PgExecutor<'_>,
    filter: &BattleCriteria,
    page: BattlePage,
) -> sqlx::Result<Vec<BattleLine>> {
    sqlx::query_as!(
        BattleLine,
        r#"WITH found AS (
            (SELECT b.id FROM battles b
            WHERE NOT $4 AND battle_matches(b, $1) AND b.created_at < coalesce($2, 'infinity'::timestamptz)
            ORDER BY b.created_at DESC LIMIT $5)
            UNION ALL
            (SELECT b.id FROM battles b
            WHERE $4 AND battle_matches(b, $1) AND b.created_at > coalesce($2, '-infinity'::timestamptz)
            ORDER BY b.created_at LIMIT $5)
        )
        SELECT b.id AS "id: BattleId", b.kind AS "kind: BattleKind", b.language, a.display_name AS model_a,
            m.display_name AS "model_b?", v.choice AS "choice?: Choice", b.exclusion_reason,
            b.exclusion_sentence, b.prompt_set, b.is_prepared, b.created_at,
            (SELECT count(*) FROM turns t WHERE t.battle_id = b.id) AS "turns!",
            (SELECT count(*) FROM replies r WHERE r.battle_id = b.id AND r.status = 'failed'
                AND coalesce(r.error_code, '') <> ALL ($3)) AS "failed!",
            (SELECT r.error_code FROM replies r WHERE r.battle_id = b.id AND r.status = 'failed'
                ORDER BY r.created_at DESC LIMIT 1) AS error_code
        FROM found JOIN battles b ON b.id = found.id JOIN models a ON a.id = b.model_a
        LEFT JOIN models m ON m.id = b.model_b
        LEFT JOIN votes v ON v.battle_id = b.id
        ORDER BY CASE WHEN $4 THEN b.created_at END, b.created_at DESC"#,
        Json(filter) as _,
        page.after,
        &untried() as &[String],
        page.oldest_first,
        page.limit
    )
    .fetch_all(db)
    .await
}

/// Who began these battles, as far as they are there.
pub async fn voters_of(db: impl PgExecutor<'_>, battles: &[BattleId]) -> sqlx::Result<Vec<(BattleId, VoterId)>> {
    let ids: Vec<uuid::Uuid> = battles.iter().map(|battle| battle.0).collect();
    let rows = sqlx::query!(
        r#"SELECT id AS "id: BattleId", voter_id AS "voter: VoterId" FROM battles WHERE id = ANY($1)"#,
        &ids
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.id, row.voter)).collect())
}

/// What happened within the last day.
#[derive(Debug, Clone, Copy)]
pub struct DailyStats {
    /// Battles, comparisons and chats begun.
    pub battles: i64,
    /// Votes cast.
    pub votes: i64,
    /// Answers that models were asked for.
    pub replies: i64,
    /// Answers that failed.
    pub failed: i64,
    /// Browsers that were there.
    pub voters: i64,
}

/// Counts the last day.
pub async fn day(db: impl PgExecutor<'_>) -> sqlx::Result<DailyStats> {
    sqlx::query_as!(
        DailyStats,
        r#"SELECT
            (SELECT count(*) FROM battles WHERE created_at > now() - interval '1 day') AS "battles!",
            (SELECT count(*) FROM votes WHERE created_at > now() - interval '1 day') AS "votes!",
            (SELECT count(*) FROM replies WHERE created_at > now() - interval '1 day'
                AND coalesce(error_code, '') <> ALL ($1)) AS "replies!",
            (SELECT count(*) FROM replies WHERE created_at > now() - interval '1 day' AND status = 'failed'
                AND coalesce(error_code, '') <> ALL ($1)) AS "failed!",
            (SELECT count(*) FROM voters WHERE seen_at > now() - interval '1 day') AS "voters!""#,
        &untried() as &[String]
    )
    .fetch_one(db)
    .await
}
