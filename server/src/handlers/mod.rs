//! One module a group of pages: parse, call an action, render.
//!
//! A page is one handler file, one struct in it (`SomethingPage`, or `SomethingPart` for a fragment that is also served
//! alone) and one template of the same path: `handlers/admin/votes.rs`, `VotesPage`, `templates/admin/votes.html`.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use serde::Deserialize;

use crate::error::Error;
use crate::i18n::error_text;
use crate::views::Page;

pub mod access;
pub mod admin;
pub mod api;
pub mod battle;
mod come_in;
pub mod compare;
pub mod factors;
pub mod health;
pub mod held;
pub mod help;
pub mod history;
pub mod home;
pub mod judges;
pub mod language;
pub mod leaderboard;
pub mod metrics;
pub mod models;
pub mod my_votes;
pub mod new_chat;
pub mod reasons;
pub mod sign_in;
pub mod sse;
pub mod statics;
pub mod texts;
pub mod theme;
mod whiskers;

/// A page. What the visitor may see changes with every click, so that nothing of it is kept by caches.
pub(crate) fn html(page: &impl Template) -> Result<HttpResponse, Error> {
    let text = page.render().map_err(|cause| Error::Internal(cause.into()))?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("cache-control", "no-store"))
        .body(text))
}

/// A form with what is wrong in it.
pub(crate) fn html_unprocessable(page: &impl Template) -> Result<HttpResponse, Error> {
    let mut response = html(page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// What a door says that does not open: when to come again, or why.
pub(crate) fn refusal_at_door(page: &Page, error: &Error) -> String {
    match error.retry_after_seconds() {
        Some(seconds) => page.t1("sign-in-limited", "seconds", seconds),
        None => error_text(error, page.locale),
    }
}

/// A page that says what went wrong, and keeps what was written.
pub(crate) fn html_error(page: &impl Template, error: &Error) -> Result<HttpResponse, Error> {
    let mut response = html(page)?;
    *response.status_mut() = error.status_code();
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Whether the page that sent a message can say what is wrong with it, so that the message is not lost.
pub(crate) const fn keeps_message(error: &Error) -> bool {
    matches!(
        error,
        Error::Invalid { .. }
            | Error::RateLimited { .. }
            | Error::Busy { .. }
            | Error::Conflict(_)
            | Error::NoModels(_)
    )
}

/// After a form: to the page that shows its effect, so that a reload sends nothing twice.
pub(crate) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", path)).finish()
}

/// A form that is only a button.
#[derive(Debug, Deserialize)]
pub struct NoFields {}
