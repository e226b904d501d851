//! The visitor's own battles.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::admin::list::{List, ListQuery, ROWS_TO_READ};
use super::{NoFields, html, see_other};
use crate::actions::delete_battle::DeleteAllBattles;
use crate::domain::{BattleKind, Choice};
use crate::error::Error;
use crate::extract::{CsrfForm, Visitor};
use crate::state::AppState;
use crate::store::battles::{self, HistoryFilter};
use crate::store::model_names;
use crate::views::{Page, kind_text, voted_text};

/// The longest search, in characters.
const MAX_WORDS: usize = 200;

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
    /// The filters and the way to further pages.
    pub list: List,
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

/// The visitor's own battles, newest first: those that the address asks for.
pub async fn list(request: HttpRequest, arena: web::Data<AppState>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let (page, query) = (Page::of(&request), ListQuery::of(&request));
    // A list of all would name those that are still hidden.
    let met = model_names::met_by(&arena.db, visitor.id()).await?;
    let filter = HistoryFilter {
        // In microseconds since 1970.
        before: query.number("before").and_then(DateTime::from_timestamp_micros),
        words: query.get("q").chars().filter(|c| *c != '\0').take(MAX_WORDS).collect(),
        kind: query.get("kind").parse().ok(),
        is_voted: match query.get("voted") {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        model: met.iter().find(|model| model.slug == query.get("model")).map(|model| model.id),
    };
    let mut entries = battles::history(&arena.db, visitor.id(), &filter, ROWS_TO_READ).await?;
    let locale = page.locale;
    let kinds = [BattleKind::Battle, BattleKind::SideBySide, BattleKind::Direct];
    let kinds = kinds.map(|kind| (kind.to_string(), kind_text(locale, kind)));
    let voted = ["yes", "no"].map(|voted| (voted.to_owned(), page.tn("history-voted-", voted)));
    let names = met.iter().map(|model| (model.slug.clone(), model.display_name.clone()));
    let mut list = List::new("/history", &query, "before")
        .text(locale, &query, "q", "search")
        .choice(locale, &query, "kind", "list-all", kinds)
        .choice(locale, &query, "voted", "list-all", voted)
        .choice(locale, &query, "model", "list-all", names);
    list.cut(&query, "before", &mut entries, |entry| entry.created_at.timestamp_micros().to_string().into());
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
    html(&HistoryPage { page, lines, list })
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
