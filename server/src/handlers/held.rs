//! A message that somebody sent before they had come in: told at the door, and given back behind it.

use actix_web::cookie::time::Duration;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::access::AccessPage;
use super::come_in::HELD_COOKIE;
use super::sign_in::SignInPage;
use super::{html, html_error, see_other};
use crate::actions::hold_form::{self, HeldForm, HoldForm};
use crate::domain::Access;
use crate::error::Error;
use crate::extract::{ClientAddress, Visitor, private_cookie};
use crate::limits::Caller;
use crate::state::AppState;
use crate::views::Page;

/// The door for somebody who sent a message: it is held until they have come in.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
) -> Result<HttpResponse, Error> {
    let form = request.extensions().get::<HeldForm>().cloned();
    let Some(form) = form else { return Ok(see_other("/access")) };
    let (page, message) = (Page::of(&request), form.message().to_owned());
    // Where it cannot be held, the page shows it all the same.
    let caller = Caller { voter: visitor.id(), address: address.0 };
    let token = HoldForm { caller, form }.run(&arena).await.ok();
    let (next, unsent) = (String::new(), Some(message));
    let mut response = match arena.site.settings().entry.access {
        Access::Oidc => html_error(&SignInPage { page, next, refusal: None, unsent }, &Error::AccessRequired)?,
        _ => {
            let door = AccessPage { page, next, code: String::new(), refusal: None, unsent };
            html_error(&door, &Error::AccessRequired)?
        }
    };
    if let Some(token) = token {
        let cookie = private_cookie(&arena.config, HELD_COOKIE, token, Duration::hours(1));
        response.add_cookie(&cookie).map_err(|cause| Error::Internal(cause.into()))?;
    }
    Ok(response)
}

/// What was held, to be sent now.
#[derive(Debug, Template)]
#[template(path = "held.html")]
struct HeldPage {
    page: Page,
    form: HeldForm,
}

/// Names what is held.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    held: String,
}

/// Gives back what was held.
pub async fn give_back(
    request: HttpRequest,
    arena: web::Data<AppState>,
    query: web::Query<Wanted>,
) -> Result<HttpResponse, Error> {
    match hold_form::held(&arena, &query.held).await? {
        Some(form) => html(&HeldPage { page: Page::of(&request), form }),
        None => Ok(see_other("/battle")),
    }
}
