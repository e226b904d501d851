//! Whose votes a board's votes are: the counted votes of one kind, kept in memory, a dozen bytes each.
//!
//! The database sums votes up by pair, which is all that ratings need. Their intervals need each voter's votes together:
//! a million rows, which no page can wait for. So they are read once, and then only those that are new. Whether what is
//! kept is what the database counts is checked pair by pair at each reading; where it is not (a vote was withdrawn, or two
//! were numbered in another order than they were committed) the votes of those pairs are read again.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{BattleKind, Choice, ModelId};
use crate::store::ratings::{LanguagePair, PairRow};
use crate::store::votes::{self, VoterVote};
use arena_rating::{SideBias, Tally, Voters};

/// A pair's counts.
pub fn tally(pair: &PairRow) -> Tally {
    // The schema allows no count below 0.
    let [wins, losses, ties, both_bad] =
        [pair.wins_low, pair.wins_high, pair.ties, pair.both_bad].map(|count| count.try_into().unwrap_or(0));
    Tally { wins, losses, ties, both_bad }
}

/// A pair on the board of one language: numbers of the language, of the model with the lower number, and of the other.
type Cell = (u16, u16, u16);

/// The counted votes of one kind.
#[derive(Debug, Default)]
pub struct Ballots {
    newest: i64,
    models: Numbers<ModelId>,
    languages: Numbers<String>,
    voters: Numbers<Uuid>,
    votes: Vec<Kept>,
    /// How often each outcome was voted.
    counts: HashMap<Cell, Tally>,
}

/// One vote.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Its voter, or [`NOBODY`].
    voter: u32,
    language: u16,
    /// The left model.
    a: u16,
    /// The right one.
    b: u16,
    choice: Choice,
}

/// The voter of a vote that was untied from its own.
const NOBODY: u32 = u32::MAX;

/// Numbers, from 0, for what is met.
#[derive(Debug)]
struct Numbers<T> {
    known: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { known: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn number(&mut self, item: &T) -> u32 {
        if let Some(&number) = self.numbers.get(item) {
            return number;
        }
        let number = self.known.len() as u32;
        self.known.push(item.clone());
        self.numbers.insert(item.clone(), number);
        number
    }
}

impl Ballots {
    /// Brings what is kept to the state of this transaction, and says whether it is what `counted` says. A transaction
    /// must not be older than the one before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn follow(
        &mut self,
        transaction: &mut PgConnection,
        kind: BattleKind,
        counted: &[LanguagePair],
    ) -> sqlx::Result<bool> {
        let newest = self.newest;
        votes::for_each_of_voters(&mut *transaction, kind, newest, &[], |vote| self.add(&vote)).await?;
        let counted = self.by_number(counted);
        let wrong = self.differences(&counted);
        if wrong.is_empty() {
            return Ok(true);
        }
        self.forget(&wrong);
        let pairs: Vec<[ModelId; 2]> =
            wrong.iter().map(|pair| pair.map(|model| self.models.known[usize::from(model)])).collect();
        votes::for_each_of_voters(&mut *transaction, kind, 0, &pairs, |vote| self.add(&vote)).await?;
        Ok(self.differences(&counted).is_empty())
    }

    fn add(&mut self, vote: &VoterVote) {
        let [Ok(a), Ok(b)] = [vote.model_a, vote.model_b].map(|model| u16::try_from(self.models.number(&model))) else {
            return;
        };
        let Ok(language) = u16::try_from(self.languages.number(&vote.language)) else { return };
        let voter = vote.voter.map_or(NOBODY, |voter| self.voters.number(&voter));
        let kept = Kept { voter, language, a, b, choice: vote.choice };
        *self.counts.entry(kept.cell()).or_default() += kept.tally();
        self.votes.push(kept);
        self.newest = self.newest.max(vote.id);
    }

    fn by_number(&mut self, counted: &[LanguagePair]) -> HashMap<Cell, Tally> {
        let mut by_number: HashMap<Cell, Tally> = HashMap::new();
        for row in counted {
            let language = self.languages.number(&row.language) as u16;
            let [low, high] = [row.pair.low, row.pair.high].map(|model| self.models.number(&model) as u16);
            let tally = tally(&row.pair);
            let (cell, tally) =
                if low < high { ((language, low, high), tally) } else { ((language, high, low), tally.flipped()) };
            *by_number.entry(cell).or_default() += tally;
        }
        by_number
    }

    /// The pairs whose votes are not those that are counted.
    fn differences(&self, counted: &HashMap<Cell, Tally>) -> HashSet<[u16; 2]> {
        let none = Tally::default();
        let cells = self.counts.keys().chain(counted.keys());
        cells
            .filter(|cell| self.counts.get(cell).unwrap_or(&none) != counted.get(cell).unwrap_or(&none))
            .map(|&(_, low, high)| [low, high])
            .collect()
    }

    fn forget(&mut self, pairs: &HashSet<[u16; 2]>) {
        self.votes.retain(|vote| !pairs.contains(&[vote.a.min(vote.b), vote.a.max(vote.b)]));
        self.counts.retain(|&(_, low, high), _| !pairs.contains(&[low, high]));
    }

    /// The models by the numbers that they have in [`Self::voters`].
    pub fn models(&self) -> &[ModelId] {
        &self.models.known
    }

    /// Each voter's votes in a language, or in all.
    pub fn voters(&self, language: Option<&str>) -> Voters {
        let wanted = language.map(|language| self.languages.numbers.get(language).copied());
        let votes = self.votes.iter().filter(|vote| wanted.is_none_or(|wanted| wanted == Some(vote.language.into())));
        // Each vote of nobody's is another's.
        let known = self.voters.known.len();
        let nobodies = votes.clone().filter(|vote| vote.voter == NOBODY).count();
        let votes = votes.scan(known as u32, |next, vote| {
            let voter = if vote.voter == NOBODY { std::mem::replace(next, *next + 1) } else { vote.voter };
            let score = vote.choice.score_of_a()?;
            Some((voter, usize::from(vote.a), usize::from(vote.b), score))
        });
        Voters::from_votes(known + nobodies, votes)
    }

    /// Whether the left answer wins more often than the right one.
    pub fn side_bias(&self) -> Option<SideBias> {
        let mut sides = vec![(0_u64, 0_u64); self.voters.known.len()];
        let mut nobodies = Vec::new();
        for vote in &self.votes {
            let one = match vote.choice {
                Choice::A => (1, 0),
                Choice::B => (0, 1),
                _ => continue,
            };
            match sides.get_mut(vote.voter as usize) {
                Some(side) => *side = (side.0 + one.0, side.1 + one.1),
                None => nobodies.push(one),
            }
        }
        SideBias::of(sides.into_iter().chain(nobodies))
    }
}

impl Kept {
    fn cell(&self) -> Cell {
        (self.language, self.a.min(self.b), self.a.max(self.b))
    }

    /// The vote, seen from the model with the lower number.
    fn tally(&self) -> Tally {
        let one = Tally::default();
        let tally = match self.choice {
            Choice::A => Tally { wins: 1, ..one },
            Choice::B => Tally { losses: 1, ..one },
            Choice::BothBad => Tally { both_bad: 1, ..one },
            _ => Tally { ties: 1, ..one },
        };
        if self.a < self.b { tally } else { tally.flipped() }
    }
}
