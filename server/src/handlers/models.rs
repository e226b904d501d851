//! The contestants' cards, for everyone.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::app::Arena;
use crate::domain::{ModelKind, ModelState};
use crate::error::Error;
use crate::handlers::html;
use crate::i18n::Locale;
use crate::store::models::{self, Model};
use crate::views::Page;
use crate::workers::LoadState;

/// The list.
#[derive(Debug, Template)]
#[template(path = "models/list.html")]
struct List {
    page: Page,
    /// Those that answer, then disabled ones.
    present: Vec<Model>,
    retired: Vec<Model>,
}

/// One card.
#[derive(Debug, Template)]
#[template(path = "models/card.html")]
struct Card {
    page: Page,
    model: Model,
    /// The context, by the registration or by the loaded model itself.
    context: Option<i64>,
    /// The device that it was placed on, else the one it is to have.
    device: String,
}

/// All contestants.
pub async fn list(request: HttpRequest, arena: web::Data<Arena>) -> Result<HttpResponse, Error> {
    let all = models::list(&arena.db).await?;
    let (retired, present) = all.into_iter().partition(|model| model.state == ModelState::Retired);
    html(&List { page: Page::of(&request), present, retired })
}

/// The card of one contestant.
pub async fn card(
    request: HttpRequest,
    arena: web::Data<Arena>,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let snapshot = arena.workers.state();
    let view = snapshot.models.iter().find(|view| view.id == model.id);
    let loaded = view.and_then(|view| match &view.state {
        LoadState::Ready { card } => card.get("context")?.as_i64(),
        _ => None,
    });
    let context = model.context_length.map(i64::from).or(loaded);
    let device = view.and_then(|view| view.device.clone()).unwrap_or_else(|| model.device.clone());
    html(&Card { page: Page::of(&request), model, context, device })
}

impl Model {
    /// The description in the page's language, else in the other one.
    pub fn description(&self, locale: &Locale) -> &str {
        let (own, other) = match locale {
            Locale::En => (&self.description_en, &self.description_zh),
            Locale::Zh => (&self.description_zh, &self.description_en),
        };
        if own.is_empty() { other } else { own }
    }

    /// Whether the card shows a device: an endpoint's is unknown.
    fn is_local(&self) -> bool {
        self.kind == ModelKind::Local
    }
}
