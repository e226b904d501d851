//! All models, for everyone.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::domain::ModelState;
use crate::error::Error;
use crate::handlers::html;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// The list.
#[derive(Debug, Template)]
#[template(path = "models/list.html")]
struct ModelListPage {
    page: Page,
    /// Those that answer, then disabled ones.
    present: Vec<Model>,
    retired: Vec<Model>,
    /// Those that nobody registered.
    imported: Vec<Model>,
}

/// All contestants.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    let all = models::list(&arena.db).await?;
    let (imported, own): (Vec<Model>, _) = all.into_iter().partition(Model::is_imported);
    let (retired, present) = own.into_iter().partition(|model| model.state == ModelState::Retired);
    html(&ModelListPage { page: Page::of(&request), present, retired, imported })
}
