//! Administration with a bearer token: the prompts of a set.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the parameter's type with its path")]

use actix_web::web::{self, Query};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::admin_prompts::id_of;
use super::body::ErrorBody;
use super::cursor::PageCursor;
use crate::actions::change_prompt_set::{DeletePrompts, ImportPrompts, RetryPrepared};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::handlers::admin::prompt_set::MAX_FILE;
use crate::handlers::admin::upload::received;
use crate::state::AppState;
use crate::store::prompt_sets::{self, PromptRow};

/// Prompts a page.
const PROMPTS: usize = 100;

/// What a file is called.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PromptFile {
    /// Its ending (`.csv`, `.txt`, `.json`, `.jsonl`) says how it is read.
    name: String,
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromptsImported {
    /// New prompts.
    pub added: u64,
    /// Prompts that the set had already.
    pub known: u64,
}

/// Imports prompts into a set: the body is the file itself, of at most 64 MiB. All of it or nothing.
#[utoipa::path(
    operation_id = "adminImportPrompts", tag = "admin", params(("id" = Uuid, Path, description = "The set's id."), PromptFile),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = PromptsImported), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody)),
    security(("admin" = []))
)]
#[post("/admin/prompt-sets/{id}/import")]
pub async fn import(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
    query: Query<PromptFile>,
    body: web::Payload,
) -> Result<HttpResponse, Error> {
    let set = id_of(&id)?;
    let file = received(body, MAX_FILE).await?;
    let bytes = tokio::fs::read(file.path()).await.map_err(|cause| Error::Internal(cause.into()))?;
    let wanted = ImportPrompts { admin: Some(admin.id), set, file: query.into_inner().name, bytes };
    let done = wanted.run(&arena).await?;
    Ok(HttpResponse::Ok().json(PromptsImported { added: done.added, known: done.known }))
}

/// Which prompts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PromptsPart {
    /// Where to go on: the last page's `next_cursor`.
    #[param(value_type = Option<PageCursor>)]
    cursor: Option<PageCursor>,
    /// A part of the prompt.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    q: String,
    /// The code of a language.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    language: String,
    /// A theme.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    tag: String,
}

/// Prompts of a set, in the order in which they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminPrompts {
    /// The prompts.
    pub prompts: Vec<AdminPrompt>,
    /// What to ask for next as `cursor`; nothing at the end.
    pub next_cursor: Option<PageCursor>,
}

/// A prompt of a set.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminPrompt {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub prompt: String,
    /// The code of its language; `und` where it cannot be told.
    pub language: String,
    /// Its themes.
    pub tags: Vec<String>,
    /// Models whose answers are there.
    pub answers: i64,
    /// Models that could not answer, each with the code of the error.
    pub failed: Vec<String>,
    /// Battles that began with it.
    pub battles: i64,
}

impl AdminPrompt {
    fn of(row: PromptRow) -> Self {
        let PromptRow { id, prompt, language, tags, answers, failed, battles, position: _ } = row;
        Self { id, prompt, language, tags, answers, failed, battles }
    }
}

/// Prompts of a set.
#[utoipa::path(
    operation_id = "adminListPrompts", tag = "admin", params(("id" = Uuid, Path, description = "The set's id."), PromptsPart),
    responses((status = 200, body = AdminPrompts), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[get("/admin/prompt-sets/{id}/prompts")]
pub async fn list(
    _admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
    part: Query<PromptsPart>,
) -> Result<HttpResponse, Error> {
    let set = id_of(&id)?;
    let PromptsPart { cursor, q, language, tag } = part.into_inner();
    let after = cursor.map_or(0, |cursor| cursor.0);
    let mut rows = prompt_sets::prompts(&arena.db, set, q.trim(), &language, &tag, after, PROMPTS as i64 + 1).await?;
    if rows.is_empty() && prompt_sets::list(&arena.db, Some(set)).await?.is_empty() {
        return Err(Error::NotFound);
    }
    let has_more = rows.len() > PROMPTS;
    rows.truncate(PROMPTS);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| PageCursor(row.position));
    Ok(HttpResponse::Ok().json(AdminPrompts { prompts: rows.into_iter().map(AdminPrompt::of).collect(), next_cursor }))
}

/// Prompts that are to be taken out of a set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnwantedPrompts {
    /// Their ids.
    prompts: Vec<Uuid>,
}

/// How many prompts were touched.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromptsTouched {
    /// How many.
    pub count: u64,
}

/// Takes prompts out of a set, with the answers generated in advance. Battles stay.
#[utoipa::path(
    operation_id = "adminRemovePrompts", tag = "admin", request_body = UnwantedPrompts,
    params(("id" = Uuid, Path, description = "The set's id.")),
    responses((status = 200, body = PromptsTouched), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[post("/admin/prompt-sets/{id}/prompts/remove")]
pub async fn remove_prompts(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
    said: web::Json<UnwantedPrompts>,
) -> Result<HttpResponse, Error> {
    let prompts = said.into_inner().prompts;
    let count = DeletePrompts { admin: Some(admin.id), set: id_of(&id)?, prompts }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(PromptsTouched { count }))
}

/// Has answers generated again that failed; gives how many.
#[utoipa::path(
    operation_id = "adminRetryPrepared", tag = "admin", params(("id" = Uuid, Path, description = "The set's id.")),
    responses((status = 200, body = PromptsTouched), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[post("/admin/prompt-sets/{id}/retry")]
pub async fn retry(_admin: ApiAdmin, arena: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let set = id_of(&id)?;
    if prompt_sets::list(&arena.db, Some(set)).await?.is_empty() {
        return Err(Error::NotFound);
    }
    let count = RetryPrepared { set }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(PromptsTouched { count }))
}
