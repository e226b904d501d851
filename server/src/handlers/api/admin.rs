//! Administration with a bearer token: the models.

use actix_web::http::header::LOCATION;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::ErrorBody;
use super::model_schema::ModelChange;
use super::schemas;
use crate::actions::change_model::{ChangeModel, KeyChange, SetModelState, needs_look};
use crate::actions::inspect_model::InspectModel;
use crate::actions::register_model::RegisterModel;
use crate::domain::{ModelKind, ModelSettings, ModelState};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::handlers::admin::inspection_report::InspectionReport;
use crate::inference_server::inspect::Depth;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// A model as its administrator sees it. The key is never shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminModel {
    /// Its name in URLs.
    pub slug: String,
    /// Its name on pages, as `display_name`.
    pub name: String,
    /// Whether it may be sampled for battles.
    pub state: ModelState,
    /// Whether it has a key.
    pub has_key: bool,
    /// What is said of it.
    #[serde(flatten)]
    pub settings: ModelSettings,
}

impl AdminModel {
    fn of(model: &Model) -> Self {
        Self {
            slug: model.slug.clone(),
            name: model.name().to_owned(),
            state: model.state,
            has_key: model.has_key(),
            settings: model.settings.clone(),
        }
    }
}

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminModels {
    /// The models.
    pub models: Vec<AdminModel>,
}

/// A model to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewModel {
    /// A local file, or an endpoint.
    kind: ModelKind,
    /// Its name in addresses; by default made of the display name.
    #[schema(schema_with = schemas::slug)]
    slug: Option<String>,
    /// Everything else. `display_name` is needed, and `path`, or `base_url` and `remote_model`.
    model: ModelChange,
}

/// All models.
#[utoipa::path(
    operation_id = "adminListModels", tag = "admin",
    responses((status = 200, body = AdminModels)), security(("admin" = []))
)]
#[get("/admin/models")]
pub async fn list(_admin: ApiAdmin, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    let models = models::list(&arena.db).await?;
    Ok(HttpResponse::Ok().json(AdminModels { models: models.iter().map(AdminModel::of).collect() }))
}

/// One model.
#[utoipa::path(
    operation_id = "adminReadModel", tag = "admin",
    params(("slug" = String, Path, description = "Its name in addresses.")),
    responses((status = 200, body = AdminModel), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[get("/admin/models/{slug}")]
pub async fn read(
    _admin: ApiAdmin,
    arena: web::Data<AppState>,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(AdminModel::of(&model)))
}

/// Registers a model. The file's header is read, or the endpoint is spoken to, before anything is saved.
#[utoipa::path(
    operation_id = "adminRegisterModel", tag = "admin", request_body = NewModel,
    responses((status = 201, body = AdminModel, headers(("Location" = String, description = "Where it is."))),
              (status = 409, body = ErrorBody)),
    security(("admin" = []))
)]
#[post("/admin/models")]
pub async fn register(
    request: HttpRequest,
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    new: web::Json<NewModel>,
) -> Result<HttpResponse, Error> {
    let NewModel { kind, slug, model: said } = new.into_inner();
    let mut settings = said.over(&ModelSettings::empty(kind))?;
    let key = match said.key_change() {
        KeyChange::Replace(key) => Some(key),
        KeyChange::Keep | KeyChange::Remove => None,
    };
    examine(&arena, &mut settings, key.clone(), said.force, &Page::of(&request)).await?;
    let (id, slug) = RegisterModel { by: Some(admin.id), slug, settings, key }.run(&arena).await?;
    if let Some(state) = said.state.filter(|state| *state != ModelState::Enabled) {
        SetModelState { by: admin.id, slug: &slug, state }.run(&arena).await?;
    }
    let model = models::by_id(&arena.db, id).await?.ok_or(Error::NotFound)?;
    let place = format!("/api/v1/admin/models/{slug}");
    Ok(HttpResponse::Created().insert_header((LOCATION, place)).json(AdminModel::of(&model)))
}

/// Looks at the file or the endpoint, and fills in what it tells of itself. A refusal says what the form says.
async fn examine(
    arena: &AppState,
    settings: &mut ModelSettings,
    key: Option<SecretString>,
    force: bool,
    page: &Page,
) -> Result<(), Error> {
    let found = InspectModel { settings: settings.clone(), key, depth: Depth::Trial }.run(arena).await?;
    if !found.may_save(force) {
        let field = if settings.source.kind() == ModelKind::Local { "path" } else { "base_url" };
        let why = InspectionReport::of(&found, arena, page).detail;
        let why = why.trim_end_matches(['.', '。']);
        return Err(Error::invalid("api-model-unusable", format!("{field}: {why}")));
    }
    found.complete(settings);
    Ok(())
}

/// Changes a model: what is said of it, its key, or whether it is drawn. No restart is needed.
#[utoipa::path(
    operation_id = "adminChangeModel", tag = "admin",
    request_body = ModelChange, params(("slug" = String, Path, description = "Its name in addresses.")),
    responses((status = 200, body = AdminModel), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("admin" = []))
)]
#[patch("/admin/models/{slug}")]
pub async fn change(
    request: HttpRequest,
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    slug: web::Path<String>,
    said: web::Json<ModelChange>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let mut settings = said.over(&model.settings)?;
    let key = said.key_change();
    if needs_look(&model, &settings, &key) {
        let key = key.key_of(&arena, Some(&model))?;
        examine(&arena, &mut settings, key, said.force, &Page::of(&request)).await?;
    }
    ChangeModel { by: admin.id, model: &model, settings, key }.run(&arena).await?;
    if let Some(state) = said.state {
        SetModelState { by: admin.id, slug: &model.slug, state }.run(&arena).await?;
    }
    let model = models::by_id(&arena.db, model.id).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(AdminModel::of(&model)))
}
