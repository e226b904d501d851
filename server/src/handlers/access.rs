//! The door of a closed arena: by an access code, or on to where people sign in.

use actix_web::cookie::time::Duration;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::come_in::come_in;
use super::language::inner_path;
use super::{html, html_error, refusal_at_door, see_other};
use crate::actions::enter::ShowCode;
use crate::domain::Access;
use crate::error::Error;
use crate::extract::{ACCESS_COOKIE, ClientAddress, CsrfForm, private_cookie};
use crate::state::AppState;
use crate::views::Page;

/// How long a browser need not show the code again, unless there is another one.
const COOKIE_LIFE: Duration = Duration::days(400);

/// The door.
#[derive(Debug, Template)]
#[template(path = "access.html")]
pub(super) struct AccessPage {
    pub page: Page,
    pub next: String,
    pub code: String,
    pub refusal: Option<String>,
    /// What was written and not sent.
    pub unsent: Option<String>,
}

/// Where to go after coming in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    next: String,
    code: String,
}

/// Asks for the code, or leads to where people sign in.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    query: web::Query<Shown>,
) -> Result<HttpResponse, Error> {
    // A code in an address would stay in histories and logs: it is not taken from there.
    let next = query.into_inner().next;
    match arena.site.settings().entry.access {
        // Links to an arena that is open by now lead in.
        Access::Open => Ok(see_other(inner_path(&next))),
        Access::Oidc => Ok(see_other(&super::sign_in::address(&next))),
        Access::Code => {
            html(&AccessPage { page: Page::of(&request), next, code: String::new(), refusal: None, unsent: None })
        }
    }
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
            let mut response = come_in(&request, &arena, &form.next)?;
            let cookie = private_cookie(&arena.config, ACCESS_COOKIE, pass, COOKIE_LIFE);
            response.add_cookie(&cookie).map_err(|cause| Error::Internal(cause.into()))?;
            Ok(response)
        }
        Err(error @ (Error::Invalid { .. } | Error::RateLimited { .. })) => {
            let page = Page::of(&request);
            let refusal = Some(refusal_at_door(&page, &error));
            html_error(&AccessPage { page, next: form.next, code: form.code, refusal, unsent: None }, &error)
        }
        // The door is another by now, or none.
        Err(Error::AccessRequired) => Ok(see_other("/access")),
        Err(error) => Err(error),
    }
}
