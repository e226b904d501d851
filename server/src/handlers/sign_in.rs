//! The door of an arena that people sign in to: to the provider and back.

use actix_web::cookie::time::Duration;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::come_in::come_in;
use super::language::inner_path;
use super::{NoFields, html, html_error, refusal_at_door, see_other};
use crate::actions::sign_in_person::{BeginSignIn, FinishSignIn, way_back};
use crate::config::origin_of;
use crate::domain::{Access, SESSION_DAYS};
use crate::error::Error;
use crate::extract::{ACCESS_COOKIE, ClientAddress, CsrfForm, VISITOR_COOKIE, private_cookie, visitor_cookie};
use crate::state::AppState;
use crate::views::Page;

/// The cookie of somebody who is at the provider, before [`crate::config::Config::cookie_name`].
const WAY_COOKIE: &str = "way";
/// How long it lives; the way itself ends earlier.
const WAY_LIFE: Duration = Duration::minutes(20);

/// The door.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    pub page: Page,
    pub next: String,
    pub refusal: Option<String>,
    /// What was written and not sent.
    pub unsent: Option<String>,
}

/// Where to go after coming in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
}

/// The address of the door, for somebody who wants to go there.
pub(super) fn address(next: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("/sign-in?next={next}")
}

/// Where the provider sends people back.
fn callback(request: &HttpRequest, arena: &AppState) -> String {
    let origin = match &arena.config.public_url {
        Some(url) => origin_of(url),
        None => {
            let connection = request.connection_info();
            format!("{}://{}", connection.scheme(), connection.host())
        }
    };
    format!("{origin}/sign-in/callback")
}

/// Offers to sign in.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    query: web::Query<Next>,
) -> Result<HttpResponse, Error> {
    let (page, next) = (Page::of(&request), query.into_inner().next);
    match arena.site.settings().entry.access {
        Access::Open => Ok(see_other(inner_path(&next))),
        Access::Oidc if page.person.is_some() => Ok(see_other(inner_path(&next))),
        Access::Oidc => html(&SignInPage { page, next, refusal: None, unsent: None }),
        Access::Code => Ok(see_other("/access")),
    }
}

/// Sends somebody to the provider. A link leads here and no form: pages may send forms to this site alone, and browsers count where
/// an answer leads to.
pub async fn start(
    request: HttpRequest,
    arena: web::Data<AppState>,
    address: ClientAddress,
    query: web::Query<Next>,
) -> Result<HttpResponse, Error> {
    let next = query.into_inner().next;
    let begin = BeginSignIn { callback: callback(&request, &arena), next: next.clone(), address: address.0 };
    match begin.run(&arena).await {
        Ok(way) => {
            let cookie = private_cookie(&arena.config, WAY_COOKIE, way.sealed, WAY_LIFE);
            Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, way.address)).finish())
        }
        Err(error) => refused(&request, next, error),
    }
}

/// What the provider sends people back with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    state: String,
    code: String,
    error: String,
}

/// Lets in who comes back.
pub async fn come_back(
    request: HttpRequest,
    arena: web::Data<AppState>,
    address: ClientAddress,
    query: web::Query<Back>,
) -> Result<HttpResponse, Error> {
    let Back { state, code, error: refusal } = query.into_inner();
    let sealed = request.cookie(&arena.config.cookie_name(WAY_COOKIE)).map(|cookie| cookie.value().to_owned());
    let next = sealed.as_deref().and_then(|sealed| way_back(&arena, sealed)).unwrap_or_default();
    let callback = callback(&request, &arena);
    let finish = FinishSignIn { callback, sealed, state, code, refusal, address: address.0 };
    let mut response = match finish.run(&arena).await {
        Ok(known) => {
            let mut response = come_in(&request, &arena, &known.next)?;
            let pass = private_cookie(&arena.config, ACCESS_COOKIE, known.pass, Duration::days(SESSION_DAYS.into()));
            for cookie in [visitor_cookie(&arena.config, &known.visitor), pass] {
                response.add_cookie(&cookie).map_err(|cause| Error::Internal(cause.into()))?;
            }
            response
        }
        Err(error) => refused(&request, next, error)?,
    };
    // Who comes with the same once more has not set out.
    forget(&mut response, &arena, WAY_COOKIE)?;
    Ok(response)
}

/// The door with why it does not open.
fn refused(request: &HttpRequest, next: String, error: Error) -> Result<HttpResponse, Error> {
    if !matches!(error, Error::Invalid { .. } | Error::RateLimited { .. }) {
        return Err(error);
    }
    let page = Page::of(request);
    let refusal = Some(refusal_at_door(&page, &error));
    html_error(&SignInPage { page, next, refusal, unsent: None }, &error)
}

fn forget(response: &mut HttpResponse, arena: &AppState, name: &str) -> Result<(), Error> {
    let mut gone = private_cookie(&arena.config, name, String::new(), Duration::ZERO);
    gone.make_removal();
    response.add_cookie(&gone).map_err(|cause| Error::Internal(cause.into()))
}

/// Makes the browser nobody's again.
pub async fn sign_out(
    arena: web::Data<AppState>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let mut response = see_other("/sign-in");
    for name in [ACCESS_COOKIE, VISITOR_COOKIE] {
        forget(&mut response, &arena, name)?;
    }
    Ok(response)
}
