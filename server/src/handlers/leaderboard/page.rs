//! The leaderboard for people.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::chart::Chart;
use super::lines::{self, Block};
use super::matrix::Matrix;
use super::named_board::{Filter, NamedBoard};
use crate::boards::BoardRules;
use crate::domain::BattleKind;
use crate::error::Error;
use crate::handlers::html;
use crate::i18n::{Locale, grouped};
use crate::state::AppState;
use crate::store::ratings;
use crate::views::Page;
use arena_rating::{EloSettings, Scale};

/// Languages with a name of their own in the locale files; others are shown by their code.
const NAMED_LANGUAGES: &[&str] = &["zh", "en", "ja", "ko", "fr", "de", "es", "ru", "pt", "it", "ar", "vi", "und"];

/// Fewer people than this make wide intervals, and it is said why.
const FEW_VOTERS: f64 = 30.0;

/// A choice of a filter.
struct Choice {
    value: String,
    text: String,
    is_chosen: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "leaderboard/page.html")]
struct LeaderboardPage {
    page: Page,
    kinds: Vec<Choice>,
    languages: Vec<Choice>,
    /// The filter as an address has it.
    query: String,
    votes: u64,
    /// How many people voted, and whether they are too few to tell much.
    voters: Option<(String, bool)>,
    elo: EloSettings,
    /// What stands at which rating.
    center: String,
    points: f64,
    min_votes: u64,
    has_models: bool,
    /// Whether every language and kind is without votes, so that it is no use to filter.
    blocks: Vec<Block>,
    chart: Option<Chart>,
    win_rates: Option<Matrix>,
    counts: Option<Matrix>,
}

/// The leaderboard for people.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    filter: web::Query<Filter>,
) -> Result<HttpResponse, Error> {
    let named = NamedBoard::read(&arena, &filter).await?;
    let voted = ratings::languages(&arena.db, named.key.kind).await?;
    let page = Page::of(&request);
    let board = &named.read.board;
    let chosen = named.key.language.as_deref();
    let kinds = [BattleKind::Battle, BattleKind::SideBySide].map(|kind| Choice {
        value: kind.to_string(),
        text: page.t(&format!("board-kind-{}", kind.as_str().replace('_', "-"))),
        is_chosen: kind == named.key.kind,
    });
    let all = Choice { value: "all".into(), text: page.t("board-language-all"), is_chosen: chosen.is_none() };
    // A language that was asked for by hand stays in the list, even without a vote.
    let asked = chosen.filter(|chosen| voted.iter().all(|(code, _)| code != chosen)).map(|code| (code.to_owned(), 0));
    let languages = voted.into_iter().chain(asked).map(|(code, votes)| Choice {
        text: format!("{} ({})", language_name(page.locale, &code), grouped(votes.unsigned_abs())),
        is_chosen: chosen == Some(code.as_str()),
        value: code,
    });
    let view = LeaderboardPage {
        kinds: kinds.into(),
        languages: std::iter::once(all).chain(languages).collect(),
        query: format!("kind={}&language={}", named.key.kind, chosen.unwrap_or("all")),
        votes: board.votes,
        elo: arena.config.elo,
        center: center(&named, arena.boards.rules(), page.locale),
        points: Scale::default().scale,
        min_votes: named.min_votes,
        voters: board.voters.map(|voters| (grouped(voters.count as u64), voters.effective < FEW_VOTERS)),
        has_models: !named.models.is_empty(),
        blocks: lines::blocks(&named, page.locale),
        chart: Chart::of(&named),
        win_rates: Matrix::win_rates(&named),
        counts: Matrix::counts(&named),
        page,
    };
    html(&view)
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

fn language_name(locale: Locale, code: &str) -> String {
    if NAMED_LANGUAGES.contains(&code) { locale.text(&format!("board-language-{code}")) } else { code.to_owned() }
}
