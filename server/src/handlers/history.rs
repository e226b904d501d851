//! The visitor's own battles.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::DateTime;
use serde::Deserialize;

use super::battle::NoFields;
use super::{html, see_other};
use crate::actions::delete_battle::delete_all_battles;
use crate::app::Arena;
use crate::error::Error;
use crate::extract::{CsrfForm, Visitor};
use crate::store::{battles, models};
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
    let named = models::list(&arena.db).await?;
    let name = |id| named.iter().find(|model| model.id == id).map(|model| model.name().to_owned());
    let lines = entries
        .into_iter()
        .map(|entry| {
            let may_name = !entry.kind.is_blind() || entry.vote.is_some();
            let ids = [Some(entry.model_a), entry.model_b];
            let names = ids.into_iter().flatten().filter_map(name).filter(|_| may_name).collect();
            Line {
                id: entry.id.to_string(),
                kind: entry.kind,
                prompt: entry.prompt,
                turns: entry.turns,
                when: entry.created_at,
                vote: entry.vote,
                names,
            }
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
    delete_all_battles(&arena.db, &arena.streams, visitor.id()).await?;
    Ok(see_other("/history"))
}
