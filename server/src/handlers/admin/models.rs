//! The candidates as administrators see them: how each is doing, and whether it is drawn.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::model_health::ModelHealth;
use crate::actions::change_model::{RetryModel, SetModelState};
use crate::domain::ModelState;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, see_other};
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// The list.
#[derive(Debug, Template)]
#[template(path = "admin/models.html")]
struct ModelsPage {
    page: Page,
    admin: Admin,
    rows: Vec<(Model, ModelHealth)>,
    /// What was just saved.
    done: Option<String>,
}

/// What to confirm after a form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// All candidates.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let all = models::list(&arena.db).await?;
    let done = all.iter().find(|model| model.slug == query.done).map(|model| model.name().to_owned());
    let snapshot = arena.workers.state();
    let rows = all.into_iter().map(|model| {
        let condition = ModelHealth::of(&arena, &snapshot, &model, &page);
        (model, condition)
    });
    html(&ModelsPage { rows: rows.collect(), page, admin, done })
}

/// The state that a model should have.
#[derive(Debug, Deserialize)]
pub struct NewState {
    state: ModelState,
}

/// Enables, disables or retires.
pub async fn set_state(
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
    CsrfForm(form): CsrfForm<NewState>,
) -> Result<HttpResponse, Error> {
    SetModelState { by: admin.id, slug: &slug, state: form.state }.run(&arena).await?;
    Ok(see_other("/admin/models"))
}

/// Loads a model again that could not be loaded, and forgets what it did wrong.
pub async fn retry(
    arena: web::Data<AppState>,
    _: Admin,
    slug: web::Path<String>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    RetryModel { slug: &slug }.run(&arena).await?;
    Ok(see_other("/admin/models"))
}
