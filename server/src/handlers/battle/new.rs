//! Where a battle between two anonymous models begins.

use std::path::Path;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::samples::sample_prompts;
use super::standings::Standings;
use crate::actions::answering::candidates;
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::domain::{MAX_PROMPT_CHARS, Parameters, may_sample};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::handlers::{html, html_error, keeps_message, see_other};
use crate::i18n::{Locale, error_text, grouped};
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// So many prompts are offered.
const MAX_SAMPLES: usize = 6;

/// Where a battle begins.
#[derive(Debug, Template)]
#[template(path = "battle/new.html")]
pub struct NewBattlePage {
    /// The frame.
    pub page: Page,
    /// What stands in the box.
    pub prompt: String,
    /// Why no battle can begin.
    pub trouble: Option<Trouble>,
    /// Prompts to try.
    pub samples: Vec<String>,
    /// Whether only the models that come with the program play.
    pub is_demo: bool,
    /// How many play.
    pub models: usize,
    /// How the board stands.
    pub standings: Standings,
}

/// Why no battle can begin.
#[derive(Debug)]
pub struct Trouble {
    pub text: String,
    /// Whether the models are to blame, so that an administrator can help.
    pub is_for_admin: bool,
}

impl Trouble {
    fn new(error: &Error, locale: Locale) -> Self {
        Self { text: error_text(error, locale), is_for_admin: matches!(error, Error::NoModels(_)) }
    }
}

impl NewBattlePage {
    /// The frame, who plays, and how the board stands.
    async fn read(request: &HttpRequest, arena: &AppState, prompt: String) -> Result<Self, Error> {
        let page = Page::of(request);
        let models = models::enabled(&arena.db).await?;
        let samples = sample_prompts(&models, page.locale, MAX_SAMPLES);
        let demo = arena.config.demo_models.as_deref().and_then(|folder| folder.canonicalize().ok());
        let is_demo = |model: &Model| {
            let path = model.settings.source.local().map(|local| Path::new(&local.path));
            demo.as_deref().zip(path).is_some_and(|(folder, path)| path.starts_with(folder))
        };
        let is_demo = !models.is_empty() && models.iter().all(is_demo);
        let standings = Standings::read(arena).await?;
        Ok(Self { page, prompt, trouble: None, samples, is_demo, models: models.len(), standings })
    }

    /// The longest prompt.
    pub fn longest(&self) -> usize {
        MAX_PROMPT_CHARS
    }

    /// The same for people.
    pub fn longest_text(&self) -> String {
        grouped(MAX_PROMPT_CHARS as u64)
    }
}

/// A prompt to begin with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Begin {
    prompt: String,
}

/// Where a battle begins.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    query: web::Query<Begin>,
) -> Result<HttpResponse, Error> {
    let candidates = candidates(&arena.db, &arena.streams).await?;
    let mut page = NewBattlePage::read(&request, &arena, query.into_inner().prompt).await?;
    page.trouble = may_sample(&candidates).err().map(|e| Trouble::new(&Error::NoModels(e.code()), page.page.locale));
    html(&page)
}

/// Begins one.
pub async fn start(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    CsrfForm(form): CsrfForm<Begin>,
) -> Result<HttpResponse, Error> {
    let start = StartBattle {
        caller: Caller { voter: visitor.id(), address: address.0 },
        prompt: form.prompt.clone(),
        opponents: Opponents::Sampled,
        parameters: Parameters::BATTLE,
    };
    match start.run(&arena).await {
        Ok(id) => Ok(see_other(&format!("/battle/{id}"))),
        // The page says what to do, and keeps what was written.
        Err(error) if keeps_message(&error) => {
            let mut page = NewBattlePage::read(&request, &arena, form.prompt).await?;
            page.trouble = Some(Trouble::new(&error, page.page.locale));
            html_error(&page, &error)
        }
        Err(error) => Err(error),
    }
}
