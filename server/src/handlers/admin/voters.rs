//! Voters whose votes are unlike those of others, and the board with their votes and without.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use uuid::Uuid;

use crate::boards::suspicion::HeldBoards;
use crate::domain::{ModelId, VoterDecision};
use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::admin::list::{List, ListQuery, ROWS, ROWS_TO_READ};
use crate::handlers::html;
use crate::state::AppState;
use crate::store::model_names::{self, ModelNames};
use crate::store::voter_reviews::{self, ReviewFilter, VoterReview};
use crate::views::Page;
use arena_rating::{Board, Standing};

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/voters.html")]
struct VotersPage {
    page: Page,
    admin: Admin,
    list: List,
    rows: Vec<VoterReview>,
    /// At most this share of honest voters is flagged, in percent.
    rate: f64,
    /// Votes that are held.
    held: u64,
    lines: Vec<Line>,
}

/// The page of a voter.
pub(super) fn voter_path(voter: Uuid) -> String {
    format!("/admin/voters/{voter}")
}

/// A model on the board without the held votes and on the board with them.
#[derive(Debug)]
struct Line {
    name: String,
    without: Option<f64>,
    with: Option<f64>,
    /// How many of its votes are held.
    held: u64,
}

impl Line {
    fn moved(&self) -> Option<String> {
        let moved = self.with? - self.without?;
        Some(format!("{moved:+.0}"))
    }
}

/// The voters, those that wait for a decision first.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let (page, query) = (Page::of(&request), ListQuery::of(&request));
    let filter = match query.get("review") {
        "open" => ReviewFilter::Open,
        "flagged" => ReviewFilter::Flagged,
        _ => ReviewFilter::All,
    };
    let voter: Option<Uuid> = match query.get("voter") {
        "" => None,
        text => Some(text.trim().parse().map_err(|_| Error::invalid("list-filter", "voter"))?),
    };
    let skip = query.number("skip").unwrap_or(0).max(0);
    let mut rows = voter_reviews::page(&arena.db, filter, voter, skip, ROWS_TO_READ).await?;
    let states = ["open", "flagged"].map(|state| (state.to_owned(), page.t(&format!("voters-filter-{state}"))));
    let list = List::new("/admin/voters", &query, "skip");
    let list = list.choice(page.locale, &query, "review", "list-all", states);
    let mut list = list.text(page.locale, &query, "voter", "search");
    list.cut(&query, "skip", &mut rows, |_| (skip + ROWS as i64).to_string().into());
    let boards = arena.boards.with_held(&arena.db).await?;
    let lines = if boards.held > 0 { lines(&boards, &model_names::all(&arena.db).await?) } else { Vec::new() };
    let rate = arena.site.rules().flag_rate * 100.0;
    html(&VotersPage { page, admin, list, rows, rate, held: boards.held, lines })
}

fn lines(boards: &HeldBoards, names: &ModelNames) -> Vec<Line> {
    let ratings = |board: &Board<ModelId>| -> HashMap<ModelId, (Option<f64>, u64)> {
        let rating = |standing: &Standing| standing.rated().map(|rated| rated.rating);
        board.entries.iter().map(|entry| (entry.id, (rating(&entry.standing), entry.tally.battles()))).collect()
    };
    let (without, with) = (ratings(&boards.without), ratings(&boards.with));
    let line = |entry: &arena_rating::Entry<ModelId>| {
        let before = without.get(&entry.id).copied().unwrap_or((None, 0));
        let after = with.get(&entry.id).copied().unwrap_or((None, 0));
        let name = names.get(entry.id)?.display_name.clone();
        Some(Line { name, without: before.0, with: after.0, held: after.1.saturating_sub(before.1) })
    };
    boards.with.entries.iter().filter_map(line).collect()
}

impl VoterReview {
    /// The e-value as people read it: how many times as likely the votes are if the voter does not vote as others do.
    pub(super) fn times(logarithm: f64) -> String {
        match logarithm.exp() {
            times if times < 10.0 => format!("{times:.1}"),
            times if times < 1e6 => format!("{times:.0}"),
            _ => format!("10^{:.0}", logarithm / std::f64::consts::LN_10),
        }
    }

    /// The first characters of the voter's id.
    fn short(&self) -> String {
        self.voter.to_string().get(..8).unwrap_or_default().to_owned()
    }

    /// The key of the text that says where it stands.
    pub(super) fn state(&self) -> &'static str {
        match (self.flagged_at, self.decision) {
            (_, Some(VoterDecision::Accepted)) => "voters-state-accepted",
            (_, Some(VoterDecision::Withdrawn)) => "voters-state-withdrawn",
            (Some(_), None) => "voters-state-open",
            (None, None) => "voters-state-usual",
        }
    }

    /// The class of its badge.
    pub(super) fn badge(&self) -> &'static str {
        match (self.flagged_at, self.decision) {
            (_, Some(VoterDecision::Accepted)) | (None, None) => "good",
            (_, Some(VoterDecision::Withdrawn)) => "calm",
            (Some(_), None) => "bad",
        }
    }
}
