//! The contestants' cards.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::ErrorBody;
use crate::domain::{Card, ModelKind, ModelState};
use crate::error::Error;
use crate::state::AppState;
use crate::store::models::{self, Model};

/// What everyone may know of a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelCard {
    /// Its name in URLs.
    pub slug: String,
    /// Its name on pages.
    pub name: String,
    /// A local file, or an endpoint.
    pub kind: ModelKind,
    /// Whether it may be sampled for battles.
    pub state: ModelState,
    /// What its administrator says of it.
    #[serde(flatten)]
    pub card: Card,
}

impl ModelCard {
    /// The card of a model: nothing of where it runs or how it is reached.
    pub fn of(model: &Model) -> Self {
        Self {
            slug: model.slug.clone(),
            name: model.name().to_owned(),
            kind: model.kind(),
            state: model.state,
            card: model.card().clone(),
        }
    }
}

/// All contestants.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    /// Their cards.
    pub models: Vec<ModelCard>,
}

/// All contestants, retired ones too.
#[utoipa::path(
    operation_id = "listModels", tag = "models",
    responses((status = 200, body = ModelList)), security(())
)]
#[get("/models")]
pub async fn list(arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    let all = models::list(&arena.db).await?;
    Ok(HttpResponse::Ok().json(ModelList { models: all.iter().map(ModelCard::of).collect() }))
}

/// One contestant.
#[utoipa::path(
    operation_id = "readModel", tag = "models",
    params(("slug" = String, Path, description = "Its name in addresses.")),
    responses((status = 200, body = ModelCard), (status = 404, body = ErrorBody)), security(())
)]
#[get("/models/{slug}")]
pub async fn card(arena: web::Data<AppState>, slug: web::Path<String>) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(ModelCard::of(&model)))
}
