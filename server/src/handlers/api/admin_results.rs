//! Administration with a bearer token: objective scores of models.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::ErrorBody;
use crate::actions::model_result::AttachResult;
use crate::domain::ObjectiveScore;
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::state::AppState;

/// A score that was attached to a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachedResult {
    /// `ceval`, `cmmlu`, `mmlu`, `longbench` or `longbench-e`.
    pub benchmark: String,
    /// How it was asked; a score of the same benchmark asked in the same way is replaced.
    pub variant: String,
    /// In percent.
    pub score: f64,
    /// Over questions, where the file tells it.
    pub standard_error: Option<f64>,
    /// How many questions it is of.
    pub questions: i64,
}

/// Attaches a benchmark score to a model: the body is what `mixtral evaluate … --json` prints.
#[utoipa::path(
    operation_id = "adminAttachResult", tag = "admin",
    request_body = Object, params(("slug" = String, Path, description = "Its name in addresses.")),
    responses((status = 201, body = AttachedResult), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)),
    security(("admin" = []))
)]
#[post("/admin/models/{slug}/results")]
pub async fn attach(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    slug: web::Path<String>,
    file: web::Json<serde_json::Value>,
) -> Result<HttpResponse, Error> {
    let bytes = serde_json::to_vec(&*file).map_err(|cause| Error::Internal(cause.into()))?;
    let wanted = AttachResult { admin: Some(admin.id), model: slug.into_inner(), bytes };
    let ObjectiveScore { benchmark, variant, score, standard_error, questions, .. } = wanted.run(&arena).await?;
    Ok(HttpResponse::Created().json(AttachedResult { benchmark, variant, score, standard_error, questions }))
}
