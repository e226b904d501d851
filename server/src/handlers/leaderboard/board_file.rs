//! What the files of a leaderboard and its matrices hold.

use serde::Serialize;
use utoipa::ToSchema;

use super::direct::DirectFile;
use super::filter;
use super::named_board::NamedBoard;
use crate::domain::{BattleKind, BoardCategory, TieRule};
use crate::error::Error;
use arena_rating::{Effect, Share, Standing, TieFit, Unrated};

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
    /// The group that voters must be in, or nothing for everybody.
    pub group: Option<String>,
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
    /// How ties count: `half` a win for each, or by `davidson`'s model. With style control always `half`.
    pub ties: TieRule,
    /// How often two equally strong models of the largest group tie, where ties are modelled.
    pub tie_rate: Option<TieRateFile>,
    /// How intervals were found: by `formula`, or by `bootstrap`, drawing the votes anew.
    pub intervals: &'static str,
    /// In how many rounds votes were drawn anew.
    pub rounds: Option<usize>,
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

/// What modelling ties came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct TieRateFile {
    /// `fitted`; `no_ties` where nothing was tied; `all_ties` where nothing else was, so that nothing bounds how far apart models
    /// are; `no_upset` where no circle of decided votes makes ratings finite, so that ties count half here.
    pub state: &'static str,
    /// The share of ties between equally strong models; where it is fitted.
    pub share: Option<f64>,
    /// Lower end of its 95 % interval.
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

impl BoardFile {
    /// The board's file.
    pub(super) fn of(named: &NamedBoard) -> Self {
        let board = &named.read.board;
        let line = |entry: &arena_rating::Entry<_>| {
            let model = named.models.get(entry.id)?;
            let rated = entry.standing.rated();
            let interval = match board.redrawn {
                None => rated.map(|rated| rated.interval()),
                Some(_) => entry.redrawn.and_then(|redrawn| redrawn.interval),
            };
            let standard_error = match board.redrawn {
                None => rated.map(|rated| rated.standard_error),
                Some(_) => entry.redrawn.map(|redrawn| redrawn.standard_error),
            };
            Some(ModelLine {
                slug: model.slug.clone(),
                name: model.display_name.clone(),
                rank: entry.rank.map(|rank| rank.best),
                rank_worst: entry.rank.map(|rank| rank.worst),
                preliminary: entry.is_preliminary,
                group: rated.map(|rated| rated.group),
                bradley_terry: rated.map(|rated| rounded(rated.rating)),
                standard_error: standard_error.and_then(finite),
                lower: interval.and_then(|interval| finite(interval.0)),
                upper: interval.and_then(|interval| finite(interval.1)),
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
            group: named.key.group.clone(),
            category: named.key.category,
            from: named.key.first_day.map(|_| filter::date(named.key.first_day)),
            to: named.key.last_day.map(|_| filter::date(named.key.last_day)),
            style_control: named.key.style_control,
            style: board.style.map(|effects| {
                let [length, headers, lists, bold] = effects.map(StyleEffect::of);
                StyleEffects { length, headers, lists, bold }
            }),
            ties: named.key.ties,
            tie_rate: board.ties.as_ref().map(TieRateFile::of),
            intervals: if board.redrawn.is_some() { "bootstrap" } else { "formula" },
            rounds: board.redrawn.map(|(rounds, _)| rounds),
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
    pub(super) fn of(effect: Effect) -> Self {
        let (coefficient, margin) = (effect.coefficient, effect.margin);
        let ends = [coefficient - margin, coefficient + margin].map(finite);
        Self { coefficient: rounded(coefficient), lower: ends[0], upper: ends[1] }
    }
}

impl TieRateFile {
    pub(super) fn of(fit: &TieFit) -> Self {
        let none = |state| Self { state, share: None, lower: None, upper: None };
        match fit {
            TieFit::Fitted(rate) => {
                let (lower, upper) = rate.share_interval();
                let [share, lower, upper] = [rate.share(), lower, upper].map(|share| Some(rounded(share)));
                Self { state: "fitted", share, lower, upper }
            }
            TieFit::NoTies => none("no_ties"),
            TieFit::AllTies => none("all_ties"),
            TieFit::NoUpset => none("no_upset"),
        }
    }
}

impl MatrixFile {
    pub(super) fn of(which: &str, named: &NamedBoard) -> Result<Self, Error> {
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
