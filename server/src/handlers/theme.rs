//! Light, dark, or as the system has it.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::language::inner_path;
use super::see_other;
use crate::error::Error;
use crate::extract::CsrfForm;
use crate::state::AppState;
use crate::views::Theme;

#[derive(Debug, Deserialize)]
pub struct Choice {
    theme: String,
    #[serde(default)]
    back: String,
}

/// Remembers the theme and goes back to the page.
pub async fn choose(arena: web::Data<AppState>, CsrfForm(choice): CsrfForm<Choice>) -> Result<HttpResponse, Error> {
    let theme: Theme = choice.theme.parse().map_err(|_| Error::invalid("form", choice.theme.clone()))?;
    let cookie = Cookie::build("theme", theme.as_str())
        .path("/")
        .secure(arena.config.is_secure())
        .same_site(SameSite::Lax)
        .http_only(true)
        .max_age(if theme == Theme::System { Duration::ZERO } else { Duration::days(400) })
        .finish();
    let mut response = see_other(inner_path(&choice.back));
    response.add_cookie(&cookie).map_err(|cause| Error::Internal(cause.into()))?;
    Ok(response)
}
