//! Administration with a bearer token: sets of prompts, and how far answers to them are prepared.

use actix_web::http::header::LOCATION;
use actix_web::web;
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::ErrorBody;
use crate::actions::change_prompt_set::{AddPromptSet, ChangePromptSet, DeletePromptSet};
use crate::actions::prepare_answers::playing;
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::handlers::admin::prompt_sets::Prepared;
use crate::state::AppState;
use crate::store::prompt_sets::{self, PromptSet};

/// A set of prompts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminPromptSet {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Whether visitors are offered its prompts.
    pub offered: bool,
    /// Whether all models in the draw answer its prompts in advance.
    pub prepared: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// How many prompts it has.
    pub prompts: i64,
    /// Its themes, the most frequent first.
    pub tags: Vec<String>,
    /// Battles that began with one of its prompts.
    pub battles: i64,
    /// How far its answers are prepared.
    pub progress: PreparingProgress,
}

/// How far the answers of a set are prepared.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreparingProgress {
    /// Answers that are there, of at most as many as there are to be.
    pub done: i64,
    /// One for each prompt and each model in the draw.
    pub total: i64,
    /// Answers that could not be generated.
    pub failed: i64,
    /// Models in the draw.
    pub models: usize,
}

impl AdminPromptSet {
    fn of(set: PromptSet, models: usize) -> Self {
        let Prepared { done, total } = Prepared::of(&set, models);
        Self {
            id: set.id,
            name: set.name,
            offered: set.is_offered,
            prepared: set.is_prepared,
            created_at: set.created_at,
            prompts: set.prompts,
            tags: set.tags,
            battles: set.battles,
            progress: PreparingProgress { done, total, failed: set.failed, models },
        }
    }

    async fn read(arena: &AppState, id: Uuid) -> Result<Self, Error> {
        let set = prompt_sets::list(&arena.db, Some(id)).await?.pop().ok_or(Error::NotFound)?;
        Ok(Self::of(set, playing(arena).await?.len()))
    }
}

/// All sets of prompts, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminPromptSets {
    /// The sets.
    pub sets: Vec<AdminPromptSet>,
}

/// The id of a set in an address.
pub(super) fn id_of(text: &str) -> Result<Uuid, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

/// All sets of prompts.
#[utoipa::path(
    operation_id = "adminListPromptSets", tag = "admin",
    responses((status = 200, body = AdminPromptSets)), security(("admin" = []))
)]
#[get("/admin/prompt-sets")]
pub async fn list(_admin: ApiAdmin, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    let models = playing(&arena).await?.len();
    let sets = prompt_sets::list(&arena.db, None).await?;
    let sets = sets.into_iter().map(|set| AdminPromptSet::of(set, models)).collect();
    Ok(HttpResponse::Ok().json(AdminPromptSets { sets }))
}

/// A set to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPromptSet {
    /// Its name; no other set may have it.
    #[schema(min_length = 1, max_length = 80)]
    name: String,
}

/// Adds an empty set, which visitors are offered as soon as it has prompts.
#[utoipa::path(
    operation_id = "adminAddPromptSet", tag = "admin", request_body = NewPromptSet,
    responses((status = 201, body = AdminPromptSet, headers(("Location" = String, description = "Where it is.")))),
    security(("admin" = []))
)]
#[post("/admin/prompt-sets")]
pub async fn add(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    new: web::Json<NewPromptSet>,
) -> Result<HttpResponse, Error> {
    let id = AddPromptSet { admin: Some(admin.id), name: new.into_inner().name }.run(&arena).await?;
    let place = format!("/api/v1/admin/prompt-sets/{id}");
    Ok(HttpResponse::Created().insert_header((LOCATION, place)).json(AdminPromptSet::read(&arena, id).await?))
}

/// One set, with the progress of its answers.
#[utoipa::path(
    operation_id = "adminReadPromptSet", tag = "admin", params(("id" = Uuid, Path, description = "The set's id.")),
    responses((status = 200, body = AdminPromptSet), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[get("/admin/prompt-sets/{id}")]
pub async fn read(_admin: ApiAdmin, arena: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(AdminPromptSet::read(&arena, id_of(&id)?).await?))
}

/// What is to be changed of a set; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptSetChange {
    /// Its name.
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    /// Whether visitors are offered its prompts.
    offered: Option<bool>,
    /// Whether all models in the draw answer its prompts in advance.
    prepared: Option<bool>,
}

/// Changes a set's name or switches.
#[utoipa::path(
    operation_id = "adminChangePromptSet", tag = "admin", request_body = PromptSetChange,
    params(("id" = Uuid, Path, description = "The set's id.")),
    responses((status = 200, body = AdminPromptSet), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[patch("/admin/prompt-sets/{id}")]
pub async fn change(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
    said: web::Json<PromptSetChange>,
) -> Result<HttpResponse, Error> {
    let id = id_of(&id)?;
    let set = prompt_sets::list(&arena.db, Some(id)).await?.pop().ok_or(Error::NotFound)?;
    let PromptSetChange { name, offered, prepared } = said.into_inner();
    let change = ChangePromptSet {
        admin: Some(admin.id),
        set: id,
        name: name.unwrap_or(set.name),
        is_offered: offered.unwrap_or(set.is_offered),
        is_prepared: prepared.unwrap_or(set.is_prepared),
    };
    change.run(&arena).await?;
    Ok(HttpResponse::Ok().json(AdminPromptSet::read(&arena, id).await?))
}

/// Deletes a set with its prompts and the answers generated in advance. Battles stay, marked with its name.
#[utoipa::path(
    operation_id = "adminDeletePromptSet", tag = "admin", params(("id" = Uuid, Path, description = "The set's id.")),
    responses((status = 204, description = "It is gone."), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[delete("/admin/prompt-sets/{id}")]
pub async fn remove(admin: ApiAdmin, arena: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse, Error> {
    DeletePromptSet { admin: Some(admin.id), set: id_of(&id)? }.run(&arena).await?;
    Ok(HttpResponse::NoContent().finish())
}
