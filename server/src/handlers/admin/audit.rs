//! What administrators did.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::admin::paging::{self, Before, ROWS_TO_READ};
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
    rows: Vec<AuditRow>,
    is_first: bool,
    older: Option<i64>,
}

/// A page of the log, newest first.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Before>,
) -> Result<HttpResponse, Error> {
    let mut rows = audit::page(&arena.db, query.before, ROWS_TO_READ).await?;
    let older = paging::cut(&mut rows, |row| row.id);
    html(&AuditPage { page: Page::of(&request), admin, rows, is_first: query.before.is_none(), older })
}

impl AuditRow {
    /// The action in words; its code where an older version wrote one that is not known any more.
    fn action_text(&self, locale: &Locale) -> String {
        locale.find(&format!("audit-action-{}", self.action.replace('.', "-"))).unwrap_or_else(|| self.action.clone())
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
