//! Where a battle between two anonymous models begins.

use std::path::Path;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::samples::{Suggestions, random_prompt};
use super::standings::Standings;
use crate::actions::answering::candidates_of;
use crate::actions::enter::agreement_wanted;
use crate::actions::prepare_answers::contestants;
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::domain::{MAX_PROMPT_CHARS, PairMode, Parameters, SIZE_RATIO};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::handlers::{html, html_error, keeps_message, see_other};
use crate::i18n::{Locale, error_text, grouped};
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::store::prepared_answers;
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
    pub suggestions: Suggestions,
    /// Pairs of answers that the visitor could judge at once.
    pub ready: i64,
    /// Whether only the models that come with the program play.
    pub is_demo: bool,
    /// How many play.
    pub models: usize,
    /// How the board stands.
    pub standings: Standings,
    /// How the two are drawn, as the form says it.
    pub draw: String,
    /// The slug of the model that is chosen.
    pub model: String,
    /// Those that can be chosen, slug and name; only where one is to be chosen.
    pub choices: Vec<(String, String)>,
    /// Whether some are much larger than others.
    pub has_sizes: bool,
    /// Whether the visitor has to agree to the terms first.
    pub asks_agreement: bool,
    /// Whether they ticked that they do.
    pub agrees: bool,
}

/// Why no battle can begin.
#[derive(Debug)]
pub struct Trouble {
    pub text: String,
    /// Whether the models are to blame, so that an administrator can help.
    pub is_for_admin: bool,
}

impl Trouble {
    pub(super) fn new(error: &Error, locale: Locale) -> Self {
        Self {
            text: error_text(error, locale),
            is_for_admin: matches!(error, Error::NoModels(code) if *code != "no-sizes"),
        }
    }
}

impl NewBattlePage {
    /// The frame, who plays, and how the board stands.
    pub(super) async fn read(
        request: &HttpRequest,
        arena: &AppState,
        visitor: &Visitor,
        begin: Begin,
    ) -> Result<Self, Error> {
        let page = Page::of(request);
        let models = models::enabled(&arena.db).await?;
        let Begin { mut prompt, draw, model, agrees, theme, random } = begin;
        let suggestions = Suggestions::read(arena, &models, &page, &theme, MAX_SAMPLES).await?;
        if random == "yes" && prompt.is_empty() {
            prompt = random_prompt(arena, page.locale, &suggestions.theme).await?.unwrap_or_default();
        }
        let playing = contestants(models.iter().filter(|model| model.in_rotation()));
        let ready = match suggestions.has_sets {
            true => prepared_answers::count_ready(&arena.db, visitor.id(), &playing).await?,
            false => 0,
        };
        let demo = arena.config.demo_models.as_deref();
        let is_demo = |model: &Model| {
            let path = model.settings.source.local().map(|local| Path::new(&local.path));
            demo.zip(path).is_some_and(|(folder, path)| path.starts_with(folder))
        };
        let is_demo = !models.is_empty() && models.iter().all(is_demo);
        let standings = Standings::read(arena).await?;
        let drawn = arena.evidence.pair_table(&candidates_of(&models, &arena.streams, "und"), PairMode::Random);
        let trouble = drawn.err().map(|e| Trouble::new(&Error::NoModels(e.code()), page.locale));
        let sizes = || models.iter().filter(|model| model.in_rotation()).filter_map(|model| model.card().parameters);
        let has_sizes = sizes().max().zip(sizes().min()).is_some_and(|(most, least)| most / SIZE_RATIO >= least.max(1));
        let asks_agreement = agreement_wanted(arena, &arena.db, visitor.id()).await?.is_some();
        // Only who asks for them gets the names of all: a blind battle begins without any.
        let chooses = models.iter().filter(|_| draw == "chosen");
        let choices = chooses.map(|model| (model.slug.clone(), model.name().to_owned())).collect();
        Ok(Self {
            page,
            prompt,
            trouble,
            suggestions,
            ready,
            is_demo,
            models: models.len(),
            standings,
            draw,
            model,
            choices,
            has_sizes,
            asks_agreement,
            agrees: agrees == "yes",
        })
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
    /// `random` (the default), `sizes` or `chosen`.
    draw: String,
    /// The slug of the chosen model.
    model: String,
    /// `yes` where the visitor agrees to the terms.
    agrees: String,
    /// The theme of the prompts that are offered.
    theme: String,
    /// `yes` where a prompt is to stand in the box.
    random: String,
}

impl Begin {
    /// Nothing is written yet.
    pub(super) fn of_theme(theme: String, agrees: String) -> Self {
        Self { theme, agrees, ..Self::default() }
    }

    async fn mode(&self, arena: &AppState) -> Result<PairMode, Error> {
        match self.draw.as_str() {
            "sizes" => Ok(PairMode::Sizes),
            "chosen" => {
                let model = models::by_slug(&arena.db, &self.model).await?;
                model.map(|model| PairMode::Chosen(model.id)).ok_or_else(|| Error::invalid("model-not-enabled", ""))
            }
            _ => Ok(PairMode::Random),
        }
    }
}

/// Where a battle begins.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    query: web::Query<Begin>,
) -> Result<HttpResponse, Error> {
    html(&NewBattlePage::read(&request, &arena, &visitor, query.into_inner()).await?)
}

/// Begins one.
pub async fn start(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    CsrfForm(form): CsrfForm<Begin>,
) -> Result<HttpResponse, Error> {
    let started = match form.mode(&arena).await {
        Ok(mode) => {
            let start = StartBattle {
                caller: Caller { voter: visitor.id(), address: address.0 },
                prompt: form.prompt.clone(),
                opponents: Opponents::Sampled(mode),
                parameters: Parameters::BATTLE,
                system_prompt: String::new(),
                agrees: form.agrees == "yes",
            };
            start.run(&arena).await
        }
        Err(error) => Err(error),
    };
    match started {
        Ok(id) => Ok(see_other(&format!("/battle/{id}"))),
        // The page says what to do, and keeps what was written.
        Err(error) if keeps_message(&error) => {
            let mut page = NewBattlePage::read(&request, &arena, &visitor, form).await?;
            page.trouble = Some(Trouble::new(&error, page.page.locale));
            html_error(&page, &error)
        }
        Err(error) => Err(error),
    }
}
