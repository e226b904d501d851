//! Tokens of the JSON API.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::api_tokens::{CreateToken, RevokeToken};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, see_other};
use crate::state::AppState;
use crate::store::admins::{self, ApiTokenRow};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/tokens.html")]
struct TokensPage {
    page: Page,
    admin: Admin,
    tokens: Vec<ApiTokenRow>,
    /// A token that was just made: shown this once.
    fresh: Option<String>,
}

/// The list.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let tokens = admins::tokens(&arena.db).await?;
    html(&TokensPage { page: Page::of(&request), admin, tokens, fresh: None })
}

/// What to call a new token.
#[derive(Debug, Deserialize)]
pub struct NewToken {
    label: String,
}

/// Makes a token and shows it.
pub async fn create(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<NewToken>,
) -> Result<HttpResponse, Error> {
    let fresh = Some(CreateToken { by: admin.id, label: form.label }.run(&arena).await?);
    let tokens = admins::tokens(&arena.db).await?;
    html(&TokensPage { page: Page::of(&request), admin, tokens, fresh })
}

/// Revokes a token.
pub async fn revoke(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    RevokeToken { by: admin.id, id: *id }.run(&arena).await?;
    Ok(see_other("/admin/tokens"))
}
