//! One module a group of pages: parse, call an action, render.

use actix_web::HttpResponse;
use askama::Template;

use crate::error::Error;

pub mod admin;
pub mod api;
pub mod battle;
pub mod chat;
pub mod health;
pub mod history;
pub mod home;
pub mod language;
pub mod leaderboard;
pub mod metrics;
pub mod models;
pub mod named;
pub mod sse;
pub mod statics;
pub mod vote;

/// A page. What the visitor may see changes with every click, so that nothing of it is kept by caches.
pub(crate) fn html(page: &impl Template) -> Result<HttpResponse, Error> {
    let text = page.render().map_err(|cause| Error::Internal(cause.into()))?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("cache-control", "no-store"))
        .body(text))
}

/// After a form: to the page that shows its effect, so that a reload sends nothing twice.
pub(crate) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", path)).finish()
}
