//! The administration's first page: how the arena is doing.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::status::StatusPart;
use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::html;
use crate::i18n::grouped;
use crate::state::AppState;
use crate::views::Page;
use arena_rating::SideBias;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    page: Page,
    admin: Admin,
    status: StatusPart,
    sides: Option<Sides>,
}

/// How often the left answer wins, and the right one.
#[derive(Debug)]
struct Sides {
    left: String,
    right: String,
    /// The share of the left, and half the width of its interval where it has one.
    share: String,
    margin: Option<String>,
    is_certain: bool,
}

impl From<SideBias> for Sides {
    fn from(bias: SideBias) -> Self {
        let tenths = |share: f64| format!("{:.1}", 100.0 * share);
        Self {
            left: grouped(bias.left),
            right: grouped(bias.right),
            share: tenths(bias.share),
            margin: bias.margin.is_finite().then(|| tenths(bias.margin)),
            is_certain: bias.is_certain(),
        }
    }
}

/// The overview.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let status = StatusPart::of(&request, &arena).await?;
    let sides = arena.boards.side_bias(&arena.db).await?.map(Sides::from);
    html(&OverviewPage { page: Page::of(&request), admin, status, sides })
}
