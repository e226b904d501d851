//! What voters say decided their votes, for all models.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::domain::Reason;
use crate::error::Error;
use crate::findings::{ReasonCount, ReasonTable, Told};
use crate::handlers::html;
use crate::i18n::{grouped, percent};
use crate::state::AppState;
use crate::store::model_names;
use crate::views::Page;

/// A reason's row: how often it was ticked where the model won, where it lost, and where neither was better.
#[derive(Debug)]
pub struct ReasonLine {
    pub reason: Reason,
    pub cells: [Cell; 3],
}

/// A count, and its share of the votes that have any reason.
#[derive(Debug)]
pub struct Cell {
    pub count: String,
    pub share: Option<String>,
}

/// The rows of one model.
pub fn lines(table: &ReasonTable) -> Vec<ReasonLine> {
    let line = |(reason, counts): &(Reason, ReasonCount)| {
        let cell = |told| {
            let (count, all) = (counts.of(told), table.votes.of(told));
            Cell { count: grouped(count), share: (all > 0).then(|| percent(count as f64 / all as f64)) }
        };
        ReasonLine { reason: *reason, cells: [Told::Won, Told::Lost, Told::Even].map(cell) }
    };
    table.reasons.iter().map(line).collect()
}

/// A model's row: shares of each reason among its wins and among its losses.
struct ModelRow {
    slug: String,
    name: String,
    won: String,
    lost: String,
    cells: Vec<[Option<String>; 2]>,
}

/// The page.
#[derive(Template)]
#[template(path = "reasons.html")]
struct ReasonsPage {
    page: Page,
    reasons: &'static [Reason],
    rows: Vec<ModelRow>,
}

impl ReasonsPage {
    fn reason_text(&self, reason: &Reason) -> String {
        self.page.tn("reason-", reason)
    }
}

/// What voters say decided their votes.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    let names = model_names::all(&arena.db).await?;
    let found = arena.evidence.findings();
    let mut rows: Vec<(u64, ModelRow)> = Vec::new();
    for (id, table) in found.iter().flat_map(|found| &found.reasons) {
        let Some(model) = names.get(*id) else { continue };
        let share = |count: u64, all: u64| (all > 0).then(|| percent(count as f64 / all as f64));
        let cells = table
            .reasons
            .iter()
            .map(|(_, counts)| [share(counts.won, table.votes.won), share(counts.lost, table.votes.lost)]);
        let row = ModelRow {
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            won: grouped(table.votes.won),
            lost: grouped(table.votes.lost),
            cells: cells.collect(),
        };
        rows.push((table.votes.won + table.votes.lost, row));
    }
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let rows = rows.into_iter().map(|one| one.1).collect();
    html(&ReasonsPage { page: Page::of(&request), reasons: Reason::ALL, rows })
}

/// The counts behind the page: a line for each model and reason.
pub async fn csv(arena: web::Data<AppState>) -> Result<HttpResponse, Error> {
    let names = model_names::all(&arena.db).await?;
    let found = arena.evidence.findings();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let internal = |error: csv::Error| Error::Internal(error.into());
    let head = ["model", "reason", "won", "lost", "even", "votes_won", "votes_lost", "votes_even"];
    writer.write_record(head).map_err(internal)?;
    for model in names.iter() {
        let Some(table) = found.as_ref().and_then(|found| found.reasons.get(&model.id)) else { continue };
        for (reason, counts) in &table.reasons {
            let all = table.votes;
            let counts = [counts.won, counts.lost, counts.even, all.won, all.lost, all.even].map(|n| n.to_string());
            let record = [model.slug.clone(), reason.to_string()].into_iter().chain(counts);
            writer.write_record(record).map_err(internal)?;
        }
    }
    let body = writer.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("{error}")))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"reasons.csv\""))
        .body(body))
}
