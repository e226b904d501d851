//! Votes, which an administrator looks for, withdraws and restores: one, some, or all that a filter finds.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::actions::withdraw_votes::WithdrawVotes;
use crate::domain::{BattleKind, Choice, ModelId, VoteCriteria, VoteFilter, VoteState};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::admin::list::{List, ListQuery, ROWS_TO_READ};
use crate::handlers::{html, see_other};
use crate::i18n::{Locale, grouped};
use crate::state::AppState;
use crate::store::model_names::{self, ModelNames};
use crate::store::prompt_sets;
use crate::store::ratings;
use crate::store::vote_changes::{self, VoteChange};
use crate::store::vote_list::{self, VoteLine, VotePage};
use crate::views::{Page, kind_key};

/// Votes are counted up to so many: further ones would take their time.
const MOST_COUNTED: i64 = 10_000;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/votes.html")]
struct VotesPage {
    page: Page,
    admin: Admin,
    list: List,
    rows: Vec<VoteLine>,
    /// How many votes the filter finds, for people.
    found: String,
    /// The change whose votes are shown.
    change: Option<VoteChange>,
    /// Whether Elo is behind.
    is_recomputing: bool,
}

/// What the address asks for.
pub(super) fn filter_of(query: &ListQuery) -> VoteFilter {
    let part = |name: &str| query.get(name).to_owned();
    VoteFilter {
        q: part("q"),
        voter: part("voter"),
        address: part("address"),
        model: part("model"),
        kind: part("kind"),
        language: part("language"),
        choice: part("choice"),
        state: part("state"),
        set: part("set"),
        from: part("from"),
        to: part("to"),
        change: part("change"),
    }
}

/// The filter as the database takes it.
///
/// # Errors
/// Names the part that cannot be read.
pub(in crate::handlers) fn criteria(filter: &VoteFilter, models: &ModelNames) -> Result<VoteCriteria, Error> {
    let model_of = |slug: &str| -> Option<ModelId> { models.iter().find(|model| model.slug == slug).map(|m| m.id) };
    filter.check(model_of).map_err(|bad| Error::invalid("list-filter", bad.0))
}

/// The filters of all lists of votes.
pub(super) fn filters(list: List, locale: Locale, query: &ListQuery, models: &ModelNames, sets: &[String]) -> List {
    let state = |state: &VoteState| (state.to_string(), locale.text(&format!("votes-state-{state}")));
    let kind = |kind: &BattleKind| (kind.to_string(), locale.text(kind_key(kind)));
    let choice = |choice: &Choice| (choice.to_string(), locale.text(crate::views::choice_key(choice)));
    let models = models.iter().map(|model| (model.slug.clone(), model.display_name.clone()));
    list.text(locale, query, "q", "search")
        .choice(locale, query, "state", "list-all", VoteState::ALL.iter().map(state))
        .choice(locale, query, "model", "list-all", models)
        .choice(locale, query, "kind", "list-all", BattleKind::ALL.iter().map(kind))
        .choice(locale, query, "choice", "list-all", Choice::ALL.iter().map(choice))
        .choice(locale, query, "set", "list-all", sets.iter().map(|set| (set.clone(), set.clone())))
        .text(locale, query, "language", "text")
        .text(locale, query, "from", "date")
        .text(locale, query, "to", "date")
        .hidden(locale, query, "voter")
        .hidden(locale, query, "address")
        .hidden(locale, query, "change")
}

/// A page of votes.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let (page, query) = (Page::of(&request), ListQuery::of(&request));
    let models = model_names::all(&arena.db).await?;
    let criteria = criteria(&filter_of(&query), &models)?;
    let oldest_first = query.get("sort") == "oldest";
    let part = VotePage { oldest_first, after: query.number("after"), limit: ROWS_TO_READ };
    let mut rows = vote_list::page(&arena.db, &criteria, part).await?;
    let sets = prompt_sets::names(&arena.db).await?;
    let mut list = filters(List::new("/admin/votes", &query, "after"), page.locale, &query, &models, &sets);
    let oldest = ("oldest".to_owned(), page.t("list-sort-oldest"));
    list = list.choice(page.locale, &query, "sort", "list-sort-newest", [oldest]);
    list.cut(&query, "after", &mut rows, |row| row.id.to_string().into());
    let found = vote_list::count(&arena.db, &criteria, MOST_COUNTED + 1).await?;
    let number = grouped(found.min(MOST_COUNTED).unsigned_abs());
    let found = if found > MOST_COUNTED { page.t1("list-found-more", "n", number) } else { count_text(&page, found) };
    let change = match criteria.change {
        Some(change) => vote_changes::by_id(&arena.db, change).await?,
        None => None,
    };
    let is_recomputing = is_recomputing(&arena).await?;
    html(&VotesPage { page, admin, list, rows, found, change, is_recomputing })
}

fn count_text(page: &Page, found: i64) -> String {
    page.t2("list-found", "n", found, "shown", grouped(found.unsigned_abs()))
}

/// Whether Elo is being computed anew for some kind of battle.
pub(super) async fn is_recomputing(arena: &AppState) -> Result<bool, Error> {
    for kind in BattleKind::rated() {
        if ratings::requested_repair(&arena.db, kind).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a vote shall count no longer.
#[derive(Debug, Deserialize)]
pub struct Withdrawn {
    withdrawn: bool,
    /// What the list asks for, to come back to it.
    #[serde(default)]
    list: String,
}

/// Withdraws a vote or restores it.
pub async fn set_withdrawn(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<i64>,
    CsrfForm(form): CsrfForm<Withdrawn>,
) -> Result<HttpResponse, Error> {
    WithdrawVotes::one(Some(admin.id), *id, form.withdrawn).run(&arena).await?;
    Ok(see_other(&ListQuery::parse(&form.list).address("/admin/votes", &[])))
}
