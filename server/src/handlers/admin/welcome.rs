//! The one-time link by which someone becomes an administrator.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use super::sign_in::session_cookie;
use crate::actions::create_admin::{self, AcceptInvitation};
use crate::error::Error;
use crate::extract::CsrfForm;
use crate::handlers::{html, see_other};
use crate::i18n::error_text;
use crate::passwords;
use crate::state::AppState;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/welcome.html")]
struct WelcomePage {
    page: Page,
    is_open: bool,
    name: String,
    shortest: usize,
    refusal: Option<String>,
}

/// Asks for a name and a password, or says that the link is spent.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    token: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let is_open = create_admin::is_open(&arena, &token).await?;
    let page = Page::of(&request);
    let mut response =
        html(&WelcomePage { page, is_open, name: String::new(), shortest: passwords::SHORTEST, refusal: None })?;
    if !is_open {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

/// The filled form.
#[derive(Debug, Deserialize)]
pub struct Form {
    name: String,
    password: SecretString,
    again: SecretString,
}

/// Uses the link up and signs the new administrator in.
pub async fn create(
    request: HttpRequest,
    arena: web::Data<AppState>,
    token: web::Path<String>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, Error> {
    let Form { name, password, again } = form;
    let accepted = AcceptInvitation { token: token.to_string(), name: name.clone(), password, again }.run(&arena).await;
    match accepted {
        Ok(token) => {
            let mut response = see_other("/admin");
            response
                .add_cookie(&session_cookie(&arena.config, &token))
                .map_err(|cause| Error::Internal(cause.into()))?;
            Ok(response)
        }
        Err(error @ (Error::Invalid { .. } | Error::Conflict(_))) => {
            let page = Page::of(&request);
            let refusal = Some(error_text(&error, page.locale));
            let mut response =
                html(&WelcomePage { page, is_open: true, name, shortest: passwords::SHORTEST, refusal })?;
            *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            Ok(response)
        }
        Err(Error::NotFound) => page(request, arena, token).await,
        Err(error) => Err(error),
    }
}
