//! How the arena is doing: the changing part of the overview, which the page fetches again every few seconds.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::model_health::{ModelHealth, WorkerLine};
use crate::domain::{BattleCriteria, ModelState};
use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::html;
use crate::state::AppState;
use crate::store::admin_stats::{self, BattleLine, BattlePage, DailyStats};
use crate::store::models::{self, Model};
use crate::views::Page;

/// Battles that the overview shows.
const RECENT: i64 = 8;

/// The changing part.
#[derive(Debug, Template)]
#[template(path = "admin/status.html")]
pub struct StatusPart {
    page: Page,
    workers: Vec<WorkerLine>,
    models: Vec<(Model, ModelHealth)>,
    drawn: usize,
    day: DailyStats,
    battles: Vec<BattleLine>,
}

impl StatusPart {
    /// As things stand now.
    pub async fn of(request: &HttpRequest, arena: &AppState) -> Result<Self, Error> {
        let page = Page::of(request);
        let snapshot = arena.workers.state();
        let models = models::list(&arena.db).await?;
        let drawn = models.iter().filter(|model| model.in_rotation()).count();
        let models = models.into_iter().filter(|model| model.state != ModelState::Retired).map(|model| {
            let condition = ModelHealth::of(arena, &snapshot, &model, &page);
            (model, condition)
        });
        let newest = BattlePage { limit: RECENT, ..BattlePage::default() };
        Ok(Self {
            workers: snapshot.workers.iter().map(|view| WorkerLine::of(view, &page)).collect(),
            models: models.collect(),
            drawn,
            day: admin_stats::day(&arena.db).await?,
            battles: admin_stats::battles(&arena.db, &BattleCriteria::default(), newest).await?,
            page,
        })
    }
}

/// The changing part alone.
pub async fn part(request: HttpRequest, arena: web::Data<AppState>, _: Admin) -> Result<HttpResponse, Error> {
    html(&StatusPart::of(&request, &arena).await?)
}
