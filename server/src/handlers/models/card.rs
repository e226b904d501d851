//! The page of one model, for everyone: what it is, how it stands, and what that comes from.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Utc;

use super::history::HistoryChart;
use super::makings::{Against, of_quantisation};
use super::standing::ModelStanding;
use crate::boards::BoardKey;
use crate::domain::BattleKind;
use crate::error::Error;
use crate::findings::ReasonTable;
use crate::handlers::html;
use crate::handlers::reasons::{ReasonLine, lines};
use crate::i18n::{Locale, grouped};
use crate::state::AppState;
use crate::store::evidence::{ChosenRecord, Speed};
use crate::store::model_results::{self, ModelResult};
use crate::store::models::{self, Model};
use crate::store::{evidence, model_names, rating_history, ratings};
use crate::supervisor::Snapshot;
use crate::views::{Page, language_name};

/// One model.
#[derive(Template)]
#[template(path = "models/card.html")]
struct ModelCardPage {
    page: Page,
    model: Model,
    /// The context, by the registration or by the loaded model itself.
    context: Option<i64>,
    /// The device that it was placed on, else the one it is to have; an endpoint's is unknown.
    device: Option<String>,
    /// The size of its file, as people read it.
    file_size: Option<String>,
    speed: Option<Speed>,
    /// How it stands on the board of blind battles.
    standing: Option<ModelStanding>,
    /// Its rating with votes weighted by their draws: the number, and half the width of its interval.
    weighted: Option<(String, Option<String>)>,
    history: Option<HistoryChart>,
    reasons: Vec<ReasonLine>,
    /// Its quantisation, and what that costs against others.
    quantisation: Option<(String, Vec<Against>)>,
    /// The battles that visitors wanted with it.
    chosen: Option<ChosenRecord>,
    /// Scores of benchmarks.
    results: Vec<ModelResult>,
}

/// The longest conversation of a model in tokens: as its settings say, else as the worker that has loaded it, or had.
pub fn context_of(model: &Model, workers: &Snapshot) -> Option<i64> {
    let loaded = || workers.models.iter().find(|view| view.id == model.id)?.context;
    model.settings.card.context_length.or_else(loaded)
}

/// The size of a local model's file; a folder's, as adapters are, says little.
pub async fn file_size(model: &Model) -> Option<String> {
    let path = &model.settings.source.local()?.path;
    let file = tokio::fs::metadata(path).await.ok().filter(std::fs::Metadata::is_file)?;
    Some(crate::views::bytes(file.len()))
}

/// The page of one model.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let model = models::by_slug(&arena.db, &slug).await?.ok_or(Error::NotFound)?;
    let snapshot = arena.workers.state();
    let view = snapshot.models.iter().find(|view| view.id == model.id);
    let context = context_of(&model, &snapshot);
    let preferred = model.settings.source.local().map(|source| source.device.to_string());
    let device = view.and_then(|view| view.device.clone()).or(preferred);
    let read = arena.boards.read(&arena.db, &BoardKey::of(BattleKind::Battle)).await?;
    let entry = read.board.entries.iter().find(|entry| entry.id == model.id);
    let names = model_names::all(&arena.db).await?;
    let languages = ratings::pairs(&arena.db, BattleKind::Battle).await?;
    let days = rating_history::of_model(&arena.db, BattleKind::Battle, model.id).await?;
    let now = entry.and_then(|entry| {
        let rated = entry.standing.rated().filter(|rated| rated.group == 0)?;
        Some((Utc::now().date_naive(), rated, entry.tally.battles()))
    });
    let found = arena.evidence.findings();
    let table: Option<&ReasonTable> = found.as_ref().and_then(|found| found.reasons.get(&model.id));
    let chosen = evidence::chosen_record(&arena.db, model.id).await?;
    let view = ModelCardPage {
        context,
        device,
        file_size: file_size(&model).await,
        speed: found.as_ref().and_then(|found| found.speeds.get(&model.id).copied()),
        standing: ModelStanding::of(&read, model.id, &names, &languages, page.locale),
        weighted: found.as_ref().and_then(|found| found.weighted.get(&model.id)).map(|rated| {
            let margin = Some(rated.margin).filter(|margin| margin.is_finite());
            (format!("{:.0}", rated.rating), margin.map(|margin| format!("{:.0}", margin.ceil())))
        }),
        history: HistoryChart::of(&days, now),
        reasons: table.map(lines).unwrap_or_default(),
        quantisation: found.as_ref().and_then(|found| of_quantisation(&found.factors, model.id)),
        chosen: Some(chosen).filter(|one| one.won + one.lost + one.even > 0),
        results: model_results::list(&arena.db, Some(model.id)).await?,
        page,
        model,
    };
    html(&view)
}

impl ModelCardPage {
    /// Seconds as people compare them.
    fn first_token(&self) -> Option<String> {
        self.speed.map(|speed| format!("{:.2}", speed.first_token))
    }

    /// What the languages it speaks are called.
    fn languages(&self) -> String {
        let codes = self.model.card().languages.split(", ");
        let names: Vec<String> = codes.map(|code| language_name(self.page.locale, code)).collect();
        names.join(" · ")
    }

    /// Its own sampling, as it is part of it.
    fn sampling(&self) -> Option<String> {
        let own = &self.model.settings.answering;
        let number = |value: Option<f64>| value.map(|value| value.to_string());
        let whole = |value: Option<i64>| value.map(|value| value.to_string());
        let said = [
            ("model-temperature", number(own.temperature)),
            ("model-top-p", number(own.top_p)),
            ("model-top-k", whole(own.top_k)),
            ("model-min-p", number(own.min_p)),
            ("model-repetition-penalty", number(own.repetition_penalty)),
            ("model-fixed-seed", whole(own.fixed_seed)),
        ];
        let said = said.into_iter().filter_map(|(key, value)| Some(format!("{} {}", self.page.t(key), value?)));
        Some(said.collect::<Vec<_>>().join(" · ")).filter(|text| !text.is_empty())
    }

    fn tokens(&self) -> Option<String> {
        self.speed.map(|speed| format!("{:.1}", speed.tokens))
    }

    /// A score in percent.
    fn percent(score: &f64) -> String {
        format!("{score:.1}")
    }

    /// A quantisation, or that none is stated.
    fn level(&self, name: &str) -> String {
        if name.is_empty() { self.page.t("factor-not-stated") } else { name.to_owned() }
    }
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
