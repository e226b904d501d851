//! Pairs whose answers are there already, and prompts for those who have none in mind.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::new::{Begin, NewBattlePage, Trouble};
use super::samples::random_prompt;
use crate::actions::start_prepared::StartPrepared;
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::handlers::{html_error, keeps_message, see_other};
use crate::i18n::Locale;
use crate::limits::Caller;
use crate::state::AppState;

/// A pair is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// A theme; may be empty.
    theme: String,
    /// `yes` where the visitor agrees to the terms.
    agrees: String,
}

/// Begins a battle whose answers are there.
pub async fn start(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    locale: Locale,
    CsrfForm(form): CsrfForm<Wanted>,
) -> Result<HttpResponse, Error> {
    let wanted = StartPrepared {
        caller: Caller { voter: visitor.id(), address: address.0 },
        language: locale.as_str(),
        theme: form.theme.clone(),
        agrees: form.agrees == "yes",
    };
    match wanted.run(&arena).await {
        Ok(id) => Ok(see_other(&format!("/battle/{id}"))),
        Err(error) if keeps_message(&error) => {
            let begin = Begin::of_theme(form.theme, form.agrees);
            let mut page = NewBattlePage::read(&request, &arena, &visitor, begin).await?;
            page.trouble = Some(Trouble::new(&error, page.page.locale));
            html_error(&page, &error)
        }
        Err(error) => Err(error),
    }
}

/// What kind of prompt is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Theme {
    theme: String,
}

/// A prompt of the sets that visitors are offered, as plain text.
pub async fn random(
    arena: web::Data<AppState>,
    locale: Locale,
    query: web::Query<Theme>,
) -> Result<HttpResponse, Error> {
    let prompt = random_prompt(&arena, locale, &query.theme).await?.ok_or(Error::NotFound)?;
    let mut response = HttpResponse::Ok();
    response.insert_header(ContentType::plaintext()).insert_header(("Cache-Control", "no-store"));
    Ok(response.body(prompt))
}
