//! Recent votes, which an administrator may withdraw and restore.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::withdraw_vote::WithdrawVote;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::admin::paging::{self, Before, ROWS_TO_READ};
use crate::handlers::{html, see_other};
use crate::state::AppState;
use crate::store::votes::{self, VoteLine};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/votes.html")]
struct VotesPage {
    page: Page,
    admin: Admin,
    rows: Vec<VoteLine>,
    before: Option<i64>,
    older: Option<i64>,
}

/// A page of votes, newest first.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Before>,
) -> Result<HttpResponse, Error> {
    let mut rows = votes::page(&arena.db, query.before, ROWS_TO_READ).await?;
    let older = paging::cut(&mut rows, |row| row.id);
    html(&VotesPage { page: Page::of(&request), admin, rows, before: query.before, older })
}

/// Whether a vote shall count no longer.
#[derive(Debug, Deserialize)]
pub struct Withdrawn {
    withdrawn: bool,
    before: Option<i64>,
}

/// Withdraws a vote or restores it.
pub async fn set_withdrawn(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<i64>,
    CsrfForm(form): CsrfForm<Withdrawn>,
) -> Result<HttpResponse, Error> {
    WithdrawVote { admin: Some(admin.id), id: *id, withdrawn: form.withdrawn }.run(&arena).await?;
    Ok(match form.before {
        Some(before) => see_other(&format!("/admin/votes?before={before}")),
        None => see_other("/admin/votes"),
    })
}
