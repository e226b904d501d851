//! Light, dark, or as the system has it.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::language::{remember, remembered};
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
    let mut cookie = remembered(&arena, "theme", theme.as_str());
    if theme == Theme::System {
        cookie.make_removal();
    }
    Ok(remember(&cookie, &choice.back))
}
