//! Sets of prompts: which there are, and how far their answers are prepared.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::change_prompt_set::{AddPromptSet, MAX_SET_NAME};
use crate::actions::prepare_answers::playing;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{html, html_error, see_other};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::store::prompt_sets::{self, PromptSet};
use crate::views::Page;

/// How far the answers of a set are prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::handlers) struct Prepared {
    pub done: i64,
    pub total: i64,
}

impl Prepared {
    /// Of so many models that play. Answers of models that play no longer are not missing.
    pub fn of(set: &PromptSet, models: usize) -> Self {
        let total = set.prompts * i64::try_from(models).unwrap_or(i64::MAX);
        Self { done: set.answers.min(total), total }
    }

    /// In percent, rounded down: 100 says that all are there.
    pub fn percent(self) -> i64 {
        100 * self.done / self.total.max(1)
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/prompt_sets.html")]
struct PromptSetsPage {
    page: Page,
    admin: Admin,
    sets: Vec<(PromptSet, Prepared)>,
    /// What stands in the field of a new set's name.
    name: String,
    /// Why it was not added.
    error: Option<String>,
}

impl PromptSetsPage {
    async fn of(request: &HttpRequest, arena: &AppState, admin: Admin) -> Result<Self, Error> {
        let models = playing(arena).await?.len();
        let sets = prompt_sets::list(&arena.db, None).await?;
        let sets = sets.into_iter().map(|set| (Prepared::of(&set, models), set)).map(|(known, set)| (set, known));
        Ok(Self { page: Page::of(request), admin, sets: sets.collect(), name: String::new(), error: None })
    }
}

/// The sets.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    html(&PromptSetsPage::of(&request, &arena, admin).await?)
}

/// A new set.
#[derive(Debug, Deserialize)]
pub struct NewSet {
    name: String,
}

/// Adds a set, and goes to where its prompts are added.
pub async fn add(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<NewSet>,
) -> Result<HttpResponse, Error> {
    match (AddPromptSet { admin: Some(admin.id), name: form.name.clone() }).run(&arena).await {
        Ok(id) => Ok(see_other(&format!("/admin/prompts/{id}"))),
        Err(error @ Error::Invalid { .. }) => {
            let mut view = PromptSetsPage::of(&request, &arena, admin).await?;
            view.error = Some(error_text(&error, view.page.locale));
            view.name = form.name;
            html_error(&view, &error)
        }
        Err(error) => Err(error),
    }
}
