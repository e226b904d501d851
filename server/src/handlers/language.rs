//! Switching between English and Chinese.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::error::Error;
use crate::extract::CsrfForm;
use crate::i18n::Locale;
use crate::state::AppState;

/// The form of the language switch.
#[derive(Debug, Deserialize)]
pub struct Choice {
    language: String,
    #[serde(default)]
    back: String,
}

/// Remembers the language and goes back to the page.
pub async fn choose(arena: web::Data<AppState>, CsrfForm(choice): CsrfForm<Choice>) -> Result<HttpResponse, Error> {
    let locale: Locale = choice.language.parse().map_err(|_| Error::invalid("language", choice.language.clone()))?;
    Ok(remember(&remembered(&arena, "lang", locale.as_str()), &choice.back))
}

/// A choice of the visitor's that outlives the browser.
pub(super) fn remembered<'a>(arena: &AppState, name: &'a str, value: &'a str) -> Cookie<'a> {
    Cookie::build(name, value)
        .path("/")
        .secure(arena.config.is_secure())
        .same_site(SameSite::Lax)
        .http_only(true)
        .max_age(Duration::days(400))
        .finish()
}

/// Back to the page, with the choice.
pub(super) fn remember(cookie: &Cookie<'_>, back: &str) -> HttpResponse {
    HttpResponse::SeeOther().cookie(cookie.clone()).insert_header(("location", inner_path(back))).finish()
}

/// A path of this site, or the front page: never an address of another site.
pub(super) fn inner_path(back: &str) -> &str {
    let inner =
        back.starts_with('/') && !back.starts_with("//") && !back.contains('\\') && !back.chars().any(char::is_control);
    if inner { back } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::inner_path;

    #[test]
    fn the_way_back_stays_on_this_site() {
        assert_eq!(inner_path("/leaderboard?language=zh"), "/leaderboard?language=zh");
        for outer in ["https://example.org", "//example.org", "/\\example.org", "", "/a\r\nb"] {
            assert_eq!(inner_path(outer), "/", "{outer:?}");
        }
    }
}
