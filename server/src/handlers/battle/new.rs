//! Where a battle between two anonymous models begins.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::answering::candidates;
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::domain::{MAX_PROMPT_CHARS, Parameters, may_sample};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::handlers::{html, html_error, keeps_message, see_other};
use crate::i18n::{Locale, error_text};
use crate::limits::Caller;
use crate::state::AppState;
use crate::views::Page;

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
    /// Prompts to try, in the page's language and in the other one: verse models are good at verse.
    pub fn samples(&self) -> Vec<String> {
        sample_prompts(self.page.locale, 6)
    }

    /// The longest prompt.
    pub fn longest(&self) -> usize {
        MAX_PROMPT_CHARS
    }
}

/// The first prompts to try, in the order of the locale files.
pub(crate) fn sample_prompts(locale: Locale, count: usize) -> Vec<String> {
    (1..=count).map(|number| locale.text(&format!("sample-{number}"))).collect()
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
    let page = Page::of(&request);
    let trouble = may_sample(&candidates).err().map(|error| Trouble::new(&Error::NoModels(error.code()), page.locale));
    html(&NewBattlePage { page, prompt: query.into_inner().prompt, trouble })
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
            let page = Page::of(&request);
            let trouble = Some(Trouble::new(&error, page.locale));
            html_error(&NewBattlePage { page, prompt: form.prompt, trouble }, &error)
        }
        Err(error) => Err(error),
    }
}
