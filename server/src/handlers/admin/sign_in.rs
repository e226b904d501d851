//! Signing in and out.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use crate::actions::sign_in::{SignIn, SignOut};
use crate::config::Config;
use crate::error::Error;
use crate::extract::{Admin, ClientAddress, CsrfForm, SESSION_COOKIE};
use crate::handlers::{NoFields, html, see_other};
use crate::state::AppState;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/sign_in.html")]
struct SignInPage {
    page: Page,
    name: String,
    next: String,
    refusal: Option<String>,
}

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
}

/// Asks for name and password.
pub async fn page(request: HttpRequest, query: web::Query<Next>) -> Result<HttpResponse, Error> {
    let next = query.into_inner().next;
    html(&SignInPage { page: Page::of(&request), name: String::new(), next, refusal: None })
}

/// The filled form.
#[derive(Debug, Deserialize)]
pub struct Form {
    name: String,
    password: SecretString,
    #[serde(default)]
    next: String,
}

/// Checks name and password.
pub async fn sign_in(
    request: HttpRequest,
    arena: web::Data<AppState>,
    address: ClientAddress,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, Error> {
    let Form { name, password, next } = form;
    match (SignIn { name: name.clone(), password, address: address.0 }).run(&arena).await {
        Ok(token) => {
            let mut response = see_other(inner(&next));
            response
                .add_cookie(&session_cookie(&arena.config, &token))
                .map_err(|cause| Error::Internal(cause.into()))?;
            Ok(response)
        }
        Err(error @ (Error::Invalid { .. } | Error::RateLimited { .. })) => {
            let page = Page::of(&request);
            let wait = error.retry_after().map(|time| time.as_secs());
            let refusal = Some(match wait {
                Some(seconds) => page.t1("sign-in-limited", "seconds", seconds),
                None => page.t("error-sign-in-failed"),
            });
            let mut response = html(&SignInPage { page, name, next, refusal })?;
            *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            if let Some(seconds) = wait {
                response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
        Err(error) => Err(error),
    }
}

/// Ends the session.
pub async fn sign_out(arena: web::Data<AppState>, admin: Admin, _: CsrfForm<NoFields>) -> Result<HttpResponse, Error> {
    SignOut { admin }.run(&arena).await?;
    let mut response = see_other("/admin/sign-in");
    let mut cookie = session_cookie(&arena.config, "");
    cookie.make_removal();
    response.add_cookie(&cookie).map_err(|cause| Error::Internal(cause.into()))?;
    Ok(response)
}

/// The cookie of a session. It ends with the browser; the database ends it sooner.
pub(super) fn session_cookie(config: &Config, token: &str) -> Cookie<'static> {
    Cookie::build(config.cookie_name(SESSION_COOKIE), token.to_owned())
        .path("/")
        .http_only(true)
        .secure(config.is_secure())
        .same_site(SameSite::Lax)
        .finish()
}

/// A page of the administration, or its first one: never an address elsewhere.
fn inner(next: &str) -> &str {
    let fits = next == "/admin" || next.starts_with("/admin/");
    if fits && !next.contains('\\') && !next.chars().any(char::is_control) { next } else { "/admin" }
}

#[cfg(test)]
mod tests {
    use super::inner;

    #[test]
    fn the_way_on_stays_in_the_administration() {
        assert_eq!(inner("/admin/models?kind=local"), "/admin/models?kind=local");
        for outer in ["", "/", "https://example.org", "//example.org", "/admin\\..", "/adminx", "/admin/\r\nx"] {
            assert_eq!(inner(outer), "/admin", "{outer:?}");
        }
    }
}
