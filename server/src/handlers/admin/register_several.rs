//! Several models of an endpoint, looked at and registered in one act. Looks take seconds each, so that the page is sent as it
//! grows: its beginning at once, each model as soon as it is done, and at the end the form with those that are left. That
//! needs no script, and no server remembers anything.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use actix_web::{HttpResponse, web};
use askama::Template;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::model_filled::Filled;
use super::register_looked::{LookedPart, Summary};
use super::register_page::{RESULTS, RegisterPage, Step};
use crate::actions::register_listed::{LOOKS_AT_ONCE, Looked, MAX_LISTED, RegisterListed};
use crate::domain::{Admin, FieldError, ModelKind, ModelSettings};
use crate::error::Error;
use crate::handlers::html_unprocessable;
use crate::state::AppState;
use crate::views::Page;

/// The most models of one act.
pub const MOST: usize = MAX_LISTED;

/// Checks the settings of all of them, then looks at each and registers it when asked to.
pub async fn run(frame: Page, arena: web::Data<AppState>, admin: Admin, filled: Filled) -> Result<HttpResponse, Error> {
    let (by, key) = (admin.id, filled.typed_key(&arena, admin.id));
    let sealed_key = filled.sealed_key(&arena, admin.id)?;
    let form = |filled: &Filled, errors: &[FieldError]| {
        let kind = ModelKind::Endpoint;
        let step = Step::of_mistake(kind, errors).filter(|step| *step == Step::Place).unwrap_or(Step::Competes);
        let page = RegisterPage::of(frame.clone(), admin.clone(), kind, step, filled, errors);
        RegisterPage { sealed_key: sealed_key.clone(), ..page }
    };
    let models = filled.models();
    let mut all = Vec::with_capacity(models.len());
    let mut page = form(&filled, &[]);
    for remote in &models {
        match ModelSettings::check(ModelKind::Endpoint, &filled.texts_of(remote)) {
            Ok(settings) => all.push(settings),
            Err(errors) => {
                let (own, shared): (Vec<FieldError>, Vec<FieldError>) =
                    errors.into_iter().partition(|error| ["display_name", "remote_model"].contains(&error.field));
                if !shared.is_empty() {
                    page = form(&filled, &shared);
                } else if let Some(named) = page.several.iter_mut().find(|named| named.remote == *remote) {
                    named.error =
                        own.first().map(|one| page.page.t1(&format!("error-{}", one.code), "detail", &one.detail));
                }
                page.refusal = Some(page.page.t("form-mistakes"));
                if !shared.is_empty() {
                    break;
                }
            }
        }
    }
    if page.refusal.is_some() {
        return html_unprocessable(&page);
    }
    page.looking = all.len();
    let (begin, _) = halves(&page)?;
    let (saves, force, count) = (filled.saves(), filled.forces(), all.len());
    let done: Arc<Mutex<Vec<(String, Looked)>>> = Arc::default();
    let looks = stream::iter(models.into_iter().zip(all).map(move |(remote, settings)| {
        let (arena, key) = (arena.clone(), key.clone());
        async move {
            let looked = RegisterListed { by, settings, key, saves, force }.run(&arena).await;
            (arena, remote, looked)
        }
    }));
    let (kept, frame_of_parts) = (done.clone(), frame.clone());
    let parts = looks.buffer_unordered(LOOKS_AT_ONCE).map(move |(arena, remote, looked)| {
        let mut done = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let part = LookedPart::of(&frame_of_parts, &arena, &looked, (done.len() + 1, count)).render();
        done.push((remote, looked));
        part.unwrap_or_else(|cause| cause.to_string())
    });
    let end = stream::once(async move {
        let done = std::mem::take(&mut *done.lock().unwrap_or_else(PoisonError::into_inner));
        let summary = Summary::of(&frame, &done, saves);
        ending(frame, admin, &filled, sealed_key, count, summary).unwrap_or_else(|error| error.to_string())
    });
    let body = stream::once(async move { begin }).chain(parts).chain(end);
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Each part is to be seen at once: no buffer of a proxy, no compression.
        .insert_header(("x-accel-buffering", "no"))
        .insert_header(ContentEncoding::Identity)
        .streaming(body.map(|text| Ok::<_, Infallible>(Bytes::from(text)))))
}

/// The end of the page: what became of all, and the form with those that are left.
fn ending(
    frame: Page,
    admin: Admin,
    filled: &Filled,
    sealed_key: String,
    count: usize,
    summary: Summary,
) -> Result<String, Error> {
    let mut left = filled.with_models(summary.left.clone());
    if let [one] = summary.left.as_slice() {
        left = left.of_one(one);
    }
    let mut page = RegisterPage::of(frame, admin, ModelKind::Endpoint, Step::Competes, &left, &[]);
    page.offers_force = summary.may_be_forced;
    page.sealed_key = sealed_key;
    page.looking = count;
    page.summary = Some(summary);
    Ok(halves(&page)?.1)
}

/// The page before the results and after them.
fn halves(page: &RegisterPage) -> Result<(String, String), Error> {
    let text = page.render().map_err(|cause| Error::Internal(cause.into()))?;
    let (before, after) = text.split_once(RESULTS).unwrap_or((&text, ""));
    Ok((before.to_owned(), after.to_owned()))
}
