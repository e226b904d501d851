//! The leaderboard, its matrices, and the files behind them.

mod chart;
mod files;
mod lines;
mod matrix;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub use files::{BoardFile, MatrixFile, board_csv, board_json, matrix_csv, matrix_json};

use self::chart::Chart;
use self::lines::Block;
use self::matrix::Matrix;
use super::html;
use crate::boards::{BoardKey, ReadBoard};
use crate::domain::{BattleKind, ModelState};
use crate::error::Error;
use crate::i18n::{Locale, grouped};
use crate::rating::{EloSettings, Scale};
use crate::state::Arena;
use crate::store::model_names::{ModelName, ModelNames};
use crate::store::{model_names, ratings};
use crate::views::Page;

/// Languages with a name of their own in the locale files; others are shown by their code.
const NAMED_LANGUAGES: &[&str] = &["zh", "en", "ja", "ko", "fr", "de", "es", "ru", "pt", "it", "ar", "vi", "und"];

/// What the address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Filter {
    /// `battle` (the default) or `side_by_side`.
    #[serde(default)]
    kind: String,
    /// A language code, or `all` (the default).
    #[serde(default)]
    language: String,
}

impl Filter {
    /// The board that is asked for.
    fn key(&self) -> Result<BoardKey, Error> {
        let kind = match self.kind.as_str() {
            "" => BattleKind::Battle,
            name => name.parse().map_err(|_| Error::invalid("board-kind", self.kind.clone()))?,
        };
        if kind == BattleKind::Direct {
            return Err(Error::invalid("board-kind", self.kind.clone()));
        }
        let language = match self.language.as_str() {
            "" | "all" => None,
            code if code.len() <= 16 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                Some(code.to_owned())
            }
            _ => return Err(Error::invalid("board-language", "")),
        };
        Ok(BoardKey { kind, language })
    }
}

/// A board with the names of its models.
struct NamedBoard {
    key: BoardKey,
    read: Arc<ReadBoard>,
    models: ModelNames,
}

impl NamedBoard {
    async fn read(arena: &Arena, filter: &Filter) -> Result<Self, Error> {
        let key = filter.key()?;
        let read = arena.boards.read(&arena.db, &key).await?;
        let models = model_names::all(&arena.db).await?;
        Ok(Self { key, read, models })
    }

    /// The models of the board's lines, in their order.
    fn in_order(&self) -> impl Iterator<Item = &ModelName> {
        self.read.board.entries.iter().filter_map(|entry| self.models.get(entry.id))
    }

    /// Enabled models that nobody has voted on here.
    fn without_votes(&self) -> impl Iterator<Item = &ModelName> {
        let has_votes = |model: &ModelName| self.read.board.entries.iter().any(|entry| entry.id == model.id);
        self.models.iter().filter(move |model| model.state == ModelState::Enabled && !has_votes(model))
    }
}

/// A choice of a filter.
struct Choice {
    value: String,
    text: String,
    is_chosen: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "leaderboard/board.html")]
struct Leaderboard {
    page: Page,
    kinds: Vec<Choice>,
    languages: Vec<Choice>,
    /// The filter as an address has it.
    query: String,
    votes: u64,
    elo: EloSettings,
    scale: Scale,
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
    arena: web::Data<Arena>,
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
    let view = Leaderboard {
        kinds: kinds.into(),
        languages: std::iter::once(all).chain(languages).collect(),
        query: format!("kind={}&language={}", named.key.kind, chosen.unwrap_or("all")),
        votes: board.votes,
        elo: arena.config.elo,
        scale: Scale::default(),
        has_models: !named.models.is_empty(),
        blocks: lines::blocks(&named, page.locale),
        chart: Chart::of(&named),
        win_rates: Matrix::win_rates(&named),
        counts: Matrix::counts(&named),
        page,
    };
    html(&view)
}

fn language_name(locale: Locale, code: &str) -> String {
    if NAMED_LANGUAGES.contains(&code) { locale.text(&format!("board-language-{code}")) } else { code.to_owned() }
}

/// A share as a whole percentage: more digits would claim more than any number of votes here bears.
fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (100_000, "100,000")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn filters_name_a_board_or_are_refused() {
        let key = |kind: &str, language: &str| Filter { kind: kind.into(), language: language.into() }.key();
        assert_eq!(key("", "").unwrap(), BoardKey { kind: BattleKind::Battle, language: None });
        assert_eq!(key("side_by_side", "all").unwrap(), BoardKey { kind: BattleKind::SideBySide, language: None });
        assert_eq!(key("battle", "zh").unwrap().language.as_deref(), Some("zh"));
        for (kind, language) in [("direct", ""), ("x", ""), ("", "*"), ("", "<b>"), ("", "a-very-long-language")] {
            assert!(key(kind, language).is_err(), "{kind} {language}");
        }
    }
}
