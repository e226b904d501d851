//! Objective scores of a model: files come in, and a score is taken off.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use uuid::Uuid;

use super::upload::Upload;
use crate::actions::model_result::{AttachResult, RemoveResult};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, html_error, see_other};
use crate::i18n::error_text;
use crate::state::AppState;
use crate::store::model_results::{self, ModelResult};
use crate::store::models::{self, Model};
use crate::views::Page;

/// The largest file that is taken.
const MAX_FILE: u64 = 16 << 20;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/model_results.html")]
struct ModelResultsPage {
    page: Page,
    admin: Admin,
    model: Model,
    results: Vec<ModelResult>,
    /// Why nothing was taken.
    error: Option<String>,
}

impl ModelResultsPage {
    async fn of(request: &HttpRequest, arena: &AppState, admin: Admin, slug: &str) -> Result<Self, Error> {
        let model = models::by_slug(&arena.db, slug).await?.ok_or(Error::NotFound)?;
        let results = model_results::list(&arena.db, Some(model.id)).await?;
        Ok(Self { page: Page::of(request), admin, model, results, error: None })
    }

    /// A score in percent.
    fn percent(score: &f64) -> String {
        format!("{score:.1}")
    }
}

/// The form and the scores.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
) -> Result<HttpResponse, Error> {
    html(&ModelResultsPage::of(&request, &arena, admin, &slug).await?)
}

/// Takes a file.
pub async fn attach(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    slug: web::Path<String>,
    parts: Multipart,
) -> Result<HttpResponse, Error> {
    let sent = Upload::of(&request, parts, MAX_FILE).await?;
    let bytes = tokio::fs::read(sent.file.path()).await.map_err(|cause| Error::Internal(cause.into()))?;
    let wanted = AttachResult { admin: Some(admin.id), model: slug.clone(), bytes };
    match wanted.run(&arena).await {
        Ok(_) => Ok(see_other(&format!("/admin/models/{slug}/results"))),
        Err(error @ Error::Invalid { .. }) => {
            let text = error_text(&error, Page::of(&request).locale);
            let view = ModelResultsPage::of(&request, &arena, admin, &slug).await?;
            html_error(&ModelResultsPage { error: Some(text), ..view }, &error)
        }
        Err(error) => Err(error),
    }
}

/// Takes a score off.
pub async fn remove(
    arena: web::Data<AppState>,
    admin: Admin,
    path: web::Path<(String, Uuid)>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let (model, result) = path.into_inner();
    let back = format!("/admin/models/{model}/results");
    RemoveResult { admin: Some(admin.id), model, result }.run(&arena).await?;
    Ok(see_other(&back))
}
