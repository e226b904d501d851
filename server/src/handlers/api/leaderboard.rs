//! Leaderboards and matrices: the files that the pages offer too.

use actix_web::{HttpResponse, get, web};

use super::body::ErrorBody;
use crate::domain::{BoardCategory, TieRule};
use crate::error::Error;
use crate::handlers::leaderboard::board_file::{LeaderboardFile, MatrixFile};
use crate::handlers::leaderboard::files;
use crate::handlers::leaderboard::filter::Filter;
use crate::state::AppState;

/// Kinds of battle that have a board.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum BoardKind {
    Battle,
    SideBySide,
}

/// Kinds whose votes compare two models, and direct chats.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum AnyBoardKind {
    Battle,
    SideBySide,
    Direct,
}

/// A switch.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum OnOff {
    On,
    Off,
}

/// How intervals are found.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum Intervals {
    Formula,
    Bootstrap,
}

/// The matrices.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum MatrixName {
    WinRates,
    BattleCounts,
}

/// The leaderboard.
#[utoipa::path(
    operation_id = "readLeaderboard", tag = "leaderboard",
    params(
        ("kind" = Option<AnyBoardKind>, Query, description = "Anonymous battles, named comparisons, or direct chats."),
        ("language" = Option<String>, Query, pattern = "^[A-Za-z0-9-]{0,16}$", description = "A language code; all languages where it is left out."),
        ("group" = Option<String>, Query, description = "Only votes of the members of a group that has a leaderboard of its own; of all voters where it is left out."),
        ("category" = Option<BoardCategory>, Query, description = "A category; all votes where it is left out."),
        ("from" = Option<String>, Query, format = "date", description = "The first day, in UTC."),
        ("to" = Option<String>, Query, format = "date", description = "The last day; its votes are in."),
        ("style" = Option<OnOff>, Query, description = "Whether the effects of length and marks are taken out of the ratings."),
        ("ties" = Option<TieRule>, Query, description = "How ties count: half a win for each, or by Davidson's model. With style control always half."),
        ("intervals" = Option<Intervals>, Query, description = "How intervals are found. `bootstrap` draws the votes anew, whole voters at a time, 100 to 1000 times; a board may be a minute old then, and may be busy. Not with style control or modelled ties."),
    ),
    responses((status = 200, body = LeaderboardFile), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)), security(())
)]
#[get("/leaderboard")]
pub async fn board(arena: web::Data<AppState>, filter: web::Query<Filter>) -> Result<HttpResponse, Error> {
    files::board_json(arena, filter).await
}

/// A matrix over all pairs of models: `win-rates`, or `battle-counts`.
#[utoipa::path(
    operation_id = "readMatrix", tag = "leaderboard",
    params(
        ("matrix" = MatrixName, Path, description = "Which one."),
        ("kind" = Option<BoardKind>, Query, description = "Anonymous battles, or named comparisons."),
        ("language" = Option<String>, Query, pattern = "^[A-Za-z0-9-]{0,16}$", description = "A language code; all languages where it is left out."),
        ("group" = Option<String>, Query, description = "Only votes of the members of a group that has a leaderboard of its own; of all voters where it is left out."),
        ("category" = Option<BoardCategory>, Query, description = "A category; all votes where it is left out."),
        ("from" = Option<String>, Query, format = "date", description = "The first day, in UTC."),
        ("to" = Option<String>, Query, format = "date", description = "The last day; its votes are in."),
        ("style" = Option<OnOff>, Query, description = "Whether the effects of length and marks are taken out of the ratings."),
    ),
    responses((status = 200, body = MatrixFile), (status = 404, body = ErrorBody)), security(())
)]
#[get("/leaderboard/{matrix}")]
pub async fn matrix(
    arena: web::Data<AppState>,
    matrix: web::Path<String>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, Error> {
    files::matrix_json(arena, matrix, filter).await
}
