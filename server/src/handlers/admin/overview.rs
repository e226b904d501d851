//! The administration's first page: how the arena is doing.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::status::StatusPart;
use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::html;
use crate::state::AppState;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    page: Page,
    admin: Admin,
    status: StatusPart,
}

/// The overview.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let status = StatusPart::of(&request, &arena).await?;
    html(&OverviewPage { page: Page::of(&request), admin, status })
}
