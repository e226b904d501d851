//! What quantisation, base, adapter, template and size are worth, by all votes together.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::error::Error;
use crate::findings::{Factor, FactorKind, Factors, Level};
use crate::handlers::html;
use crate::handlers::models::Points;
use crate::handlers::whiskers::{Whisker, Whiskers};
use crate::i18n::grouped;
use crate::state::AppState;
use crate::views::Page;
use arena_rating::{Effect, Scale};

/// Fewer people than this make wide intervals, and it is said why.
const FEW_VOTERS: f64 = 30.0;

/// What each factor's levels are held against; otherwise the first.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Against {
    base: String,
    quantisation: String,
    adapter: String,
    template: String,
}

impl Against {
    fn of(&self, kind: FactorKind) -> &str {
        match kind {
            FactorKind::Base => &self.base,
            FactorKind::Quantisation => &self.quantisation,
            FactorKind::Adapter => &self.adapter,
            FactorKind::Template => &self.template,
            FactorKind::Size => "",
        }
    }
}

/// One level's row.
struct LevelLine {
    name: String,
    models: usize,
    votes: String,
    is_reference: bool,
    /// Nothing where no votes tell.
    points: Option<Points>,
}

/// One factor's card.
struct FactorCard {
    kind: FactorKind,
    /// What the levels are held against.
    reference: String,
    /// What they could be: the value in the address, and the text.
    choices: Vec<(String, String)>,
    chosen: String,
    lines: Vec<LevelLine>,
    chart: Option<Whiskers>,
    /// Whether some levels cannot be told apart.
    is_partial: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "factors.html")]
struct FactorsPage {
    page: Page,
    cards: Vec<FactorCard>,
    models: usize,
    are_voters_few: bool,
    /// Factors in which all models are alike.
    alike: Vec<FactorKind>,
}

/// What each part of a model is worth.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    against: web::Query<Against>,
) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let found = arena.evidence.findings();
    let none = Factors::default();
    let factors = found.as_ref().map_or(&none, |found| &found.factors);
    let cards: Vec<FactorCard> =
        factors.factors.iter().map(|factor| FactorCard::of(factors, factor, &against, &page)).collect();
    let alike = FactorKind::ALL.into_iter().filter(|kind| factors.of(*kind).is_none()).collect();
    let are_voters_few = factors.voters().is_some_and(|voters| voters.effective < FEW_VOTERS);
    html(&FactorsPage { page, cards, models: factors.models, are_voters_few, alike })
}

impl FactorCard {
    fn of(factors: &Factors, factor: &Factor, against: &Against, page: &Page) -> Self {
        let kind = factor.kind;
        let name = |level: &Level| match (kind, level.name.is_empty()) {
            (FactorKind::Size, _) => page.t("factor-doubled"),
            (FactorKind::Adapter, true) => page.t("factor-no-adapter"),
            (_, true) => page.t("factor-not-stated"),
            (_, false) => level.name.clone(),
        };
        let asked = against.of(kind);
        // What is not stated has a name of its own in addresses: an empty one is no choice.
        let value = |level: &Level| if level.name.is_empty() { "-".to_owned() } else { level.name.clone() };
        let reference = factor.levels.iter().find(|level| value(level) == asked).unwrap_or(&factor.levels[0]);
        let effect = |level: &Level| match kind {
            FactorKind::Size => factors.unit(level),
            _ => factors.against(level, reference),
        };
        let is_reference = |level: &Level| kind != FactorKind::Size && level == reference;
        let line = |level: &Level| LevelLine {
            name: name(level),
            models: level.models,
            votes: grouped(level.votes),
            is_reference: is_reference(level),
            points: if is_reference(level) { None } else { effect(level).map(Points::of) },
        };
        let whisker = |level: &Level| {
            let effect: Effect = effect(level).filter(|_| !is_reference(level))?;
            let factor = Scale::default().factor();
            let margin = Some(factor * effect.margin).filter(|margin| margin.is_finite());
            let points = Points::of(effect);
            let label = match points.margin {
                Some(margin) => format!("{} ± {margin}", points.value),
                None => points.value,
            };
            Some(Whisker { name: name(level), value: factor * effect.coefficient, margin, wide: None, label })
        };
        let whiskers: Vec<Whisker> = factor.levels.iter().filter_map(whisker).collect();
        let lines: Vec<LevelLine> = factor.levels.iter().map(line).collect();
        Self {
            kind,
            reference: name(reference),
            choices: factor.levels.iter().map(|level| (value(level), name(level))).collect(),
            chosen: value(reference),
            is_partial: lines.iter().any(|line| !line.is_reference && line.points.is_none()),
            lines,
            chart: Whiskers::of(&whiskers),
        }
    }
}
