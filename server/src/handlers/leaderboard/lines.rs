//! The lines of the table, as text.

use super::named_board::NamedBoard;
use crate::domain::ModelState;
use crate::i18n::Locale;
use crate::i18n::{grouped, percent};
use crate::store::model_names::ModelName;
use arena_rating::{Entry, RankRange, Standing, Tally, Unrated};

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
    /// The ranks that it may have, such as 2–5.
    pub rank: Option<String>,
    /// Bradley-Terry.
    pub rating: Option<String>,
    /// Half the width of its interval; nothing where too few people voted to tell.
    pub margin: Option<String>,
    /// Why there is no rating.
    pub why: Option<String>,
    pub elo: Option<String>,
    pub wins: String,
    pub losses: String,
    pub ties: String,
    /// The share of its battles that were judged both bad, in percent.
    pub both_bad: Option<String>,
    pub win_rate: Option<String>,
    pub votes: String,
}

/// The table's blocks, in their order.
pub(super) fn blocks(named: &NamedBoard, locale: Locale) -> Vec<Block> {
    let board = &named.read.board;
    let group = |entry: &Entry<_>| entry.standing.rated().map(|rated| rated.group);
    let title = |entry: &Entry<_>| title(locale, entry, board.groups, named.min_votes);
    let mut blocks: Vec<Block> = board
        .entries
        .chunk_by(|a, b| (group(a), a.is_preliminary) == (group(b), b.is_preliminary))
        .map(|entries| Block {
            title: Some(title(&entries[0])),
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
            _ => blocks.push(Block { title: Some(locale.text("board-not-ranked")), lines: fresh }),
        }
    }
    if let [only] = blocks.as_mut_slice()
        && board.groups == 1
        && board.entries.iter().all(|entry| !entry.is_preliminary)
    {
        only.title = None;
    }
    blocks
}

fn title(locale: Locale, entry: &Entry<crate::domain::ModelId>, groups: usize, min_votes: u64) -> String {
    let Some(rated) = entry.standing.rated() else { return locale.text("board-not-ranked") };
    if entry.is_preliminary {
        return locale.text_with("board-preliminary", &[("votes", &grouped(min_votes))]);
    }
    if groups < 2 {
        return locale.text("board-ranked");
    }
    locale.text_with("board-group", &[("number", &(rated.group + 1).to_string())])
}

impl Line {
    fn of(model: &ModelName, entry: &Entry<crate::domain::ModelId>, locale: Locale) -> Self {
        let rated = entry.standing.rated();
        let margin = rated.map(|rated| rated.margin).filter(|margin| margin.is_finite());
        let why = match entry.standing {
            Standing::Rated(_) => None,
            Standing::Unrated(why) => Some(locale.text(reason(why))),
        };
        Self {
            rank: entry.rank.map(range),
            rating: rated.map(|rated| format!("{:.0}", rated.rating)),
            margin: margin.map(|margin| format!("{:.0}", margin.ceil())),
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
            margin: None,
            why: None,
            elo: None,
            wins: grouped(tally.wins),
            losses: grouped(tally.losses),
            ties: grouped(tally.ties),
            both_bad: tally.both_bad_share().map(percent),
            win_rate: tally.win_rate().map(percent),
            votes: grouped(tally.battles()),
        }
    }
}

/// One rank, or from the best to the worst.
fn range(rank: RankRange) -> String {
    if rank.best == rank.worst { rank.best.to_string() } else { format!("{}–{}", rank.best, rank.worst) }
}

fn reason(why: Unrated) -> &'static str {
    match why {
        Unrated::NoBattles => "board-why-no-votes",
        Unrated::WonAll => "board-why-won-all",
        Unrated::LostAll => "board-why-lost-all",
        Unrated::OneSided => "board-why-one-sided",
    }
}
