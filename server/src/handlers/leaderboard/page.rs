//! The leaderboard for people.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Serialize;

use super::chart::Chart;
use super::direct::{DirectLine, NamedDirectBoard};
use super::filter::{self, Filter};
use super::languages::{self, GapLine};
use super::lines::{self, Block, Facts};
use super::matrix::Matrix;
use super::named_board::NamedBoard;
use super::objective::ObjectiveScores;
use super::style::{self, StyleLine};
use super::view::{Column, SortBy, View};
use crate::boards::{BoardKey, BoardRules};
use crate::domain::{BattleKind, BoardCategory};
use crate::error::Error;
use crate::handlers::html;
use crate::handlers::models::card::context_of;
use crate::i18n::{Locale, grouped};
use crate::state::AppState;
use crate::store::model_results::{self, ModelResult};
use crate::store::{evidence, models, ratings};
use crate::views::{Page, language_name};
use arena_rating::{EloSettings, Scale};

/// Fewer people than this make wide intervals, and it is said why.
const FEW_VOTERS: f64 = 30.0;

/// A choice of a filter.
struct Choice {
    value: String,
    text: String,
    is_chosen: bool,
}

/// A column that may be shown.
struct ColumnChoice {
    value: &'static str,
    text: String,
    is_chosen: bool,
    /// Whether it is shown to who has not chosen.
    is_usual: bool,
}

/// A category's tab.
struct Tab {
    href: String,
    text: String,
    is_chosen: bool,
}

/// What chooses a board, and how it is shown.
struct Filters {
    kinds: Vec<Choice>,
    languages: Vec<Choice>,
    tabs: Vec<Tab>,
    columns: Vec<ColumnChoice>,
    category: String,
    from: String,
    to: String,
    style_control: bool,
    is_direct: bool,
    search: String,
    sort: String,
    compares_languages: bool,
    /// Whether anything but the kind is chosen.
    is_any: bool,
}

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
    if key.kind == BattleKind::Direct {
        let named = NamedDirectBoard::read(&arena, &filter).await?;
        let lines = named.lines(&view);
        let found_nothing = lines.is_empty() && named.read.votes > 0;
        let chats = ChatBoard { votes: named.read.votes, lines, found_nothing };
        let voted = named.read.languages.clone();
        let filters = Filters::of(&page, &key, &view, voted);
        let (version, has_models) = (named.read.version, !named.models.is_empty());
        let (battles, chats, is_recomputing) = (None, Some(chats), false);
        return html(&LeaderboardPage { page, filters, query, version, has_models, is_recomputing, battles, chats });
    }
    let named = NamedBoard::read(&arena, &filter).await?;
    let voted = ratings::languages(&arena.db, named.key.kind).await?;
    let voted = voted.into_iter().map(|(code, votes)| (code, votes.unsigned_abs())).collect();
    let filters = Filters::of(&page, &key, &view, voted);
    let facts = facts(&arena, &view).await?;
    let gap = match view.compares_languages {
        true => Some(arena.boards.language_gap(&arena.db, &key).await?),
        false => None,
    };
    let gap = gap.map(|gap| gap.as_ref().as_ref().map(|gap| languages::lines(gap, &named)));
    let results = match key.kind {
        BattleKind::Battle => model_results::list(&arena.db, None).await?,
        _ => Vec::new(),
    };
    let board = BattleBoard::of(&page, &named, &view, &facts, gap, (&query, &results), &arena);
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

impl Filters {
    fn of(page: &Page, key: &BoardKey, view: &View, voted: Vec<(String, u64)>) -> Self {
        let kinds = BattleKind::ALL.iter().map(|kind| Choice {
            value: kind.to_string(),
            text: page.tn("board-kind-", kind),
            is_chosen: *kind == key.kind,
        });
        let chosen = key.language.as_deref();
        let all = Choice { value: "all".into(), text: page.t("board-language-all"), is_chosen: chosen.is_none() };
        // A language that was asked for by hand stays in the list, even without a vote.
        let asked =
            chosen.filter(|chosen| voted.iter().all(|(code, _)| code != chosen)).map(|code| (code.to_owned(), 0));
        let languages = voted.into_iter().chain(asked).map(|(code, votes)| Choice {
            text: format!("{} ({})", language_name(page.locale, &code), grouped(votes)),
            is_chosen: chosen == Some(code.as_str()),
            value: code,
        });
        let tab = |category: Option<BoardCategory>| Tab {
            href: address(&BoardKey { category, ..key.clone() }, view),
            text: page.tn("board-category-", category.map_or("all", BoardCategory::as_str)),
            is_chosen: category == key.category,
        };
        let tabs = std::iter::once(None).chain(BoardCategory::ALL.iter().copied().map(Some)).map(tab);
        let columns = Column::ALL.into_iter().map(|column| ColumnChoice {
            value: column.name(),
            text: page.t(column.title()),
            is_chosen: view.columns.contains(&column),
            is_usual: column.is_usual(),
        });
        Self {
            kinds: kinds.collect(),
            languages: std::iter::once(all).chain(languages).collect(),
            tabs: tabs.collect(),
            columns: columns.collect(),
            category: key.category.map(|category| category.to_string()).unwrap_or_default(),
            from: filter::date(key.first_day),
            to: filter::date(key.last_day),
            style_control: key.style_control,
            is_direct: key.kind == BattleKind::Direct,
            search: view.search.clone(),
            sort: view.sort_value(),
            compares_languages: view.compares_languages,
            is_any: *key != BoardKey::of(key.kind) || !view.search.is_empty(),
        }
    }
}

fn address(key: &BoardKey, view: &View) -> String {
    format!("/leaderboard?{}{}", filter::query(key), view.query())
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
            objective: ObjectiveScores::of(named, results),
            win_rates: Matrix::win_rates(named, locale),
            counts: Matrix::counts(named, locale),
        }
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
