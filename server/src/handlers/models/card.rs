//! The card of one model, for everyone.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::error::Error;
use crate::handlers::html;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::supervisor::{LoadState, Snapshot};
use crate::views::Page;

/// One card.
#[derive(Debug, Template)]
#[template(path = "models/card.html")]
struct ModelCardPage {
    page: Page,
    model: Model,
    /// The context, by the registration or by the loaded model itself.
    context: Option<i64>,
    /// The device that it was placed on, else the one it is to have; an endpoint's is unknown.
    device: Option<String>,
}

/// The longest conversation of a model in tokens: as its settings say, else as the worker that has loaded it.
pub fn context_of(model: &Model, workers: &Snapshot) -> Option<i64> {
    let loaded = || {
        let view = workers.models.iter().find(|view| view.id == model.id)?;
        match &view.state {
            LoadState::Ready { card } => card.get("context")?.as_i64(),
            _ => None,
        }
    };
    model.settings.card.context_length.or_else(loaded)
}

/// The card of one contestant.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let snapshot = arena.workers.state();
    let view = snapshot.models.iter().find(|view| view.id == model.id);
    let context = context_of(&model, &snapshot);
    let preferred = model.settings.source.local().map(|source| source.device.to_string());
    let device = view.and_then(|view| view.device.clone()).or(preferred);
    html(&ModelCardPage { page: Page::of(&request), model, context, device })
}

impl Model {
    /// The description in the page's language, else in the other one.
    pub fn description(&self, locale: &Locale) -> &str {
        let (own, other) = match locale {
            Locale::En => (&self.settings.card.description_en, &self.settings.card.description_zh),
            Locale::Zh => (&self.settings.card.description_zh, &self.settings.card.description_en),
        };
        if own.is_empty() { other } else { own }
    }
}
