//! What administrators did.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::domain::{DeedCriteria, NOBODY};
use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::admin::list::{List, ListQuery, ROWS_TO_READ};
use crate::handlers::html;
use crate::i18n::Locale;
use crate::state::AppState;
use crate::store::audit::{self, AuditRow};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    page: Page,
    admin: Admin,
    list: List,
    rows: Vec<AuditRow>,
}

/// A page of the log.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let (page, query) = (Page::of(&request), ListQuery::of(&request));
    let locale = page.locale;
    let criteria = DeedCriteria::check(|name| query.get(name)).map_err(|bad| Error::invalid("list-filter", bad.0))?;
    let oldest_first = query.get("sort") == "oldest";
    let mut rows = audit::page(&arena.db, &criteria, oldest_first, query.number("after"), ROWS_TO_READ).await?;
    let admins = audit::admins(&arena.db).await?.into_iter().map(|(id, name)| (id.0.to_string(), name));
    let admins = std::iter::once((NOBODY.to_owned(), page.t("audit-nobody"))).chain(admins);
    let actions = audit::actions(&arena.db).await?;
    let mut actions: Vec<_> =
        actions.into_iter().map(|action| (action.clone(), action_text(&action, locale))).collect();
    actions.sort_by(|a, b| a.1.cmp(&b.1));
    let oldest = ("oldest".to_owned(), page.t("list-sort-oldest"));
    let mut list = List::new("/admin/audit", &query, "after")
        .text(locale, &query, "q", "search")
        .choice(locale, &query, "admin", "list-all", admins)
        .choice(locale, &query, "action", "list-all", actions)
        .text(locale, &query, "from", "date")
        .text(locale, &query, "to", "date")
        .choice(locale, &query, "sort", "list-sort-newest", [oldest]);
    list.cut(&query, "after", &mut rows, |row| row.id.to_string().into());
    html(&AuditPage { page, admin, list, rows })
}

/// An action in words; its code where an older version wrote one that is not known any more.
fn action_text(action: &str, locale: Locale) -> String {
    locale.find(&format!("audit-action-{}", action.replace('.', "-"))).unwrap_or_else(|| action.to_owned())
}

impl AuditRow {
    /// The action in words.
    fn action_text(&self, locale: &Locale) -> String {
        action_text(&self.action, *locale)
    }

    /// The particulars on one line: `name: value · name: value`.
    fn particulars(&self) -> String {
        let Some(object) = self.detail.as_object() else { return String::new() };
        let pair = |(name, value): (&String, &serde_json::Value)| match value.as_str() {
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}: {value}"),
        };
        object.iter().filter(|(_, value)| !value.is_null()).map(pair).collect::<Vec<_>>().join(" · ")
    }
}
