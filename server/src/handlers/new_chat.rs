//! Where a comparison or a direct chat begins: the visitor chooses who answers, and how it is sampled.

use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::battle::samples::sample_prompts;
use super::{html, html_error, keeps_message, see_other};
use crate::actions::enter::agreement_wanted;
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::domain::{BattleKind, MAX_PROMPT_CHARS, ModelId, Parameters, Preset, Unchecked};
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
    /// What stands in the form, as it was typed.
    pub form: Chosen,
    /// What was wrong with the form, in words.
    pub trouble: Option<String>,
    /// Whether the visitor has to agree to the terms first.
    pub asks_agreement: bool,
    /// Whether they ticked that they do.
    pub agrees: bool,
}

/// A setting of the form: its name, what was typed, and the range as an element has it.
#[derive(Debug)]
pub struct Setting<'a> {
    pub name: &'static str,
    pub value: &'a str,
    pub min: f32,
    pub max: f32,
    pub step: &'static str,
}

impl NewChatPage {
    /// Whether two models are chosen.
    pub fn is_pair(&self) -> bool {
        self.kind == BattleKind::SideBySide
    }

    /// Whether a list shows this model as chosen: at first each list another one.
    pub fn is_chosen(&self, model: &Model, list: usize, place: &usize) -> bool {
        match [&self.form.model_a, &self.form.model_b].get(list).map(|slug| slug.as_str()) {
            Some("") | None => list == *place,
            Some(slug) => model.slug == slug,
        }
    }

    /// How many models it takes.
    pub fn needed(&self) -> usize {
        self.kind.sides().len()
    }

    /// The settings that can be typed.
    pub fn settings(&self) -> [Setting<'_>; 7] {
        let form = &self.form;
        let [penalty_from, penalty_to] = Parameters::REPETITION_PENALTY;
        let set = |name, value, min, max, step| Setting { name, value, min, max, step };
        [
            set("temperature", form.temperature.as_str(), 0.0, Parameters::MAX_TEMPERATURE, "0.05"),
            set("top_p", &form.top_p, Parameters::MIN_TOP_P, 1.0, "0.01"),
            set("top_k", &form.top_k, 0.0, Parameters::MAX_TOP_K as f32, "1"),
            set("min_p", &form.min_p, 0.0, 1.0, "0.01"),
            set("repetition_penalty", &form.repetition_penalty, penalty_from, penalty_to, "0.01"),
            set("seed", &form.seed, 0.0, i32::MAX as f32, "1"),
            set("max_tokens", &form.max_tokens, 1.0, Parameters::MAX_TOKENS as f32, "1"),
        ]
    }

    /// The presets.
    pub fn presets(&self) -> &'static [Preset] {
        Preset::ALL
    }

    /// Whether a preset is chosen.
    pub fn is_preset(&self, preset: &Preset) -> bool {
        self.form.preset == preset.as_str()
    }

    /// Whether something is said of the answers, so that its part of the form is to be seen.
    pub fn is_set(&self) -> bool {
        let is_typed = self.settings().iter().any(|setting| !setting.value.is_empty());
        is_typed || !self.form.system_prompt.is_empty() || !self.form.preset.is_empty()
    }

    /// Prompts to try.
    pub fn samples(&self) -> Vec<String> {
        sample_prompts(&self.models, &self.page, 4)
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
    system_prompt: String,
    /// The name of a preset; empty for none.
    preset: String,
    temperature: String,
    top_p: String,
    top_k: String,
    min_p: String,
    repetition_penalty: String,
    seed: String,
    max_tokens: String,
    /// `yes` where the visitor agrees to the terms.
    agrees: String,
}

/// Where a comparison begins.
pub async fn new_pair(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    query: web::Query<Chosen>,
) -> Result<HttpResponse, Error> {
    new(request, arena, visitor, BattleKind::SideBySide, query.into_inner()).await
}

/// Where a direct chat begins.
pub async fn new_direct(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    query: web::Query<Chosen>,
) -> Result<HttpResponse, Error> {
    new(request, arena, visitor, BattleKind::Direct, query.into_inner()).await
}

async fn new(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    kind: BattleKind,
    query: Chosen,
) -> Result<HttpResponse, Error> {
    let models = models::enabled(&arena.db).await?;
    let asks_agreement = agreement_wanted(&arena, &arena.db, visitor.id()).await?.is_some();
    html(&NewChatPage { asks_agreement, ..page(&request, kind, models, query, None) })
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
            let agrees = form.agrees == "yes";
            let (prompt, system_prompt) = (form.prompt.clone(), form.system_prompt.clone());
            StartBattle { caller, prompt, opponents, parameters, system_prompt, agrees }.run(&arena).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(id) => Ok(see_other(&format!("/battle/{id}"))),
        // What was wrong stands above the form, which keeps what was written.
        Err(error) if keeps_message(&error) => {
            let asks_agreement = agreement_wanted(&arena, &arena.db, visitor.id()).await?.is_some();
            let page = page(&request, kind, models, form, Some(&error));
            html_error(&NewChatPage { asks_agreement, ..page }, &error)
        }
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

/// What was typed; what was left empty is up to the preset, else to the model.
fn parameters(form: &Chosen) -> Result<Parameters, Error> {
    let typed = Unchecked {
        temperature: number(&form.temperature, "temperature")?,
        top_p: number(&form.top_p, "top_p")?,
        top_k: number(&form.top_k, "top_k")?,
        min_p: number(&form.min_p, "min_p")?,
        repetition_penalty: number(&form.repetition_penalty, "repetition_penalty")?,
        seed: number(&form.seed, "seed")?,
        max_tokens: number(&form.max_tokens, "max_tokens")?,
    };
    let preset = form.preset.parse().map(Preset::parameters).unwrap_or_default();
    Parameters::checked(typed.or(preset), Parameters::NAMED.max_tokens)
        .map_err(|error| Error::invalid("parameter", error.0))
}

fn number<T: FromStr>(text: &str, name: &'static str) -> Result<Option<T>, Error> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Error::invalid("parameter", name)),
    }
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
    NewChatPage { page, kind, models, trouble, asks_agreement: false, agrees: form.agrees == "yes", form }
}
