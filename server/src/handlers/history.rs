//! The visitor's own battles.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{NoFields, html, see_other};
use crate::actions::delete_battle::DeleteAllBattles;
use crate::domain::{BattleKind, Choice};
use crate::error::Error;
use crate::extract::{CsrfForm, Visitor};
use crate::state::AppState;
use crate::store::{battles, model_names};
use crate::views::{Page, kind_text, voted_text};

/// Lines on a page.
const LINES: usize = 30;

/// A line of the history.
#[derive(Debug)]
pub struct Line {
    /// Where it opens.
    pub id: String,
    pub kind: BattleKind,
    /// The beginning of the first message.
    pub prompt: String,
    /// How many turns.
    pub turns: i64,
    /// When it began.
    pub when: DateTime<Utc>,
    pub vote: Option<Choice>,
    /// The models, once they may be known.
    pub names: Vec<String>,
}

#[derive(Debug, Template)]
#[template(path = "history.html")]
pub struct HistoryPage {
    /// The frame.
    pub page: Page,
    /// Its lines, newest first.
    pub lines: Vec<Line>,
    /// Where older ones are.
    pub older: Option<String>,
    /// Whether this is not the first page.
    pub is_continued: bool,
}

impl HistoryPage {
    /// The name of a kind.
    pub fn kind_text(&self, kind: &BattleKind) -> String {
        kind_text(self.page.locale, *kind)
    }

    /// What stands between two models.
    pub fn versus(&self) -> String {
        format!(" {} ", self.page.t("versus"))
    }

    /// What was voted.
    pub fn vote_text(&self, choice: &Choice) -> String {
        voted_text(self.page.locale, *choice)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Part {
    /// Older than this moment, in microseconds since 1970.
    before: Option<i64>,
}

pub async fn list(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    query: web::Query<Part>,
) -> Result<HttpResponse, Error> {
    let before = query.before.and_then(DateTime::from_timestamp_micros);
    let mut entries = battles::history(&arena.db, visitor.id(), before, LINES as i64 + 1).await?;
    let has_more = entries.len() > LINES;
    entries.truncate(LINES);
    let older = entries.last().filter(|_| has_more);
    let older = older.map(|entry| format!("/history?before={}", entry.created_at.timestamp_micros()));
    let names = model_names::of_history(&arena.db, &entries).await?;
    let lines = entries
        .into_iter()
        .zip(names)
        .map(|(entry, names)| Line {
            id: entry.id.to_string(),
            kind: entry.kind,
            prompt: entry.prompt,
            turns: entry.turns,
            when: entry.created_at,
            vote: entry.vote,
            names: names.into_iter().flatten().map(|name| name.display_name).collect(),
        })
        .collect();
    html(&HistoryPage { page: Page::of(&request), lines, older, is_continued: before.is_some() })
}

/// Deletes all of them for good.
pub async fn delete_all(
    arena: web::Data<AppState>,
    visitor: Visitor,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    DeleteAllBattles { voter: visitor.id() }.run(&arena).await?;
    Ok(see_other("/history"))
}
