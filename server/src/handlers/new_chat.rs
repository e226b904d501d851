//! Where a comparison or a direct chat begins: the visitor chooses who answers, and how it is sampled.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::battle::samples::sample_prompts;
use super::{html, html_error, keeps_message, see_other};
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::domain::{BattleKind, MAX_PROMPT_CHARS, ModelId, Parameters};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::i18n::{error_text, grouped};
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::views::Page;

/// Where a comparison or a direct chat begins.
#[derive(Debug, Template)]
#[template(path = "new_chat.html")]
pub struct NewChatPage {
    /// The frame.
    pub page: Page,
    /// Which of the two.
    pub kind: BattleKind,
    /// Who can be chosen.
    pub models: Vec<Model>,
    /// What is chosen: slugs.
    pub chosen: [String; 2],
    /// What stands in the box.
    pub prompt: String,
    /// What stands in the parameters.
    pub parameters: Parameters,
    /// What was wrong with the form, in words.
    pub trouble: Option<String>,
}

impl NewChatPage {
    /// Whether two models are chosen.
    pub fn is_pair(&self) -> bool {
        self.kind == BattleKind::SideBySide
    }

    /// Whether a list shows this model as chosen: at first each list another one.
    pub fn is_chosen(&self, model: &Model, list: usize, place: &usize) -> bool {
        match self.chosen.get(list).map(String::as_str) {
            Some("") | None => list == *place,
            Some(slug) => model.slug == slug,
        }
    }

    /// How many models it takes.
    pub fn needed(&self) -> usize {
        self.kind.sides().len()
    }

    /// Prompts to try.
    pub fn samples(&self) -> Vec<String> {
        sample_prompts(&self.models, self.page.locale, 4)
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

/// What the form sends; numbers as text, so that a false one is explained and not refused unread.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    model_a: String,
    model_b: String,
    prompt: String,
    temperature: String,
    top_p: String,
    max_tokens: String,
}

/// Where a comparison begins.
pub async fn new_pair(
    request: HttpRequest,
    arena: web::Data<AppState>,
    query: web::Query<Chosen>,
) -> Result<HttpResponse, Error> {
    new(request, arena, BattleKind::SideBySide, query.into_inner()).await
}

/// Where a direct chat begins.
pub async fn new_direct(
    request: HttpRequest,
    arena: web::Data<AppState>,
    query: web::Query<Chosen>,
) -> Result<HttpResponse, Error> {
    new(request, arena, BattleKind::Direct, query.into_inner()).await
}

async fn new(
    request: HttpRequest,
    arena: web::Data<AppState>,
    kind: BattleKind,
    query: Chosen,
) -> Result<HttpResponse, Error> {
    let models = models::enabled(&arena.db).await?;
    html(&page(&request, kind, models, query, None))
}

/// Begins a comparison.
pub async fn start_pair(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    CsrfForm(form): CsrfForm<Chosen>,
) -> Result<HttpResponse, Error> {
    start(request, arena, visitor, address, BattleKind::SideBySide, form).await
}

/// Begins a direct chat.
pub async fn start_direct(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    CsrfForm(form): CsrfForm<Chosen>,
) -> Result<HttpResponse, Error> {
    start(request, arena, visitor, address, BattleKind::Direct, form).await
}

async fn start(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    kind: BattleKind,
    form: Chosen,
) -> Result<HttpResponse, Error> {
    let models = models::enabled(&arena.db).await?;
    let done = match checked(&form, kind, &models) {
        Ok((opponents, parameters)) => {
            let caller = Caller { voter: visitor.id(), address: address.0 };
            StartBattle { caller, prompt: form.prompt.clone(), opponents, parameters }.run(&arena).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(id) => Ok(see_other(&format!("/battle/{id}"))),
        // What was wrong stands above the form, which keeps what was written.
        Err(error) if keeps_message(&error) => html_error(&page(&request, kind, models, form, Some(&error)), &error),
        Err(error) => Err(error),
    }
}

fn checked(form: &Chosen, kind: BattleKind, models: &[Model]) -> Result<(Opponents, Parameters), Error> {
    let model = |slug: &str| -> Result<ModelId, Error> {
        let found = models.iter().find(|model| model.slug == slug);
        found.map(|model| model.id).ok_or_else(|| Error::invalid("model-not-enabled", ""))
    };
    let opponents = match kind {
        BattleKind::SideBySide => Opponents::Chosen(model(&form.model_a)?, model(&form.model_b)?),
        _ => Opponents::One(model(&form.model_a)?),
    };
    Ok((opponents, parameters(form)?))
}

fn parameters(form: &Chosen) -> Result<Parameters, Error> {
    let usual = Parameters::NAMED;
    let out = |name: &'static str| Error::invalid("parameter", name);
    let number = |text: &str, usual: f32, name| match text.trim() {
        "" => Ok(usual),
        text => text.parse().map_err(|_| out(name)),
    };
    let max_tokens = match form.max_tokens.trim() {
        "" => usual.max_tokens,
        text => text.parse().map_err(|_| out("max_tokens"))?,
    };
    let temperature = number(&form.temperature, usual.temperature, "temperature")?;
    let top_p = number(&form.top_p, usual.top_p, "top_p")?;
    Parameters::checked(temperature, top_p, max_tokens).map_err(|error| out(error.0))
}

fn page(
    request: &HttpRequest,
    kind: BattleKind,
    models: Vec<Model>,
    form: Chosen,
    error: Option<&Error>,
) -> NewChatPage {
    let page = Page::of(request);
    let trouble = error.map(|error| error_text(error, page.locale));
    let parameters = parameters(&form).unwrap_or(Parameters::NAMED);
    NewChatPage { page, kind, models, chosen: [form.model_a, form.model_b], prompt: form.prompt, parameters, trouble }
}
