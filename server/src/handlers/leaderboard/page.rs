//! The leaderboard for people.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Serialize;

use super::chart::Chart;
use super::choices::Filters;
use super::direct::{DirectLine, NamedDirectBoard};
use super::filter::{self, Filter};
use super::languages::{self, GapLine};
use super::lines::{self, Block, Facts};
use super::matrix::Matrix;
use super::named_board::NamedBoard;
use super::objective::ObjectiveScores;
use super::redrawn::RedrawnTable;
use super::style::{self, StyleLine};
use super::view::{Column, SortBy, View};
use crate::boards::BoardRules;
use crate::domain::BattleKind;
use crate::error::Error;
use crate::handlers::html;
use crate::handlers::models::card::context_of;
use crate::i18n::{Locale, grouped, percent};
use crate::state::AppState;
use crate::store::model_results::{self, ModelResult};
use crate::store::{evidence, models, ratings};
use crate::views::Page;
use arena_rating::{EloSettings, Scale, TieFit};

/// Fewer people than this make wide intervals, and it is said why.
const FEW_VOTERS: f64 = 30.0;

/// The head of a column.
struct Head {
    text: String,
    hint: Option<String>,
    href: String,
    /// For `aria-sort`.
    direction: Option<&'static str>,
    is_number: bool,
}

/// What is made of battles that compare two models.
struct BattleBoard {
    votes: u64,
    /// How many people voted, and whether they are too few to tell much.
    voters: Option<(String, bool)>,
    /// Votes that nobody knows the category or style of.
    undescribed: Option<String>,
    elo: EloSettings,
    /// What stands at which rating.
    center: String,
    points: f64,
    min_votes: u64,
    rating: Head,
    name: Head,
    heads: Vec<Head>,
    blocks: Vec<Block>,
    /// Whether the search found nothing.
    found_nothing: bool,
    chart: Option<Chart>,
    /// The effects of style, where they were asked for; none where they cannot be estimated.
    style: Option<Option<Vec<StyleLine>>>,
    /// Chinese and English, where they are compared; none where too little was voted.
    gap: Option<Option<Vec<GapLine>>>,
    gap_href: String,
    /// What modelling ties came to, where that was asked for.
    ties: Option<String>,
    /// The intervals of votes that were drawn anew, where they are asked for; none while that is too much to ask.
    redrawn: Option<Option<RedrawnTable>>,
    /// Where they are shown or hidden; nothing where votes cannot be drawn anew.
    redrawn_href: Option<String>,
    /// Scores of benchmarks beside the ratings; nothing where no model has one, and on boards other than of people's battles.
    objective: Option<ObjectiveScores>,
    win_rates: Option<Matrix>,
    counts: Option<Matrix>,
}

/// What is made of direct chats.
struct ChatBoard {
    votes: u64,
    lines: Vec<DirectLine>,
    found_nothing: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "leaderboard/page.html")]
struct LeaderboardPage {
    page: Page,
    filters: Filters,
    /// The board as an address has it.
    query: String,
    version: i64,
    has_models: bool,
    /// Whether Elo is being computed anew.
    is_recomputing: bool,
    battles: Option<BattleBoard>,
    chats: Option<ChatBoard>,
}

/// The leaderboard for people.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, Error> {
    let page = Page::of(&request);
    let (key, view) = (filter.key()?, View::of(request.query_string()));
    let query = filter::query(&key);
    let site = arena.site.settings();
    let sign_in = &site.sign_in;
    if key.kind == BattleKind::Direct {
        let named = NamedDirectBoard::read(&arena, &filter).await?;
        let lines = named.lines(&view);
        let found_nothing = lines.is_empty() && named.read.votes > 0;
        let chats = ChatBoard { votes: named.read.votes, lines, found_nothing };
        let voted = named.read.languages.clone();
        let filters = Filters::of(&page, &key, &view, voted, &ratings::filled_kinds(&arena.db).await?, sign_in);
        let (version, has_models) = (named.read.version, !named.models.is_empty());
        let (battles, chats, is_recomputing) = (None, Some(chats), false);
        return html(&LeaderboardPage { page, filters, query, version, has_models, is_recomputing, battles, chats });
    }
    let named = NamedBoard::read(&arena, &filter).await?;
    let voted = ratings::languages(&arena.db, named.key.kind).await?;
    let voted = voted.into_iter().map(|(code, votes)| (code, votes.unsigned_abs())).collect();
    let filters = Filters::of(&page, &key, &view, voted, &ratings::filled_kinds(&arena.db).await?, sign_in);
    let facts = facts(&arena, &view).await?;
    let gap = match view.compares_languages {
        true => Some(arena.boards.language_gap(&arena.db, &key).await?),
        false => None,
    };
    let gap = gap.map(|gap| gap.as_ref().as_ref().map(|gap| languages::lines(gap, &named)));
    let redrawn = match view.checks_intervals && filter::can_be_redrawn(&key) {
        true => match NamedBoard::read_redrawn(&arena, &filter).await {
            Ok(named) => Some(RedrawnTable::of(&named)),
            Err(Error::Busy { .. }) => Some(None),
            Err(error) => return Err(error),
        },
        false => None,
    };
    let results = match key.kind {
        BattleKind::Battle => model_results::list(&arena.db, None).await?,
        _ => Vec::new(),
    };
    let board =
        BattleBoard { redrawn, ..BattleBoard::of(&page, &named, &view, &facts, gap, (&query, &results), &arena) };
    let (version, has_models) = (named.read.version, !named.models.is_empty());
    let is_recomputing = ratings::requested_repair(&arena.db, key.kind).await?.is_some();
    let (battles, chats) = (Some(board), None);
    html(&LeaderboardPage { page, filters, query, version, has_models, is_recomputing, battles, chats })
}

/// Which votes a board is made of now.
#[derive(Serialize)]
struct NewestVersion {
    version: i64,
}

/// `GET /leaderboard/version`: changes whenever the board does. Pages that stay open ask for it again and again.
pub async fn version(arena: web::Data<AppState>, filter: web::Query<Filter>) -> Result<HttpResponse, Error> {
    let version = arena.boards.version(&arena.db, &filter.key()?).await?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(NewestVersion { version }))
}

/// What the chosen columns say of models.
async fn facts(arena: &AppState, view: &View) -> Result<Facts, Error> {
    if !view.needs_models() {
        return Ok(Facts::default());
    }
    let models = models::list(&arena.db).await?;
    let workers = arena.workers.state();
    let contexts = models.iter().filter_map(|model| Some((model.id, context_of(model, &workers)?))).collect();
    let speeds = match view.columns.contains(&Column::Speed) {
        true => evidence::speeds(&arena.db).await?.into_iter().map(|(id, speed)| (id, speed.tokens)).collect(),
        false => BTreeMap::new(),
    };
    Ok(Facts { contexts, speeds, models: models.into_iter().map(|model| (model.id, model)).collect() })
}

impl BattleBoard {
    fn of(
        page: &Page,
        named: &NamedBoard,
        view: &View,
        facts: &Facts,
        gap: Option<Option<Vec<GapLine>>>,
        (query, results): (&str, &[ModelResult]),
        arena: &AppState,
    ) -> Self {
        let board = &named.read.board;
        let locale = page.locale;
        let head = |sort: SortBy, title: &str, hint: Option<&str>, is_number: bool| Head {
            text: page.t(title),
            hint: hint.map(|hint| page.t(hint)),
            href: format!("/leaderboard?{query}{}", view.sorted_by(sort).query()),
            direction: view.direction(sort),
            is_number,
        };
        let heads = view
            .columns
            .iter()
            .map(|column| head(SortBy::Column(*column), column.title(), column.hint(), column.is_number()));
        let blocks = lines::blocks(named, view, facts, locale);
        let has_lines = !board.entries.is_empty() || named.without_votes().next().is_some();
        let checked = View { checks_intervals: !view.checks_intervals, ..view.clone() };
        let compared = View { compares_languages: !view.compares_languages, ..view.clone() };
        Self {
            votes: board.votes,
            voters: board.voters.map(|voters| (grouped(voters.count as u64), voters.effective < FEW_VOTERS)),
            undescribed: (named.read.undescribed > 0).then(|| grouped(named.read.undescribed)),
            elo: arena.config.elo,
            center: center(named, &arena.boards.rules(), locale),
            points: Scale::default().scale,
            min_votes: named.min_votes,
            rating: head(SortBy::Rating, "board-bt", Some("board-bt-long"), true),
            name: head(SortBy::Name, "board-model", None, false),
            heads: heads.collect(),
            found_nothing: blocks.is_empty() && has_lines,
            blocks,
            chart: Chart::of(named, &page.t("board-chart")),
            style: named.key.style_control.then(|| board.style.as_ref().map(|effects| style::lines(effects, locale))),
            gap,
            gap_href: format!("/leaderboard?{query}{}", compared.query()),
            ties: board.ties.as_ref().map(|ties| tie_text(ties, locale)),
            redrawn: None,
            redrawn_href: filter::can_be_redrawn(&named.key)
                .then(|| format!("/leaderboard?{query}{}", checked.query())),
            objective: ObjectiveScores::of(named, results),
            win_rates: Matrix::win_rates(named, locale),
            counts: Matrix::counts(named, locale),
        }
    }
}

/// What modelling ties came to, in words.
fn tie_text(fit: &TieFit, locale: Locale) -> String {
    match fit {
        TieFit::Fitted(rate) => {
            let (lower, upper) = rate.share_interval();
            let [share, lower, upper] = [rate.share(), lower, upper].map(percent);
            locale.text_with("board-ties-fitted", &[("share", &share), ("lower", &lower), ("upper", &upper)])
        }
        TieFit::NoTies => locale.text("board-ties-none"),
        TieFit::AllTies => locale.text("board-ties-all"),
        TieFit::NoUpset => locale.text("board-ties-no-upset"),
    }
}

/// What ratings are measured from, as a sentence says it.
fn center(named: &NamedBoard, rules: &BoardRules, locale: Locale) -> String {
    let anchor = rules.anchor.as_deref().and_then(|slug| named.in_order().find(|model| model.slug == slug));
    let rating = format!("{}", rules.center);
    match anchor {
        Some(model) => locale.text_with("board-center-anchor", &[("model", &model.display_name), ("rating", &rating)]),
        None => locale.text_with("board-center-mean", &[("rating", &rating)]),
    }
}
