//! The question before many votes are withdrawn or restored, and the deed.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::votes::{criteria, filter_of};
use crate::actions::withdraw_votes::WithdrawVotes;
use crate::domain::VoteFilter;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::admin::list::ListQuery;
use crate::handlers::{html, see_other};
use crate::i18n::grouped;
use crate::state::AppState;
use crate::store::model_names;
use crate::store::vote_changes::{self, ChangePreview, ChosenVotes};
use crate::views::Page;

/// The question.
#[derive(Debug, Template)]
#[template(path = "admin/vote_change.html")]
struct VoteChangePage {
    page: Page,
    admin: Admin,
    filter: VoteFilter,
    withdrawn: bool,
    /// The chosen numbers with commas between; empty for all that the filter finds.
    ids: String,
    preview: ChangePreview,
    /// The list again.
    back: String,
    /// What it asks for, as an address has it.
    list: String,
}

/// The most votes that are chosen one by one; a page of the list has fewer.
const MAX_CHOSEN: usize = 1000;

/// What was pressed on the list.
#[derive(Debug, Deserialize)]
pub struct Pressed {
    /// `withdraw-some`, `withdraw-all`, `restore-some` or `restore-all`.
    act: String,
    /// The votes that were ticked.
    #[serde(default)]
    id: Vec<i64>,
    /// What the list asks for.
    #[serde(default)]
    list: String,
}

/// Asks, and says how many votes it is about.
pub async fn ask(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<Pressed>,
) -> Result<HttpResponse, Error> {
    let query = ListQuery::parse(&form.list);
    let filter = filter_of(&query);
    let models = model_names::all(&arena.db).await?;
    let (what, scope) = form.act.split_once('-').ok_or_else(|| Error::invalid("form", "act"))?;
    let withdrawn = what == "withdraw";
    let ids = (scope != "all").then(|| form.id.into_iter().take(MAX_CHOSEN).collect());
    let chosen = ChosenVotes { filter: criteria(&filter, &models)?, ids, through: None };
    let preview = vote_changes::preview(&arena.db, &chosen, withdrawn).await?;
    let ids = chosen.ids.iter().flatten().map(i64::to_string).collect::<Vec<_>>().join(",");
    let back = query.address("/admin/votes", &[]);
    html(&VoteChangePage { page: Page::of(&request), admin, filter, withdrawn, ids, preview, back, list: form.list })
}

/// What was asked about.
#[derive(Debug, Deserialize)]
pub struct Answer {
    withdrawn: bool,
    /// The chosen numbers with commas between; nothing for all.
    #[serde(default)]
    ids: String,
    through: i64,
    #[serde(default)]
    note: String,
    /// What the list asks for.
    #[serde(default)]
    list: String,
}

/// Does it, and shows the votes that changed, with the way back.
pub async fn change(
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<Answer>,
) -> Result<HttpResponse, Error> {
    let models = model_names::all(&arena.db).await?;
    let filter = filter_of(&ListQuery::parse(&form.list));
    let ids = match form.ids.as_str() {
        "" => None,
        ids => Some(ids.split(',').filter_map(|id| id.parse().ok()).take(MAX_CHOSEN).collect()),
    };
    let chosen = ChosenVotes { filter: criteria(&filter, &models)?, ids, through: Some(form.through) };
    let wanted = WithdrawVotes { admin: Some(admin.id), chosen, withdrawn: form.withdrawn, note: form.note };
    Ok(shown(wanted.run(&arena).await?.change))
}

/// Undoes a change.
pub async fn undo(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<i64>,
    CsrfForm(_): CsrfForm<crate::handlers::NoFields>,
) -> Result<HttpResponse, Error> {
    let change = vote_changes::by_id(&arena.db, *id).await?.ok_or(Error::NotFound)?;
    let undone = WithdrawVotes::undo(Some(admin.id), change.id, change.withdrawn).run(&arena).await?;
    Ok(shown(undone.change.or(Some(change.id))))
}

fn shown(change: Option<i64>) -> HttpResponse {
    match change {
        Some(change) => see_other(&format!("/admin/votes?change={change}")),
        None => see_other("/admin/votes"),
    }
}

impl VoteChangePage {
    /// A filter's name for people.
    fn label(&self, name: &str) -> String {
        self.page.t(&format!("list-{name}"))
    }

    fn count(&self, count: i64) -> String {
        grouped(count.unsigned_abs())
    }
}
