//! How a model stands: its rating, its record, whom it met and in which languages.

use crate::boards::ReadBoard;
use crate::domain::ModelId;
use crate::i18n::{Locale, grouped, percent};
use crate::store::model_names::ModelNames;
use crate::store::ratings::LanguagePair;
use crate::views::{language_name, rank_range, unrated_reason};
use arena_rating::{Standing as Rated, Tally};

/// A share with its interval, as text.
#[derive(Debug)]
pub(super) struct Share {
    pub value: String,
    pub from: String,
    pub to: String,
}

impl Share {
    fn of(value: f64, from: f64, to: f64) -> Self {
        Self { value: percent(value), from: percent(from), to: percent(to) }
    }
}

/// One kind of outcome.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The key of its text.
    pub key: &'static str,
    pub count: String,
    pub share: String,
    /// Where its part of the bar begins and how wide it is, in percent.
    pub from: String,
    pub width: String,
}

/// One of those it met.
#[derive(Debug)]
pub(super) struct Opponent {
    pub slug: String,
    pub name: String,
    pub votes: String,
    pub wins: u64,
    pub losses: u64,
    pub halves: u64,
    pub seen: Option<Share>,
    /// By the ratings of both; nothing where no votes compare them.
    pub expected: Option<Share>,
}

/// The votes of one language.
#[derive(Debug)]
pub(super) struct LanguageLine {
    pub name: String,
    pub votes: String,
    pub win_rate: Option<String>,
}

/// How a model stands on the board of blind battles.
#[derive(Debug)]
pub(super) struct ModelStanding {
    pub rank: Option<String>,
    pub is_preliminary: bool,
    pub rating: Option<String>,
    /// Half the width of the interval.
    pub margin: Option<String>,
    /// Why it has no rating.
    pub why: Option<String>,
    pub elo: Option<String>,
    pub votes: u64,
    pub outcomes: Vec<Outcome>,
    pub opponents: Vec<Opponent>,
    pub languages: Vec<LanguageLine>,
}

impl ModelStanding {
    /// Nothing where nobody has voted on it.
    pub fn of(
        read: &ReadBoard,
        id: ModelId,
        names: &ModelNames,
        languages: &[LanguagePair],
        locale: Locale,
    ) -> Option<Self> {
        let board = &read.board;
        let at = board.entries.iter().position(|entry| entry.id == id)?;
        let entry = &board.entries[at];
        let rated = entry.standing.rated();
        let opponent = |other: usize| {
            let tally = board.pairs.get(at, other);
            let model = names.get(board.entries[other].id)?;
            (tally.battles() > 0).then(|| Opponent {
                slug: model.slug.clone(),
                name: model.display_name.clone(),
                votes: grouped(tally.battles()),
                wins: tally.wins,
                losses: tally.losses,
                halves: tally.halves(),
                seen: board.shares[at][other].map(|seen| Share::of(seen.share, seen.lower, seen.upper)),
                expected: board.difference(at, other).map(|difference| {
                    let (rate, from, to) = difference.win_rate();
                    Share::of(rate, from, to)
                }),
            })
        };
        let mut opponents: Vec<(u64, Opponent)> = (0..board.entries.len())
            .filter_map(|other| Some((board.pairs.get(at, other).battles(), opponent(other)?)))
            .collect();
        opponents.sort_by_key(|(votes, _)| std::cmp::Reverse(*votes));
        Some(Self {
            rank: entry.rank.map(rank_range),
            is_preliminary: entry.is_preliminary,
            rating: rated.map(|rated| format!("{:.0}", rated.rating)),
            margin: rated.filter(|one| one.margin.is_finite()).map(|one| format!("{:.0}", one.margin.ceil())),
            why: match entry.standing {
                Rated::Rated(_) => None,
                Rated::Unrated(why) => Some(locale.text(unrated_reason(why))),
            },
            elo: entry.elo.map(|elo| format!("{elo:.0}")),
            votes: entry.tally.battles(),
            outcomes: outcomes(entry.tally),
            opponents: opponents.into_iter().map(|one| one.1).collect(),
            languages: by_language(id, languages, locale),
        })
    }
}

fn outcomes(tally: Tally) -> Vec<Outcome> {
    let all = tally.battles().max(1) as f64;
    let mut from = 0.0;
    let outcome = |(key, count): (&'static str, u64)| {
        let share = count as f64 / all;
        let begin = from;
        from += 100.0 * share;
        let (from, width) = (format!("{begin:.2}"), format!("{:.2}", 100.0 * share));
        Outcome { key, count: grouped(count), share: percent(share), from, width }
    };
    let counts = [
        ("record-won", tally.wins),
        ("record-lost", tally.losses),
        ("record-tied", tally.ties),
        ("record-both-bad", tally.both_bad),
    ];
    counts.map(outcome).into()
}

/// The languages with the most votes first.
fn by_language(id: ModelId, rows: &[LanguagePair], locale: Locale) -> Vec<LanguageLine> {
    let mut sums: Vec<(&str, Tally)> = Vec::new();
    for row in rows.iter().filter(|row| row.pair.low == id || row.pair.high == id) {
        let tally = crate::boards::tally(&row.pair);
        let own = if row.pair.low == id { tally } else { tally.flipped() };
        match sums.iter_mut().find(|sum| sum.0 == row.language) {
            Some(sum) => sum.1 += own,
            None => sums.push((&row.language, own)),
        }
    }
    sums.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.battles()));
    sums.into_iter()
        .map(|(code, tally)| LanguageLine {
            name: language_name(locale, code),
            votes: grouped(tally.battles()),
            win_rate: tally.win_rate().map(percent),
        })
        .collect()
}
