//! The question before a model is retired.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::html;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// The question before a model is retired.
#[derive(Debug, Template)]
#[template(path = "admin/retire.html")]
struct RetirePage {
    page: Page,
    admin: Admin,
    model: Model,
}

/// Asks before a model is retired: there is no way back.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    html(&RetirePage { page: Page::of(&request), admin, model })
}
