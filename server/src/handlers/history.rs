//! The visitor's own battles.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::DateTime;
use serde::Deserialize;

use super::battle::NoFields;
use super::{html, see_other};
use crate::actions::delete_battle::DeleteAllBattles;
use crate::error::Error;
use crate::extract::{CsrfForm, Visitor};
use crate::state::Arena;
use crate::store::{battles, model_names};
use crate::views::{HistoryPage, Line, Page};

/// Lines on a page.
const LINES: usize = 30;

/// Which part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Part {
    /// Older than this moment, in microseconds since 1970.
    before: Option<i64>,
}

/// The list.
pub async fn list(
    request: HttpRequest,
    arena: web::Data<Arena>,
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
    arena: web::Data<Arena>,
    visitor: Visitor,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    DeleteAllBattles { voter: visitor.id() }.run(&arena).await?;
    Ok(see_other("/history"))
}
