//! Judgings that the arena does itself: starting, watching, stopping.

use actix_web::{HttpRequest, HttpResponse, web};
use mixtral_judge::{Mode, Wording};
use uuid::Uuid;

use super::judge::JudgePage;
use super::judge_form::{RunForm, RunsPart};
use crate::actions::start_judging::{Judged, StartJudging, StopJudging};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, html_error, see_other};
use crate::i18n::{Locale, error_text};
use crate::state::AppState;
use crate::views::Page;

/// The changing part alone.
pub async fn part(request: HttpRequest, arena: web::Data<AppState>, _: Admin) -> Result<HttpResponse, Error> {
    html(&RunsPart::of(&request, &arena).await?)
}

/// Starts a run.
pub async fn start(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<RunForm>,
) -> Result<HttpResponse, Error> {
    let locale = Page::of(&request).locale;
    let started = match wanted(&form, &admin, locale) {
        Ok(wanted) => wanted.run(&arena).await,
        Err(error) => Err(error),
    };
    match started {
        Ok(_) => Ok(see_other("/admin/judge")),
        Err(error @ Error::Invalid { .. }) => {
            let text = error_text(&error, locale);
            html_error(&JudgePage::of(&request, &arena, admin, Some(form), None, Some(text)).await?, &error)
        }
        Err(error) => Err(error),
    }
}

fn wanted(form: &RunForm, admin: &Admin, locale: Locale) -> Result<StartJudging, Error> {
    if form.judge.is_empty() {
        return Err(Error::invalid("judge-missing", ""));
    }
    let judged = match form.source.as_str() {
        "battles" => {
            let count = form.battles.trim().parse().ok().filter(|count| *count > 0);
            Judged::Battles(count.ok_or_else(|| Error::invalid("judge-count", form.battles.clone()))?)
        }
        _ => Judged::Prompts { models: form.model.clone(), prompts: form.prompts.lines().map(str::to_owned).collect() },
    };
    let max_requests = match form.max_requests.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::invalid("judge-budget", text.to_owned()))?),
    };
    Ok(StartJudging {
        admin: Some(admin.id),
        judge: form.judge.clone(),
        judged,
        mode: if form.mode == "pairs" { Mode::Pairs } else { Mode::Scores },
        // Whoever starts it reads the reasons.
        wording: if locale == Locale::Zh { Wording::Chinese } else { Wording::English },
        max_requests,
    })
}

/// Stops a run.
pub async fn stop(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<Uuid>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    StopJudging { admin: Some(admin.id), run: *id }.run(&arena).await?;
    Ok(see_other("/admin/judge"))
}
