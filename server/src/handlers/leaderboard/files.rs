//! The leaderboard and its matrices as CSV and JSON.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::direct::{DirectFile, DirectModel, NamedDirectBoard};
use super::filter::{self, Filter};
use super::named_board::NamedBoard;
use crate::boards::BoardKey;
use crate::domain::{BattleKind, BoardCategory};
use crate::error::Error;
use crate::state::AppState;
use arena_rating::{Effect, Share, Standing, Unrated};

/// A leaderboard of battles, or of direct chats.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub enum LeaderboardFile {
    Battles(BoardFile),
    Direct(DirectFile),
}

/// A leaderboard as a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardFile {
    /// Anonymous battles or named comparisons.
    pub kind: BattleKind,
    /// A language code, or nothing for all languages.
    pub language: Option<String>,
    /// A category, or nothing for all votes.
    pub category: Option<BoardCategory>,
    /// The first day (UTC), or nothing.
    pub from: Option<String>,
    /// The last day, or nothing.
    pub to: Option<String>,
    /// Whether the effects of length and marks are taken out of the ratings.
    pub style_control: bool,
    /// What these effects are; nothing where they were not asked for, or cannot be estimated.
    pub style: Option<StyleEffects>,
    /// Grows whenever a vote changes this board.
    pub version: i64,
    /// Votes that this board counts.
    pub votes: u64,
    /// Votes that nobody knows the category or style of: they are not counted here.
    pub undescribed: u64,
    /// People who cast the largest group's votes; one person's votes count as one opinion in the intervals.
    pub voters: Option<usize>,
    /// As many voters with equally many votes each would tell as much.
    pub effective_voters: Option<f64>,
    /// Models with fewer votes than this are preliminary.
    pub min_votes: u64,
    /// Groups of models that can be ranked among each other only.
    pub groups: usize,
    /// The models, in the order of display.
    pub models: Vec<ModelLine>,
}

/// What an answer's style adds to the log odds that it wins, for each standard deviation of its difference from the other's.
#[derive(Debug, Serialize, ToSchema)]
pub struct StyleEffects {
    /// Length in tokens.
    pub length: StyleEffect,
    pub headers: StyleEffect,
    /// List items.
    pub lists: StyleEffect,
    /// Bold passages.
    pub bold: StyleEffect,
}

/// One effect with its 95 % interval.
#[derive(Debug, Serialize, ToSchema)]
pub struct StyleEffect {
    pub coefficient: f64,
    /// Lower end; nothing where there are too few voters to tell.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// One model of a leaderboard.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelLine {
    /// Its name in addresses.
    pub slug: String,
    /// Its name on pages.
    pub name: String,
    /// The best rank that it may have: one more than the number of models of its group that are certainly better.
    /// Nothing for models that are preliminary or unrated. With 95 % certainty all models' ranges hold at once.
    pub rank: Option<usize>,
    /// The worst rank that it may have.
    pub rank_worst: Option<usize>,
    /// Whether it has too few votes for a rank.
    pub preliminary: bool,
    /// Its group, from 0, the largest.
    pub group: Option<usize>,
    /// Bradley-Terry rating; nothing where no finite one exists.
    pub bradley_terry: Option<f64>,
    /// Robust, clustered by voter; nothing where too few people voted to tell.
    pub standard_error: Option<f64>,
    /// Lower end of the 95 % interval; nothing where it has none.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Why there is no rating: `no_battles`, `won_all`, `lost_all` or `one_sided`.
    pub unrated: Option<&'static str>,
    /// Online Elo.
    pub elo: Option<f64>,
    /// Votes for it.
    pub wins: u64,
    /// Votes for the other.
    pub losses: u64,
    pub ties: u64,
    /// Votes against both.
    pub both_bad: u64,
    /// Share of its battles that were judged both bad.
    pub both_bad_share: Option<f64>,
    pub votes: u64,
    /// Share of wins, ties and both-bad votes counting half.
    pub win_rate: Option<f64>,
    /// Mean of the shares against each model it met.
    pub average_win_rate: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MatrixFile {
    /// Anonymous battles or named comparisons.
    pub kind: BattleKind,
    /// A language code, or nothing for all languages.
    pub language: Option<String>,
    /// The models of rows and columns, by their names in addresses.
    pub models: Vec<String>,
    /// The rows: the row's model against the column's; nothing where the two never met.
    pub values: Vec<Vec<Option<f64>>>,
    /// Lower ends of the win rates' 95 % intervals, clustered by voter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower: Option<Vec<Vec<Option<f64>>>>,
    /// Upper ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper: Option<Vec<Vec<Option<f64>>>>,
}

/// `GET /leaderboard.json`.
pub async fn board_json(arena: web::Data<AppState>, filter: web::Query<Filter>) -> Result<HttpResponse, Error> {
    let file = match filter.key()?.kind {
        BattleKind::Direct => LeaderboardFile::Direct(NamedDirectBoard::read(&arena, &filter).await?.file()),
        _ => LeaderboardFile::Battles(BoardFile::of(&NamedBoard::read(&arena, &filter).await?)),
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
        for line in BoardFile::of(&NamedBoard::read(&arena, &filter).await?).models {
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

impl BoardFile {
    /// The board's file.
    fn of(named: &NamedBoard) -> Self {
        let board = &named.read.board;
        let line = |entry: &arena_rating::Entry<_>| {
            let model = named.models.get(entry.id)?;
            let rated = entry.standing.rated();
            Some(ModelLine {
                slug: model.slug.clone(),
                name: model.display_name.clone(),
                rank: entry.rank.map(|rank| rank.best),
                rank_worst: entry.rank.map(|rank| rank.worst),
                preliminary: entry.is_preliminary,
                group: rated.map(|rated| rated.group),
                bradley_terry: rated.map(|rated| rounded(rated.rating)),
                standard_error: rated.and_then(|rated| finite(rated.standard_error)),
                lower: rated.and_then(|rated| finite(rated.interval().0)),
                upper: rated.and_then(|rated| finite(rated.interval().1)),
                unrated: match entry.standing {
                    Standing::Rated(_) => None,
                    Standing::Unrated(why) => Some(code(why)),
                },
                elo: entry.elo.map(rounded),
                wins: entry.tally.wins,
                losses: entry.tally.losses,
                ties: entry.tally.ties,
                both_bad: entry.tally.both_bad,
                both_bad_share: entry.tally.both_bad_share().map(rounded),
                votes: entry.tally.battles(),
                win_rate: entry.tally.win_rate().map(rounded),
                average_win_rate: entry.average_win_rate.map(rounded),
            })
        };
        Self {
            kind: named.key.kind,
            language: named.key.language.clone(),
            category: named.key.category,
            from: named.key.first_day.map(|_| filter::date(named.key.first_day)),
            to: named.key.last_day.map(|_| filter::date(named.key.last_day)),
            style_control: named.key.style_control,
            style: board.style.map(|effects| {
                let [length, headers, lists, bold] = effects.map(StyleEffect::of);
                StyleEffects { length, headers, lists, bold }
            }),
            version: named.read.version,
            votes: board.votes,
            undescribed: named.read.undescribed,
            voters: board.voters.map(|voters| voters.count),
            effective_voters: board.voters.map(|voters| rounded(voters.effective)),
            min_votes: named.min_votes,
            groups: board.groups,
            models: board.entries.iter().filter_map(line).collect(),
        }
    }
}

impl StyleEffect {
    fn of(effect: Effect) -> Self {
        let (coefficient, margin) = (effect.coefficient, effect.margin);
        let ends = [coefficient - margin, coefficient + margin].map(finite);
        Self { coefficient: rounded(coefficient), lower: ends[0], upper: ends[1] }
    }
}

impl MatrixFile {
    fn of(which: &str, named: &NamedBoard) -> Result<Self, Error> {
        let board = &named.read.board;
        let models = board.pairs.models();
        let shares = |of: fn(&Share) -> f64| -> Vec<Vec<Option<f64>>> {
            board.shares.iter().map(|row| row.iter().map(|one| one.as_ref().map(of).map(rounded)).collect()).collect()
        };
        let (values, lower, upper) = match which {
            "win-rates" => (shares(|one| one.share), Some(shares(|one| one.lower)), Some(shares(|one| one.upper))),
            "battle-counts" => {
                let count = |row, column| (row != column).then(|| board.pairs.get(row, column).battles() as f64);
                let counts = (0..models).map(|row| (0..models).map(|column| count(row, column)).collect()).collect();
                (counts, None, None)
            }
            _ => return Err(Error::NotFound),
        };
        let models = named.in_order().map(|model| model.slug.clone()).collect();
        Ok(Self { kind: named.key.kind, language: named.key.language.clone(), models, values, lower, upper })
    }
}

fn code(why: Unrated) -> &'static str {
    match why {
        Unrated::NoBattles => "no_battles",
        Unrated::WonAll => "won_all",
        Unrated::LostAll => "lost_all",
        Unrated::OneSided => "one_sided",
    }
}

/// Nothing for an interval without an end.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then(|| rounded(value))
}

/// Four digits after the point: enough to compute on, and no noise.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

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
