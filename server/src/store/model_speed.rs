//! How fast models wrote their latest answers.

use std::collections::BTreeMap;

use sqlx::PgExecutor;

use crate::domain::ModelId;

/// Answers that a model's speed is taken from.
const ANSWERS: i64 = 30;

/// The median of each model's speed in its latest answers, in tokens a second from the first token on. Models that say
/// nothing of their tokens are left out.
pub async fn medians(db: impl PgExecutor<'_>) -> sqlx::Result<BTreeMap<ModelId, f64>> {
    let rows = sqlx::query!(
        r#"SELECT models.id AS "model: ModelId",
            percentile_cont(0.5) WITHIN GROUP (ORDER BY latest.speed) AS "speed!"
        FROM models CROSS JOIN LATERAL (
            SELECT 1000.0 * (completion_tokens - 1) / (total_ms - first_token_ms) AS speed FROM replies
            WHERE model_id = models.id AND status = 'done' AND completion_tokens > 1 AND total_ms > first_token_ms
            ORDER BY created_at DESC LIMIT $1
        ) AS latest
        GROUP BY models.id"#,
        ANSWERS
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.model, row.speed)).collect())
}
