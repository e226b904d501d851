//! What language models judged: files come in, and go off the boards as a whole.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::judge_form::{RunChoices, RunForm, RunsPart};
use super::upload::Upload;
use crate::actions::take_judged::{JudgedReport, TakeJudged};
use crate::actions::withdraw_judging::WithdrawJudging;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{html, html_error, see_other};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::store::judgings::{self, Judging};
use crate::views::Page;

/// The largest file that is taken; it is read into memory.
const MAX_FILE: u64 = 256 << 20;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/judge.html")]
pub struct JudgePage {
    page: Page,
    admin: Admin,
    judgings: Vec<Judging>,
    run: RunChoices,
    /// The runs, which the page fetches again every few seconds.
    runs_html: String,
    report: Option<JudgedReport>,
    /// Why nothing was taken or started.
    error: Option<String>,
}

impl JudgePage {
    /// As things stand now, with what was sent, and what came of it.
    pub async fn of(
        request: &HttpRequest,
        arena: &AppState,
        admin: Admin,
        sent: Option<RunForm>,
        report: Option<JudgedReport>,
        error: Option<String>,
    ) -> Result<Self, Error> {
        let runs = RunsPart::of(request, arena).await?;
        Ok(Self {
            page: Page::of(request),
            admin,
            judgings: judgings::list(&arena.db).await?,
            run: RunChoices::of(arena, sent).await?,
            runs_html: runs.render().map_err(|cause| Error::Internal(cause.into()))?,
            report,
            error,
        })
    }
}

/// The forms and the lists.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    html(&JudgePage::of(&request, &arena, admin, None, None, None).await?)
}

/// Takes a file, and tells what came of it.
pub async fn take(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    parts: Multipart,
) -> Result<HttpResponse, Error> {
    let sent = Upload::of(&request, parts, MAX_FILE).await?;
    let bytes = tokio::fs::read(sent.file.path()).await.map_err(|cause| Error::Internal(cause.into()))?;
    let wanted = TakeJudged { admin: Some(admin.id), name: sent.name.clone(), bytes, map: sent.map()? };
    let (report, error) = match wanted.run(&arena).await {
        Ok(report) => (Some(report), None),
        Err(error @ Error::Invalid { .. }) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    let text = error.as_ref().map(|error| error_text(error, Page::of(&request).locale));
    let view = JudgePage::of(&request, &arena, admin, None, report, text).await?;
    match error {
        Some(error) => html_error(&view, &error),
        None => html(&view),
    }
}

/// Whether the votes of a judging shall count no longer.
#[derive(Debug, Deserialize)]
pub struct Withdrawn {
    withdrawn: bool,
}

/// Withdraws the votes of a judging, or restores them.
pub async fn set_withdrawn(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    CsrfForm(form): CsrfForm<Withdrawn>,
) -> Result<HttpResponse, Error> {
    WithdrawJudging { admin: Some(admin.id), judging: *id, withdrawn: form.withdrawn }.run(&arena).await?;
    Ok(see_other("/admin/judge"))
}
