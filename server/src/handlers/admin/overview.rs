//! How the arena is doing.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::html;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/overview.html")]
struct Overview {
    page: Page,
    admin: Admin,
}

/// The overview.
pub async fn page(request: HttpRequest, admin: Admin) -> Result<HttpResponse, Error> {
    html(&Overview { page: Page::of(&request), admin })
}
