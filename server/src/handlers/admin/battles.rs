//! Recent battles: who met, how it went, what was voted. What people wrote is theirs and is not shown.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::admin::paging::{self, Before, ROWS_TO_READ};
use crate::handlers::html;
use crate::state::AppState;
use crate::store::admin_stats::{self, BattleLine};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/battles.html")]
struct BattlesPage {
    page: Page,
    admin: Admin,
    rows: Vec<BattleLine>,
    is_first: bool,
    older: Option<i64>,
}

/// A page of battles, newest first.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Before>,
) -> Result<HttpResponse, Error> {
    // The place is the time in microseconds since 1970.
    let before = query.before.and_then(DateTime::<Utc>::from_timestamp_micros);
    let mut rows = admin_stats::battles(&arena.db, before, ROWS_TO_READ).await?;
    let older = paging::cut(&mut rows, |row| row.created_at.timestamp_micros());
    html(&BattlesPage { page: Page::of(&request), admin, rows, is_first: query.before.is_none(), older })
}
