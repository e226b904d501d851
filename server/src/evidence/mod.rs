//! A published leaderboard with all votes that it is made of, in a file that anybody can check.
//!
//! The first line says what was published: program, filter, settings, the end of the chain of votes, and the board. Each
//! further line is a vote, in the order of the chain: those of other kinds and languages too, and those that do not count,
//! for the chain holds them all. Voters are keyed hashes; nothing that anybody wrote is part of it.

mod verify;

use std::collections::BTreeMap;

use arena_rating::{Board, BoardSettings, EloSettings, KnownVoters, Tally, Voters};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{BattleKind, ChainedVote, Choice, ModelId, Reason, TieRule, VoteHash};

pub use verify::{Problem, Verdict, compare, verify};

/// What the first line's `format` says.
pub const FORMAT: &str = "mixtral-arena votes 1";

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub format: String,
    /// The version of the program that made it.
    pub program: String,
    pub made_at: DateTime<Utc>,
    /// Which votes the board counts.
    pub kind: BattleKind,
    /// Their language; nothing for all.
    pub language: Option<String>,
    /// Votes in the file.
    pub votes: u64,
    /// Votes that the board counts.
    pub counted: u64,
    /// The hash of the last vote, in hexadecimal digits.
    pub head: String,
    /// The ids of the models, by slug.
    pub models: BTreeMap<String, Uuid>,
    pub rules: Rules,
    pub board: Vec<BoardLine>,
}

/// How ratings are computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    pub elo_k: f64,
    pub elo_scale: f64,
    pub elo_base: f64,
    pub elo_initial: f64,
    /// Where the mean over battles stands, or the anchor.
    pub center: f64,
    /// The slug of the anchor.
    pub anchor: Option<String>,
    /// How ties count. Files of versions that knew one way do not say.
    #[serde(default)]
    pub ties: TieRule,
}

impl Rules {
    /// The constants of online Elo.
    #[must_use]
    pub fn elo(&self) -> EloSettings {
        EloSettings { k: self.elo_k, scale: self.elo_scale, base: self.elo_base, initial: self.elo_initial }
    }
}

/// A model of the published board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardLine {
    /// Its slug.
    pub model: String,
    /// Nothing where no finite rating exists.
    pub bradley_terry: Option<f64>,
    /// Clustered by voter; nothing where too few voted to tell.
    pub standard_error: Option<f64>,
    pub elo: Option<f64>,
    pub wins: u64,
    pub losses: u64,
    pub ties: u64,
    pub both_bad: u64,
}

/// A further line: a vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoteLine {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// Its number: Elo follows the order of numbers.
    pub id: i64,
    pub battle: Uuid,
    pub kind: BattleKind,
    pub language: String,
    /// The left model's slug.
    pub model_a: String,
    /// The right model's slug.
    pub model_b: Option<String>,
    pub choice: Choice,
    pub reasons: Vec<Reason>,
    pub turns: i32,
    /// Why it did not count when it was cast.
    pub excluded: Option<String>,
    /// Whether it was taken off the boards since.
    pub withdrawn: bool,
    /// Keyed hash of who cast it.
    pub voter: Option<String>,
    /// Microseconds since 1970.
    pub at: i64,
    /// In hexadecimal digits.
    pub hash: String,
}

impl VoteLine {
    /// The vote that the hash is made of; nothing where a model is not among those of the file.
    #[must_use]
    pub fn chained(&self, models: &BTreeMap<String, Uuid>) -> Option<ChainedVote> {
        let id = |slug: &str| models.get(slug).copied().map(ModelId);
        Some(ChainedVote {
            id: self.id,
            battle: self.battle,
            kind: self.kind,
            language: self.language.clone(),
            model_a: id(&self.model_a)?,
            model_b: match &self.model_b {
                Some(slug) => Some(id(slug)?),
                None => None,
            },
            choice: self.choice,
            reasons: self.reasons.clone(),
            turns: self.turns,
            exclusion_reason: self.excluded.clone(),
            created_at: DateTime::from_timestamp_micros(self.at)?,
        })
    }

    /// Whether it is on the board of this kind and language.
    #[must_use]
    pub fn is_on(&self, kind: BattleKind, language: Option<&str>) -> bool {
        let is_counted = self.model_b.is_some() && self.excluded.is_none() && !self.withdrawn;
        is_counted && self.kind == kind && language.is_none_or(|language| language == self.language)
    }
}

/// A vote on a board, as computing needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardVote {
    pub id: i64,
    /// Both models' slugs.
    pub models: [String; 2],
    pub choice: Choice,
    /// Who cast it.
    pub voter: Option<String>,
}

/// The board of these votes: Bradley-Terry with intervals clustered by voter, and Elo in the order of numbers.
#[must_use]
pub fn board_of(mut votes: Vec<BoardVote>, rules: &Rules) -> Vec<BoardLine> {
    votes.sort_by_key(|vote| vote.id);
    let mut slugs: Vec<String> = votes.iter().flat_map(|vote| vote.models.clone()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    let number = |slug: &str| slugs.binary_search_by(|known| known.as_str().cmp(slug)).unwrap_or_default();
    let scored: Vec<(usize, usize, f64)> = votes
        .iter()
        .filter_map(|vote| {
            let [a, b] = &vote.models;
            Some((number(a), number(b), vote.choice.score_of_a()?))
        })
        .collect();
    let elo = rules.elo().replay(slugs.len(), scored.iter().copied());
    let elo = elo.into_iter().enumerate().filter_map(|(model, rating)| Some((model, rating?))).collect();
    let tallies: Vec<_> = votes.iter().map(|vote| tally(vote, number)).collect();
    // Each vote of nobody's is another's.
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    let mut voters = 0_u32;
    let mut cast_by = Vec::with_capacity(votes.len());
    for vote in &votes {
        let number = match &vote.voter {
            Some(voter) => *known.entry(voter).or_insert(voters),
            None => voters,
        };
        voters = voters.max(number + 1);
        cast_by.push(number);
    }
    let by_voter = cast_by.iter().zip(&scored).map(|(voter, (a, b, score))| (*voter, *a, *b, *score));
    let grouped = Voters::from_votes(voters as usize, by_voter);
    let models: Vec<usize> = (0..slugs.len()).collect();
    let anchor = rules.anchor.as_ref().and_then(|anchor| slugs.iter().position(|slug| slug == anchor));
    let settings = BoardSettings { anchor, center: rules.center, ties: rules.ties.into(), ..BoardSettings::default() };
    let known = KnownVoters { models: &models, voters: &grouped };
    let board = Board::compute(&tallies, Some(known), None, &elo, &settings);
    lines(&board, |model| slugs[model].clone())
}

fn tally(vote: &BoardVote, number: impl Fn(&str) -> usize) -> (usize, usize, Tally) {
    let one = Tally::default();
    let tally = match vote.choice {
        Choice::A => Tally { wins: 1, ..one },
        Choice::B => Tally { losses: 1, ..one },
        Choice::BothBad => Tally { both_bad: 1, ..one },
        _ => Tally { ties: 1, ..one },
    };
    (number(&vote.models[0]), number(&vote.models[1]), tally)
}

/// A board's lines as they are published, by slug.
#[must_use]
pub fn lines<Id: Copy>(board: &Board<Id>, slug: impl Fn(Id) -> String) -> Vec<BoardLine> {
    let line = |entry: &arena_rating::Entry<Id>| {
        let rated = entry.standing.rated();
        BoardLine {
            model: slug(entry.id),
            bradley_terry: rated.map(|rated| rated.rating),
            standard_error: rated.map(|rated| rated.standard_error).filter(|error| error.is_finite()),
            elo: entry.elo,
            wins: entry.tally.wins,
            losses: entry.tally.losses,
            ties: entry.tally.ties,
            both_bad: entry.tally.both_bad,
        }
    };
    let mut lines: Vec<BoardLine> = board.entries.iter().map(line).collect();
    lines.sort_by(|a, b| a.model.cmp(&b.model));
    lines
}

/// A hash out of hexadecimal digits.
fn hash_of(text: &str) -> Option<VoteHash> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).ok().map(|()| hash)
}
