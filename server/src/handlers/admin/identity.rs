//! The names that give a model away, and a place to try sentences.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::edit_identity_names::EditIdentityNames;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{html, see_other};
use crate::state::AppState;
use crate::store::identity;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/identity.html")]
struct IdentityPage {
    page: Page,
    admin: Admin,
    models: String,
    words: String,
    makers: String,
    /// A text that was tried, and the sentence of it that gives a model away.
    tried: Option<(String, Option<String>)>,
}

impl IdentityPage {
    async fn of(
        request: &HttpRequest,
        arena: &AppState,
        admin: Admin,
        tried: Option<(String, Option<String>)>,
    ) -> Result<Self, Error> {
        let lists = identity::lists(&arena.db).await?;
        let (models, words, makers) = (lists.models.join("\n"), lists.words.join("\n"), lists.makers.join("\n"));
        Ok(Self { page: Page::of(request), admin, models, words, makers, tried })
    }
}

/// The lists in force.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    html(&IdentityPage::of(&request, &arena, admin, None).await?)
}

/// The three lists, one name a line.
#[derive(Debug, Deserialize)]
pub struct Lists {
    models: String,
    words: String,
    makers: String,
}

/// Keeps the lists.
pub async fn save(
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<Lists>,
) -> Result<HttpResponse, Error> {
    let Lists { models, words, makers } = form;
    EditIdentityNames { by: admin.id, models, words, makers }.run(&arena).await?;
    Ok(see_other("/admin/identity"))
}

/// A text to try.
#[derive(Debug, Deserialize)]
pub struct Sample {
    text: String,
}

/// Says whether an answer of this text would give its model away.
pub async fn try_text(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<Sample>,
) -> Result<HttpResponse, Error> {
    let found = arena.streams.giveaways().find(&form.text).await?;
    html(&IdentityPage::of(&request, &arena, admin, Some((form.text, found))).await?)
}
