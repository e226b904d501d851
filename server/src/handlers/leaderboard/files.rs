//! The leaderboard and its matrices as CSV and JSON.

use actix_web::{HttpResponse, web};

use super::board_file::{BoardFile, LeaderboardFile, MatrixFile, ModelLine};
use super::direct::{DirectModel, NamedDirectBoard};
use super::filter::{self, Filter};
use super::named_board::NamedBoard;
use crate::boards::BoardKey;
use crate::domain::BattleKind;
use crate::error::Error;
use crate::state::AppState;

/// `GET /leaderboard.json`.
pub async fn board_json(arena: web::Data<AppState>, filter: web::Query<Filter>) -> Result<HttpResponse, Error> {
    let file = match filter.key()?.kind {
        BattleKind::Direct => LeaderboardFile::Direct(NamedDirectBoard::read(&arena, &filter).await?.file()),
        _ => LeaderboardFile::Battles(BoardFile::of(&NamedBoard::for_file(&arena, &filter).await?)),
    };
    Ok(fresh().json(file))
}

/// `GET /leaderboard.csv`.
pub async fn board_csv(arena: web::Data<AppState>, filter: web::Query<Filter>) -> Result<HttpResponse, Error> {
    let key = filter.key()?;
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    // Written by hand, for an empty board has a head as well.
    if key.kind == BattleKind::Direct {
        csv.write_record(DIRECT_HEAD).map_err(internal)?;
        for line in NamedDirectBoard::read(&arena, &filter).await?.file().models {
            csv.serialize(DirectModel { name: as_text(&line.name), ..line }).map_err(internal)?;
        }
    } else {
        csv.write_record(HEAD).map_err(internal)?;
        for line in BoardFile::of(&NamedBoard::for_file(&arena, &filter).await?).models {
            csv.serialize(ModelLine { name: as_text(&line.name), ..line }).map_err(internal)?;
        }
    }
    download(csv, "leaderboard", &key)
}

/// `GET /leaderboard/{matrix}.json`: `win-rates` or `battle-counts`.
pub async fn matrix_json(
    arena: web::Data<AppState>,
    which: web::Path<String>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, Error> {
    let named = NamedBoard::read(&arena, &filter).await?;
    Ok(fresh().json(MatrixFile::of(&which, &named)?))
}

/// `GET /leaderboard/{matrix}.csv`.
pub async fn matrix_csv(
    arena: web::Data<AppState>,
    which: web::Path<String>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, Error> {
    let named = NamedBoard::read(&arena, &filter).await?;
    let file = MatrixFile::of(&which, &named)?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(std::iter::once("model").chain(file.models.iter().map(String::as_str))).map_err(internal)?;
    for (model, row) in file.models.iter().zip(&file.values) {
        let cells = row.iter().map(|value| value.map(|value| value.to_string()).unwrap_or_default());
        csv.write_record(std::iter::once(model.clone()).chain(cells)).map_err(internal)?;
    }
    download(csv, &which, &named.key)
}

const DIRECT_HEAD: [&str; 8] = ["slug", "name", "good", "bad", "good_share", "lower", "upper", "voters"];

const HEAD: [&str; 20] = [
    "slug",
    "name",
    "rank",
    "rank_worst",
    "preliminary",
    "group",
    "bradley_terry",
    "standard_error",
    "lower",
    "upper",
    "unrated",
    "elo",
    "wins",
    "losses",
    "ties",
    "both_bad",
    "both_bad_share",
    "votes",
    "win_rate",
    "average_win_rate",
];

/// A name that no spreadsheet takes for a formula.
fn as_text(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

fn fresh() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header(("cache-control", "no-store"));
    response
}

fn download(csv: csv::Writer<Vec<u8>>, name: &str, key: &BoardKey) -> Result<HttpResponse, Error> {
    let bytes = csv.into_inner().map_err(|cause| Error::Internal(anyhow::anyhow!("{cause}")))?;
    let file = format!("attachment; filename=\"{}\"", filter::file_name(name, key, "csv"));
    Ok(fresh().content_type("text/csv; charset=utf-8").insert_header(("content-disposition", file)).body(bytes))
}

fn internal(cause: csv::Error) -> Error {
    Error::Internal(cause.into())
}
