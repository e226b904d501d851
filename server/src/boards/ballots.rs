//! The counted votes of one kind in memory, a few dozen bytes each, in the order in which they were cast.
//!
//! The database sums votes up by pair, which is all that ratings over all votes need. Their intervals need each voter's votes
//! together, and categories, dates and style each vote by itself: a million rows, which no page can wait for. So they are
//! read once, and then only those that are new. Whether what is kept is what the database counts is checked pair by pair at
//! each reading; where it is not (a vote was withdrawn, or two were numbered in another order than they were committed) the
//! votes of those pairs are read again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use super::filter::BallotFilter;
use super::numbers::Numbers;
use crate::domain::{BattleKind, Categories, Choice, ModelId, VoteFeatures};
use crate::store::ratings::{LanguagePair, PairRow};
use crate::store::votes::{self, VoterVote};
use crate::store::{group_members, vote_features};
use arena_rating::{STYLE, Tally, style_difference};

/// A pair's counts.
pub fn tally(pair: &PairRow) -> Tally {
    // The schema allows no count below 0.
    let [wins, losses, ties, both_bad] =
        [pair.wins_low, pair.wins_high, pair.ties, pair.both_bad].map(|count| count.try_into().unwrap_or(0));
    Tally { wins, losses, ties, both_bad }
}

/// A pair on the board of one language: numbers of the language, of the model with the lower number, and of the other.
type Cell = (u16, u16, u16);

/// The counted votes of one kind. What is computed from them stands in [`super::computed`].
#[derive(Debug, Default)]
pub struct Ballots {
    newest: i64,
    newest_features: i64,
    newest_members: i64,
    /// The voters who are in groups that have a board.
    members: HashMap<String, HashSet<Uuid>>,
    pub(super) models: Numbers<ModelId>,
    pub(super) languages: Numbers<String>,
    pub(super) voters: Numbers<Uuid>,
    /// By number, so that they are in the order in which they were cast.
    votes: Vec<Ballot>,
    /// How often each outcome was voted.
    counts: HashMap<Cell, Tally>,
    /// Of direct chats, which have no counts to compare with.
    withdrawals: (i64, Option<chrono::DateTime<chrono::Utc>>),
}

/// One vote. Further columns go here; [`Ballots::add`] fills them.
#[derive(Debug, Clone, Copy)]
pub struct Ballot {
    /// The vote's number.
    pub id: i64,
    /// Days since 1970, in UTC.
    pub day: i32,
    /// Its voter, or [`NOBODY`].
    pub voter: u32,
    pub language: u16,
    /// The left model.
    pub a: u16,
    /// The right one; [`NO_MODEL`] in a direct chat.
    pub b: u16,
    pub choice: Choice,
    /// What it was about, where that is known.
    pub about: Option<About>,
}

/// What a vote was about.
#[derive(Debug, Clone, Copy)]
pub struct About {
    pub categories: Categories,
    /// How the left answer's tokens, headers, lists and bold passages differ from the right one's, from -1 to 1.
    pub style: [f32; STYLE],
}

/// The voter of a vote that was untied from its own.
pub const NOBODY: u32 = u32::MAX;
/// Where there is no second model.
pub const NO_MODEL: u16 = u16::MAX;

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
        self.read_on(&mut *transaction, kind).await?;
        let counted = self.by_number(counted);
        let wrong = self.differences(&counted);
        if wrong.is_empty() {
            return Ok(true);
        }
        self.forget(&wrong);
        let pairs: Vec<[ModelId; 2]> =
            wrong.iter().map(|pair| pair.map(|model| self.models.known[usize::from(model)])).collect();
        votes::for_each_of_voters(&mut *transaction, kind, 0, &pairs, |vote| self.add(&vote)).await?;
        self.votes.sort_by_key(|vote| vote.id);
        Ok(self.differences(&counted).is_empty())
    }

    /// The same for direct chats, which have no counts by pair: where a vote was withdrawn or restored, all are read again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn follow_direct(&mut self, transaction: &mut PgConnection) -> sqlx::Result<()> {
        let withdrawals = votes::withdrawals(&mut *transaction, BattleKind::Direct).await?;
        if withdrawals != self.withdrawals {
            *self = Self { withdrawals, ..Self::default() };
        }
        self.read_on(transaction, BattleKind::Direct).await
    }

    /// Reads the votes and the features that are new.
    async fn read_on(&mut self, transaction: &mut PgConnection, kind: BattleKind) -> sqlx::Result<()> {
        let (newest, newest_features) = (self.newest, self.newest_features);
        self.newest_features = vote_features::newest(&mut *transaction).await?;
        let newest_members = group_members::newest(&mut *transaction).await?;
        if newest_members != self.newest_members {
            // Votes that were untied since stay with the groups that their voter was in then.
            for (vote, voter) in group_members::untied(&mut *transaction, kind, self.newest_members).await? {
                if let Ok(at) = self.votes.binary_search_by_key(&vote, |kept| kept.id) {
                    self.votes[at].voter = self.voters.number(&voter);
                }
            }
            self.members = group_members::all(&mut *transaction).await?;
            self.newest_members = newest_members;
        }
        let known = self.votes.len();
        votes::for_each_of_voters(&mut *transaction, kind, newest, &[], |vote| self.add(&vote)).await?;
        if known > 0 && self.newest_features > newest_features {
            // Those of votes that were there before; new ones have brought theirs.
            let votes = &mut self.votes[..known];
            vote_features::for_each_after(transaction, newest_features, |_, vote, features| {
                if let Ok(at) = votes.binary_search_by_key(&vote, |kept| kept.id) {
                    votes[at].about = Some(About::of(&features));
                }
            })
            .await?;
        }
        Ok(())
    }

    fn add(&mut self, vote: &VoterVote) {
        let Ok(a) = u16::try_from(self.models.number(&vote.model_a)) else { return };
        let b = match &vote.model_b {
            None => NO_MODEL,
            Some(model) => match u16::try_from(self.models.number(model)) {
                Ok(b) if b != NO_MODEL => b,
                _ => return,
            },
        };
        let Ok(language) = u16::try_from(self.languages.number(&vote.language)) else { return };
        let voter = vote.voter.map_or(NOBODY, |voter| self.voters.number(&voter));
        let day = i32::try_from(vote.created_at.timestamp().div_euclid(24 * 3600)).unwrap_or(i32::MAX);
        let about = vote.features.as_ref().map(About::of);
        let kept = Ballot { id: vote.id, day, voter, language, a, b, choice: vote.choice, about };
        if b != NO_MODEL {
            *self.counts.entry(kept.cell()).or_default() += kept.tally_of_low();
        }
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

    /// The models by the numbers that they have in votes.
    pub fn models(&self) -> &[ModelId] {
        &self.models.known
    }

    /// All votes, in the order in which they were cast.
    pub fn votes(&self) -> &[Ballot] {
        &self.votes
    }

    /// The numbers of a group's voters.
    fn numbers_of(&self, group: &str) -> HashSet<u32> {
        let members = self.members.get(group).into_iter().flatten();
        members.filter_map(|voter| self.voters.numbers.get(voter).copied()).collect()
    }

    /// Those that a filter lets through, in their order.
    pub fn matching<'a>(&'a self, filter: &BallotFilter) -> impl Iterator<Item = &'a Ballot> + Clone + use<'a> {
        let language = filter.language.as_ref().map(|language| self.languages.numbers.get(language).copied());
        let members = filter.group.as_ref().map(|group| Arc::new(self.numbers_of(group)));
        let BallotFilter { category, first_day, last_day, described, .. } = *filter;
        self.votes.iter().filter(move |vote| {
            let about = category
                .is_none_or(|category| vote.about.is_some_and(|about| category.holds(about.categories, vote.choice)));
            about
                && language.is_none_or(|language| language == Some(vote.language.into()))
                && members.as_ref().is_none_or(|members| members.contains(&vote.voter))
                && first_day.is_none_or(|day| vote.day >= day)
                && last_day.is_none_or(|day| vote.day <= day)
                && (!described || vote.about.is_some())
        })
    }
}

impl About {
    fn of(features: &VoteFeatures) -> Self {
        let (a, b) = (features.style_a.counts(), features.style_b.unwrap_or_default().counts());
        let style = std::array::from_fn(|at| style_difference(a[at].into(), b[at].into()) as f32);
        Self { categories: features.categories, style }
    }
}

impl Ballot {
    fn cell(&self) -> Cell {
        (self.language, self.a.min(self.b), self.a.max(self.b))
    }

    /// The vote, seen from the left model.
    pub fn tally(&self) -> Tally {
        let one = Tally::default();
        match self.choice {
            Choice::A => Tally { wins: 1, ..one },
            Choice::B => Tally { losses: 1, ..one },
            Choice::BothBad => Tally { both_bad: 1, ..one },
            _ => Tally { ties: 1, ..one },
        }
    }

    /// The vote, seen from the model with the lower number.
    fn tally_of_low(&self) -> Tally {
        if self.a < self.b { self.tally() } else { self.tally().flipped() }
    }
}
