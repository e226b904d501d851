//! Battles: who met, how it went, what was voted. What people wrote is theirs and is not shown.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::actions::delete_battles::DeleteBattles;
use crate::domain::{BattleCriteria, BattleId, BattleKind, BattleOutcome};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::admin::list::{List, ListQuery, ROWS, ROWS_TO_READ};
use crate::handlers::{html, see_other};
use crate::state::AppState;
use crate::store::admin_stats::{self, BattleLine, BattlePage};
use crate::store::model_names;
use crate::store::prompt_sets;
use crate::views::{Page, kind_key};

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/battles.html")]
struct BattlesPage {
    page: Page,
    admin: Admin,
    list: List,
    rows: Vec<BattleLine>,
    /// How many were deleted just now.
    deleted: Option<i64>,
}

/// A page of battles.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let (page, query) = (Page::of(&request), ListQuery::of(&request));
    // Told once: no further page's address says it.
    let deleted = query.number("deleted");
    let query = ListQuery::parse(query.address("", &[("deleted", "")]).trim_start_matches('?'));
    let locale = page.locale;
    let models = model_names::all(&arena.db).await?;
    let model_of = |slug: &str| models.iter().find(|model| model.slug == slug).map(|model| model.id);
    let criteria = BattleCriteria::check(|name| query.get(name), model_of);
    let criteria = criteria.map_err(|bad| Error::invalid("list-filter", bad.0))?;
    // The place is the time in microseconds since 1970.
    let after = query.number("after").and_then(DateTime::<Utc>::from_timestamp_micros);
    let part = BattlePage { oldest_first: query.get("sort") == "oldest", after, limit: ROWS_TO_READ };
    let mut rows = admin_stats::battles(&arena.db, &criteria, part).await?;
    let state = |state: &BattleOutcome| (state.to_string(), page.tn("battles-state-", state));
    let kind = |kind: &BattleKind| (kind.to_string(), page.t(kind_key(kind)));
    // Votes that came out of files or from judges have no battle here.
    let kinds = [BattleKind::Battle, BattleKind::SideBySide, BattleKind::Direct];
    let named = models.iter().map(|model| (model.slug.clone(), model.display_name.clone()));
    let sets = prompt_sets::names(&arena.db).await?.into_iter().map(|set| (set.clone(), set));
    let oldest = ("oldest".to_owned(), page.t("list-sort-oldest"));
    let mut list = List::new("/admin/battles", &query, "after")
        .text(locale, &query, "q", "search")
        .choice(locale, &query, "state", "list-all", BattleOutcome::ALL.iter().map(state))
        .choice(locale, &query, "model", "list-all", named)
        .choice(locale, &query, "kind", "list-all", kinds.iter().map(kind))
        .choice(locale, &query, "set", "list-all", sets)
        .text(locale, &query, "language", "text")
        .text(locale, &query, "from", "date")
        .text(locale, &query, "to", "date")
        .choice(locale, &query, "sort", "list-sort-newest", [oldest]);
    list.cut(&query, "after", &mut rows, |row| row.created_at.timestamp_micros().to_string().into());
    html(&BattlesPage { page, admin, list, rows, deleted })
}

/// The battles that were ticked.
#[derive(Debug, Deserialize)]
pub struct Ticked {
    #[serde(default)]
    id: Vec<BattleId>,
    /// What the list asks for, to come back to it.
    #[serde(default)]
    list: String,
}

/// Deletes the conversations that were ticked.
pub async fn delete(
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<Ticked>,
) -> Result<HttpResponse, Error> {
    let battles: Vec<BattleId> = form.id.into_iter().take(ROWS).collect();
    let deleted = DeleteBattles { admin: Some(admin.id), battles }.run(&arena).await?;
    let list = ListQuery::parse(&form.list);
    Ok(see_other(&list.address("/admin/battles", &[("deleted", &deleted.to_string())])))
}
