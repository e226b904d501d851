//! `GET /leaderboard/stream`: tells pages that stay open when votes have come in.

use actix_web::{HttpResponse, web};

use super::filter::Filter;
use crate::boards::BoardReader;
use crate::error::Error;
use crate::handlers::sse::{self, EventWriter};
use crate::state::AppState;

/// The versions of one board.
struct Versions(BoardReader);

impl EventWriter for Versions {
    async fn next(&mut self) -> Option<String> {
        let version = self.0.next().await?;
        Some(format!("event: version\ndata: {version}\n\n"))
    }
}

/// The version of now, and each that is new: at most one a second.
pub async fn stream(arena: web::Data<AppState>, filter: web::Query<Filter>) -> Result<HttpResponse, Error> {
    let (reader, permit) = arena.live_boards.follow(&arena.boards, &arena.db, &filter.key()?).await?;
    Ok(sse::respond(Versions(reader), permit))
}
