//! Recent battles: who met, how it went, what was voted. What people wrote is theirs and is not shown.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::app::Arena;
use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::html;
use crate::store::recent::{self, BattleLine};
use crate::views::Page;

/// Battles a page.
const ROWS: usize = 50;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/battles.html")]
struct Battles {
    page: Page,
    admin: Admin,
    rows: Vec<BattleLine>,
    is_first: bool,
    older: Option<i64>,
}

/// From where to go on: microseconds since 1970.
#[derive(Debug, Deserialize)]
pub struct Before {
    before: Option<i64>,
}

/// A page of battles, newest first.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<Arena>,
    admin: Admin,
    query: web::Query<Before>,
) -> Result<HttpResponse, Error> {
    let before = query.before.and_then(DateTime::<Utc>::from_timestamp_micros);
    let mut rows = recent::battles(&arena.db, before, ROWS as i64 + 1).await?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let older = if more { rows.last().map(|row| row.created_at.timestamp_micros()) } else { None };
    html(&Battles { page: Page::of(&request), admin, rows, is_first: query.before.is_none(), older })
}
