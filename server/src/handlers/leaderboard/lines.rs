//! The lines of the table, as text.

use super::named_board::NamedBoard;
use crate::domain::ModelState;
use crate::i18n::Locale;
use crate::i18n::{grouped, percent};
use crate::store::model_names::ModelName;
use arena_rating::{Entry, Standing, Tally, Unrated};

/// Lines that belong together: models ranked among each other, or those without a rank.
pub(super) struct Block {
    /// What they have in common; the only block of a board needs no title.
    pub title: Option<String>,
    pub lines: Vec<Line>,
}

/// One model.
pub(super) struct Line {
    pub slug: String,
    pub name: String,
    pub is_inactive: bool,
    pub rank: Option<usize>,
    /// Bradley-Terry and half the width of its interval.
    pub rating: Option<(String, String)>,
    /// Why there is no rating.
    pub why: Option<String>,
    pub elo: Option<String>,
    pub wins: String,
    pub losses: String,
    pub ties: String,
    pub both_bad: String,
    pub win_rate: Option<String>,
    pub votes: String,
}

/// The table's blocks, in their order.
pub(super) fn blocks(named: &NamedBoard, locale: Locale) -> Vec<Block> {
    let board = &named.read.board;
    let group = |entry: &Entry<_>| entry.standing.rated().map(|rated| rated.group);
    let mut blocks: Vec<Block> = board
        .entries
        .chunk_by(|a, b| group(a) == group(b))
        .map(|entries| Block {
            title: title(locale, group(&entries[0]), board.groups),
            lines: entries
                .iter()
                .filter_map(|entry| Some(Line::of(named.models.get(entry.id)?, entry, locale)))
                .collect(),
        })
        .collect();
    let fresh: Vec<Line> = named.without_votes().map(|model| Line::without_votes(model, locale)).collect();
    if !fresh.is_empty() {
        match board.entries.last() {
            Some(entry) if group(entry).is_none() => {
                if let Some(last) = blocks.last_mut() {
                    last.lines.extend(fresh);
                }
            }
            _ => blocks.push(Block { title: title(locale, None, board.groups), lines: fresh }),
        }
    }
    if let [only] = blocks.as_mut_slice()
        && board.groups == 1
    {
        only.title = None;
    }
    blocks
}

fn title(locale: Locale, group: Option<usize>, groups: usize) -> Option<String> {
    match group {
        None => Some(locale.text("board-not-ranked")),
        Some(_) if groups < 2 => Some(locale.text("board-ranked")),
        Some(group) => Some(locale.text_with("board-group", &[("number", &(group + 1).to_string())])),
    }
}

impl Line {
    fn of(model: &ModelName, entry: &Entry<crate::domain::ModelId>, locale: Locale) -> Self {
        let rating = entry.standing.rated().map(|rated| {
            let half = (rated.interval().1 - rated.rating).ceil();
            (format!("{:.0}", rated.rating), format!("{half:.0}"))
        });
        let why = match entry.standing {
            Standing::Rated(_) => None,
            Standing::Unrated(why) => Some(locale.text(reason(why))),
        };
        Self {
            rank: entry.rank,
            rating,
            why,
            elo: entry.elo.map(|elo| format!("{elo:.0}")),
            ..Self::counts(model, entry.tally)
        }
    }

    fn without_votes(model: &ModelName, locale: Locale) -> Self {
        let why = Some(locale.text(reason(Unrated::NoBattles)));
        Self { why, ..Self::counts(model, Tally::default()) }
    }

    fn counts(model: &ModelName, tally: Tally) -> Self {
        Self {
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            is_inactive: model.state != ModelState::Enabled,
            rank: None,
            rating: None,
            why: None,
            elo: None,
            wins: grouped(tally.wins),
            losses: grouped(tally.losses),
            ties: grouped(tally.ties),
            both_bad: grouped(tally.both_bad),
            win_rate: tally.win_rate().map(percent),
            votes: grouped(tally.battles()),
        }
    }
}

fn reason(why: Unrated) -> &'static str {
    match why {
        Unrated::NoBattles => "board-why-no-votes",
        Unrated::WonAll => "board-why-won-all",
        Unrated::LostAll => "board-why-lost-all",
        Unrated::OneSided => "board-why-one-sided",
    }
}
