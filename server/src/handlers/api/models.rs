//! The contestants' cards.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::ErrorBody;
use crate::app::Arena;
use crate::domain::{ModelKind, ModelState};
use crate::error::Error;
use crate::store::models::{self, Model};

/// A contestant's card.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelCard {
    /// Its name in addresses.
    pub slug: String,
    /// Its name on pages.
    pub name: String,
    /// A local file, or an endpoint.
    pub kind: ModelKind,
    /// Whether it may be drawn.
    pub state: ModelState,
    /// The family, such as Mixtral.
    pub family: String,
    /// The model it was made from.
    pub base_model: String,
    /// The quantisation, such as Q4_K.
    pub quantisation: String,
    /// Parameters in all.
    pub parameters: Option<i64>,
    /// Parameters that work on one token.
    pub active_parameters: Option<i64>,
    /// The longest conversation in tokens, where it was set.
    pub context_length: Option<i32>,
    /// The licence of the weights.
    pub licence: String,
    /// Where to read more.
    pub link: String,
    /// Description in English.
    pub description_en: String,
    /// Description in Chinese.
    pub description_zh: String,
}

impl ModelCard {
    /// The card of a model: nothing of where it runs or how it is reached.
    pub fn of(model: &Model) -> Self {
        Self {
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            kind: model.kind,
            state: model.state,
            family: model.family.clone(),
            base_model: model.base_model.clone(),
            quantisation: model.quantisation.clone(),
            parameters: model.parameters,
            active_parameters: model.active_parameters,
            context_length: model.context_length,
            licence: model.licence.clone(),
            link: model.link.clone(),
            description_en: model.description_en.clone(),
            description_zh: model.description_zh.clone(),
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
    get, path = "/api/v1/models", operation_id = "listModels", tag = "models",
    responses((status = 200, body = ModelList)), security(())
)]
pub async fn list(arena: web::Data<Arena>) -> Result<HttpResponse, Error> {
    let all = models::list(&arena.db).await?;
    Ok(HttpResponse::Ok().json(ModelList { models: all.iter().map(ModelCard::of).collect() }))
}

/// One contestant.
#[utoipa::path(
    get, path = "/api/v1/models/{slug}", operation_id = "readModel", tag = "models",
    params(("slug" = String, Path, description = "Its name in addresses.")),
    responses((status = 200, body = ModelCard), (status = 404, body = ErrorBody)), security(())
)]
pub async fn card(arena: web::Data<Arena>, slug: web::Path<String>) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(ModelCard::of(&model)))
}
