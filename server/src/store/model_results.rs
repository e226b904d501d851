//! Objective scores of models.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::{AdminId, ModelId, ObjectiveScore};

/// A score as pages show it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelResult {
    pub id: Uuid,
    pub model: ModelId,
    pub benchmark: String,
    pub variant: String,
    /// In percent.
    pub score: f64,
    pub standard_error: Option<f64>,
    pub questions: i64,
    pub created_at: DateTime<Utc>,
}

/// Keeps a score; an earlier one of the same benchmark and way of asking goes.
pub async fn replace(
    transaction: &mut PgConnection,
    model: ModelId,
    score: &ObjectiveScore,
    by: Option<AdminId>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO model_results (id, model, benchmark, variant, score, standard_error, questions, detail, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (model, benchmark, variant) DO UPDATE SET score = excluded.score,
            standard_error = excluded.standard_error, questions = excluded.questions, detail = excluded.detail,
            created_by = excluded.created_by, created_at = now()",
        Uuid::now_v7(),
        model.0,
        score.benchmark,
        score.variant,
        score.score,
        score.standard_error,
        score.questions,
        Json(&score.detail) as _,
        by.map(|admin| admin.0)
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Removes a score of a model; gives its benchmark, nothing where there is none.
pub async fn delete(transaction: &mut PgConnection, model: ModelId, id: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("DELETE FROM model_results WHERE id = $1 AND model = $2 RETURNING benchmark", id, model.0)
        .fetch_optional(transaction)
        .await
}

/// The scores of a model, or of all; by benchmark, way of asking, and model.
pub async fn list(db: impl PgExecutor<'_>, model: Option<ModelId>) -> sqlx::Result<Vec<ModelResult>> {
    sqlx::query_as!(
        ModelResult,
        r#"SELECT id, model AS "model: ModelId", benchmark, variant, score, standard_error, questions, created_at
        FROM model_results WHERE $1::uuid IS NULL OR model = $1 ORDER BY benchmark, variant, model"#,
        model.map(|model| model.0)
    )
    .fetch_all(db)
    .await
}
