//! A leaderboard: everything that is computed from one board's counts, in the order of display.

use std::collections::BTreeMap;

use super::{Pairs, Rated, Scale, Standing, Tally, Unrated, average_win_rate, fit, ranks};

/// A model's line.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<Id> {
    /// The model.
    pub id: Id,
    /// Its rank among those of its group: one more than the number of models whose interval lies
    /// wholly above its own. Unrated models have none.
    pub rank: Option<usize>,
    /// Its Bradley-Terry rating, or why it has none.
    pub standing: Standing,
    /// Its online Elo.
    pub elo: Option<f64>,
    /// Its votes.
    pub tally: Tally,
    /// The mean of its win rates against those it met.
    pub average_win_rate: Option<f64>,
}

/// All lines of a board that has votes, and its pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct Board<Id> {
    /// The lines: the largest group first, in each group the highest rating first; then those
    /// without a rating, the unbeaten first.
    pub entries: Vec<Entry<Id>>,
    /// The votes of each pair, numbered as in `entries`.
    pub pairs: Pairs,
    /// How many groups are rated, each apart from the others.
    pub groups: usize,
    /// How many votes there are.
    pub votes: u64,
}

impl<Id: Copy + Ord> Board<Id> {
    /// Computes a board from the votes of its pairs (seen from the first) and its Elo ratings.
    #[must_use]
    pub fn compute(votes: &[(Id, Id, Tally)], elo: &BTreeMap<Id, f64>) -> Self {
        let mut ids: Vec<Id> = votes.iter().flat_map(|&(a, b, _)| [a, b]).collect();
        ids.sort_unstable();
        ids.dedup();
        let standings = fit(&tally(votes, &ids), Scale::default());
        let mut order: Vec<(Id, Standing)> = ids.into_iter().zip(standings.standings).collect();
        order.sort_by(|a, b| place(a.1).0.cmp(&place(b.1).0).then(place(b.1).1.total_cmp(&place(a.1).1)));
        let ids: Vec<Id> = order.iter().map(|one| one.0).collect();
        let pairs = tally(votes, &ids);
        let ranks = ranks_by_group(&order);
        let entry = |(at, (id, standing)): (usize, (Id, Standing))| Entry {
            id,
            rank: ranks[at],
            standing,
            elo: elo.get(&id).copied(),
            tally: pairs.total(at),
            average_win_rate: average_win_rate(&pairs, at),
        };
        let entries = order.into_iter().enumerate().map(entry).collect();
        let votes = votes.iter().map(|(_, _, tally)| tally.battles()).sum();
        Self { entries, pairs, groups: standings.groups, votes }
    }
}

fn tally<Id: Copy + Ord>(votes: &[(Id, Id, Tally)], ids: &[Id]) -> Pairs {
    let numbers: BTreeMap<Id, usize> = ids.iter().enumerate().map(|(number, &id)| (id, number)).collect();
    let mut pairs = Pairs::new(ids.len());
    for (a, b, tally) in votes {
        pairs.add(numbers[a], numbers[b], *tally);
    }
    pairs
}

/// Which block of the board a model belongs to, and its rating inside.
fn place(standing: Standing) -> ((usize, usize), f64) {
    match standing {
        Standing::Rated(rated) => ((0, rated.group), rated.rating),
        Standing::Unrated(Unrated::WonAll) => ((1, 0), 0.0),
        Standing::Unrated(Unrated::OneSided) => ((1, 1), 0.0),
        Standing::Unrated(Unrated::LostAll) => ((1, 2), 0.0),
        Standing::Unrated(Unrated::NoBattles) => ((1, 3), 0.0),
    }
}

fn ranks_by_group<Id>(order: &[(Id, Standing)]) -> Vec<Option<usize>> {
    let group = |one: &(Id, Standing)| one.1.rated().map(|rated| rated.group);
    order
        .chunk_by(|a, b| group(a) == group(b))
        .flat_map(|block| {
            let rated: Vec<Rated> = block.iter().filter_map(|one| one.1.rated()).collect();
            let intervals: Vec<(f64, f64)> = rated.iter().map(Rated::interval).collect();
            let mut ranks = ranks(&intervals).into_iter();
            block.iter().map(|_| ranks.next()).collect::<Vec<_>>()
        })
        .collect()
}
