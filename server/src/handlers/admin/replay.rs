//! A battle's models are asked the same again: starting it, watching it, reading what came of it.

use std::borrow::Borrow;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::actions::replay_battle::ReplayBattle;
use crate::domain::{BattleCriteria, BattleId, ReplayOutcome};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, see_other};
use crate::i18n::Message;
use crate::state::AppState;
use crate::store::admin_stats::{self, BattleLine, BattlePage};
use crate::store::replays::{self, Replay};
use crate::views::{Page, replay as words};

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/replay.html")]
struct ReplayPage {
    page: Page,
    admin: Admin,
    row: BattleLine,
    /// The changing part.
    report_html: String,
}

/// The changing part: the newest replay.
#[derive(Debug, Template)]
#[template(path = "admin/replay_report.html")]
struct ReportPart {
    page: Page,
    replay: Option<Replay>,
}

impl ReportPart {
    async fn of(request: &HttpRequest, arena: &AppState, battle: BattleId) -> Result<Self, Error> {
        Ok(Self { page: Page::of(request), replay: replays::newest(&arena.db, battle).await? })
    }

    /// In the page's language.
    fn text(&self, message: impl Borrow<Message>) -> String {
        message.borrow().text(self.page.locale)
    }

    /// How an outcome looks.
    const fn badge(outcome: ReplayOutcome) -> &'static str {
        match outcome {
            ReplayOutcome::Same => "good",
            ReplayOutcome::Differs => "bad",
            ReplayOutcome::Impossible => "off",
        }
    }
}

/// What was asked again, and a button to ask.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<BattleId>,
) -> Result<HttpResponse, Error> {
    let criteria = BattleCriteria { id: Some(id.0), ..BattleCriteria::default() };
    let one = BattlePage { oldest_first: false, after: None, limit: 1 };
    let row = admin_stats::battles(&arena.db, &criteria, one).await?.into_iter().find(|row| row.id == *id);
    let report_html =
        ReportPart::of(&request, &arena, *id).await?.render().map_err(|cause| Error::Internal(cause.into()))?;
    html(&ReplayPage { page: Page::of(&request), admin, row: row.ok_or(Error::NotFound)?, report_html })
}

/// The changing part alone.
pub async fn part(
    request: HttpRequest,
    arena: web::Data<AppState>,
    _: Admin,
    id: web::Path<BattleId>,
) -> Result<HttpResponse, Error> {
    html(&ReportPart::of(&request, &arena, *id).await?)
}

/// Asks again.
pub async fn start(
    arena: web::Data<AppState>,
    admin: Admin,
    id: web::Path<BattleId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    ReplayBattle { admin: Some(admin.id), battle: *id, turn: None }.on(&arena.db).await?;
    Ok(see_other(&format!("/admin/battles/{}/replay", *id)))
}
