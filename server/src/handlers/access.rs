//! The door of an arena that asks for an access code.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::language::inner_path;
use super::{html, html_error, see_other};
use crate::actions::enter::ShowCode;
use crate::domain::Access;
use crate::error::Error;
use crate::extract::{ACCESS_COOKIE, ClientAddress, CsrfForm};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::views::Page;

/// How long a browser need not show the code again, unless there is another one.
const COOKIE_DAYS: i64 = 400;

/// The door.
#[derive(Debug, Template)]
#[template(path = "access.html")]
struct AccessPage {
    page: Page,
    next: String,
    code: String,
    refusal: Option<String>,
}

/// Where to go after coming in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    next: String,
    code: String,
}

/// Asks for the code.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    query: web::Query<Shown>,
) -> Result<HttpResponse, Error> {
    // Links to an arena that is open by now lead in.
    if arena.site.settings().entry.access == Access::Open {
        return Ok(see_other(inner_path(&query.next)));
    }
    // A code in an address would stay in histories and logs: it is not taken from there.
    let next = query.into_inner().next;
    html(&AccessPage { page: Page::of(&request), next, code: String::new(), refusal: None })
}

/// Lets in who shows it.
pub async fn enter(
    request: HttpRequest,
    arena: web::Data<AppState>,
    address: ClientAddress,
    CsrfForm(form): CsrfForm<Shown>,
) -> Result<HttpResponse, Error> {
    match (ShowCode { code: form.code.clone(), address: address.0 }).run(&arena) {
        Ok(pass) => {
            let cookie = Cookie::build(arena.config.cookie_name(ACCESS_COOKIE), pass)
                .path("/")
                .http_only(true)
                .secure(arena.config.is_secure())
                .same_site(SameSite::Lax)
                .max_age(Duration::days(COOKIE_DAYS))
                .finish();
            let mut response = see_other(inner_path(&form.next));
            response.add_cookie(&cookie).map_err(|cause| Error::Internal(cause.into()))?;
            Ok(response)
        }
        Err(error @ (Error::Invalid { .. } | Error::RateLimited { .. })) => {
            let page = Page::of(&request);
            let refusal = Some(match error.retry_after_seconds() {
                Some(seconds) => page.t1("sign-in-limited", "seconds", seconds),
                None => error_text(&error, page.locale),
            });
            html_error(&AccessPage { page, next: form.next, code: form.code, refusal }, &error)
        }
        Err(error) => Err(error),
    }
}
