//! Votes out of a file that an administrator sends.

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::upload::Upload;
use crate::actions::import_votes::{ImportReport, ImportVotes};
use crate::error::Error;
use crate::exchange::BadRow;
use crate::extract::Admin;
use crate::handlers::{html, html_error};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/vote_import.html")]
struct VoteImportPage {
    page: Page,
    admin: Admin,
    report: Option<ImportReport>,
    /// Why nothing was imported.
    error: Option<String>,
}

/// The largest file that is taken by the browser; larger ones by `arena import`.
pub(in crate::handlers) const MAX_FILE: u64 = 2 << 30;

/// The form.
pub async fn page(request: HttpRequest, admin: Admin) -> Result<HttpResponse, Error> {
    html(&VoteImportPage { page: Page::of(&request), admin, report: None, error: None })
}

/// Takes the file, and tells what came of it.
pub async fn import(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    parts: Multipart,
) -> Result<HttpResponse, Error> {
    let sent = Upload::of(&request, parts, MAX_FILE).await?;
    let wanted = ImportVotes {
        admin: Some(admin.id),
        file: sent.file.path().to_owned(),
        name: sent.name.clone(),
        container: None,
        map: sent.map()?,
        is_strict: sent.field("strict") == "true",
        with_conversations: sent.field("conversations") == "true",
        progress: Arc::new(|_| {}),
    };
    let (report, error) = match wanted.run(&arena).await {
        Ok(report) => (Some(report), None),
        Err(error @ Error::Invalid { .. }) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    let page = Page::of(&request);
    let text = error.as_ref().map(|error| error_text(error, page.locale));
    let view = VoteImportPage { page, admin, report, error: text };
    match error {
        Some(error) => html_error(&view, &error),
        None => html(&view),
    }
}

impl VoteImportPage {
    /// Why a row was not taken.
    fn bad_text(&self, bad: &BadRow) -> String {
        let (key, detail) = bad.told();
        self.page.t1(key, "detail", detail)
    }
}
