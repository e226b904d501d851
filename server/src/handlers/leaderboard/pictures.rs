//! The chart and the heat map as files.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::chart::Chart;
use super::filter::{self, Filter};
use super::matrix::{HeatPicture, Matrix};
use super::named_board::NamedBoard;
use crate::error::Error;
use crate::state::AppState;
use crate::views::Page;

/// `GET /leaderboard/chart.svg`.
pub async fn chart(
    request: HttpRequest,
    arena: web::Data<AppState>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, Error> {
    let named = NamedBoard::read(&arena, &filter).await?;
    let chart = Chart::of(&named, &Page::of(&request).t("board-chart")).ok_or(Error::NotFound)?;
    Ok(picture(chart.wide_svg, filter::file_name("ratings", &named.key, "svg")))
}

/// `GET /leaderboard/win-rates.svg`.
pub async fn win_rates(
    request: HttpRequest,
    arena: web::Data<AppState>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, Error> {
    let named = NamedBoard::read(&arena, &filter).await?;
    let page = Page::of(&request);
    let matrix = Matrix::win_rates(&named, page.locale).ok_or(Error::NotFound)?;
    let drawn = HeatPicture::of(&matrix, page.t("board-win-rates")).render();
    let drawn = drawn.map_err(|cause| Error::Internal(cause.into()))?;
    Ok(picture(drawn, filter::file_name("win-rates", &named.key, "svg")))
}

fn picture(svg: String, name: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/svg+xml; charset=utf-8")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")))
        .body(svg)
}
