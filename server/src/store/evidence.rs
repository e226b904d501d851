//! What is counted over many votes and answers at once, in the background.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::{BattleKind, Choice, ModelId, Reason};

/// So many of a model's newest answers tell how fast it is.
const ANSWERS: i64 = 30;

/// Votes with the same reasons on one ordered pair.
#[derive(Debug, Clone, PartialEq)]
pub struct ReasonRow {
    /// The left model.
    pub model_a: ModelId,
    /// The right model.
    pub model_b: ModelId,
    pub choice: Choice,
    pub reasons: Vec<Reason>,
    pub count: i64,
}

/// How fast a model answered lately: medians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// Seconds to the first token.
    pub first_token: f64,
    /// Tokens a second after it.
    pub tokens: f64,
    /// Of so many answers.
    pub answers: i64,
}

/// A model's battles in which the visitor chose one of the two: they are on no board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChosenRecord {
    pub won: i64,
    pub lost: i64,
    pub even: i64,
}

/// The counted votes of a kind that have reasons.
pub async fn reasons(db: impl PgExecutor<'_>, kind: BattleKind) -> sqlx::Result<Vec<ReasonRow>> {
    sqlx::query_as!(
        ReasonRow,
        r#"SELECT model_a AS "model_a: ModelId", model_b AS "model_b!: ModelId", choice AS "choice: Choice",
            reasons AS "reasons: Vec<Reason>", count(*) AS "count!"
        FROM votes
        WHERE kind = $1 AND reasons <> '{}' AND exclusion_reason IS NULL AND withdrawn_at IS NULL AND model_b IS NOT NULL
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"#,
        kind.as_str()
    )
    .fetch_all(db)
    .await
}

/// A counted vote and with what probability its ordered pair was drawn.
#[derive(Debug, Clone, Copy)]
pub struct DrawnVote {
    /// Whose it is, where it is known.
    pub voter: Option<Uuid>,
    /// The left model.
    pub model_a: ModelId,
    /// The right model.
    pub model_b: ModelId,
    pub choice: Choice,
    pub probability: f64,
}

/// Walks through the newest counted blind votes whose pairs were drawn, a million at most.
pub async fn for_each_drawn(db: impl PgExecutor<'_>, mut each: impl FnMut(DrawnVote)) -> sqlx::Result<()> {
    let mut rows = sqlx::query_as!(
        DrawnVote,
        r#"SELECT coalesce(voter_id, voter_group) AS voter, model_a AS "model_a: ModelId",
            model_b AS "model_b!: ModelId", choice AS "choice: Choice", pair_probability AS "probability!"
        FROM votes
        WHERE kind = 'battle' AND exclusion_reason IS NULL AND withdrawn_at IS NULL AND model_b IS NOT NULL
            AND pair_probability > 0
        ORDER BY id DESC LIMIT 1000000"#
    )
    .fetch(db);
    while let Some(vote) = rows.try_next().await? {
        each(vote);
    }
    Ok(())
}

/// How fast each model answered lately.
pub async fn speeds(db: impl PgExecutor<'_>) -> sqlx::Result<HashMap<ModelId, Speed>> {
    let rows = sqlx::query!(
        r#"SELECT models.id AS "model: ModelId", count(*) AS "answers!",
            percentile_cont(0.5) WITHIN GROUP (ORDER BY latest.first_token_ms::float8) AS "first_ms!",
            percentile_cont(0.5) WITHIN GROUP (ORDER BY latest.speed) AS "speed!"
        FROM models CROSS JOIN LATERAL (
            SELECT first_token_ms, 1000.0::float8 * (completion_tokens - 1) / (total_ms - first_token_ms) AS speed
            FROM replies
            WHERE replies.model_id = models.id AND status = 'done' AND completion_tokens > 1
                AND total_ms > first_token_ms
            ORDER BY replies.created_at DESC LIMIT $1
        ) AS latest
        GROUP BY models.id"#,
        ANSWERS
    )
    .fetch_all(db)
    .await?;
    let speed = |answers, first_ms: f64, tokens| Speed { first_token: first_ms / 1000.0, tokens, answers };
    Ok(rows.into_iter().map(|row| (row.model, speed(row.answers, row.first_ms, row.speed))).collect())
}

/// What became of the battles that a visitor wanted with this model.
pub async fn chosen_record(db: impl PgExecutor<'_>, model: ModelId) -> sqlx::Result<ChosenRecord> {
    sqlx::query_as!(
        ChosenRecord,
        r#"SELECT
            count(*) FILTER (WHERE (model_a = $1 AND choice = 'a') OR (model_b = $1 AND choice = 'b')) AS "won!",
            count(*) FILTER (WHERE (model_a = $1 AND choice = 'b') OR (model_b = $1 AND choice = 'a')) AS "lost!",
            count(*) FILTER (WHERE choice IN ('tie', 'both_bad')) AS "even!"
        FROM votes
        WHERE mode = 'chosen' AND exclusion_reason = 'chosen' AND withdrawn_at IS NULL
            AND (model_a = $1 OR model_b = $1)"#,
        model.0
    )
    .fetch_one(db)
    .await
}
