//! A leaderboard: everything that is computed from one board's counts, in the order of display.

use std::collections::BTreeMap;

use super::{
    Bootstrap, Clusters, Covariance, Difference, Effect, Fit, Gauge, Group, Pairs, RankRange, Scale, Share, Standing,
    StyleVote, Tally, TieFit, Unrated, Voters, average_win_rate, davidson, fit_clustered, fit_style, pair_shares,
    rank_ranges,
};

/// How ties count in ratings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Ties {
    /// As half a win for each.
    #[default]
    Half,
    /// As an outcome of their own (Davidson 1970).
    Modelled,
}

/// What the operator decides about a board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoardSettings<Id> {
    /// The model that stands at `center`; without it that is the mean over battles.
    pub anchor: Option<Id>,
    /// Where the mean, or the anchor, stands.
    pub center: f64,
    /// Models with fewer votes are preliminary: rated, but not ranked.
    pub min_votes: u64,
    /// How ties count.
    pub ties: Ties,
    /// How often the votes are drawn anew to see how far the ratings scatter; by default never.
    pub rounds: usize,
}

impl<Id> Default for BoardSettings<Id> {
    fn default() -> Self {
        Self { anchor: None, center: Scale::default().center, min_votes: 0, ties: Ties::Half, rounds: 0 }
    }
}

/// A model's line.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<Id> {
    /// The model.
    pub id: Id,
    /// Its ranks among those of its group that are not preliminary. Unrated and preliminary models have none.
    pub rank: Option<RankRange>,
    /// Whether it has a rating out of fewer votes than a rank asks for.
    pub is_preliminary: bool,
    /// Its Bradley-Terry rating, or why it has none.
    pub standing: Standing,
    /// Its online Elo.
    pub elo: Option<f64>,
    /// Its votes.
    pub tally: Tally,
    /// The mean of its win rates against those it met.
    pub average_win_rate: Option<f64>,
    /// How far its rating scatters where the votes are drawn anew; only of the largest group, and where that was asked for.
    pub redrawn: Option<Redrawn>,
}

/// A rating's scatter over rounds in which the votes were drawn anew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Redrawn {
    pub standard_error: f64,
    /// The middle 95 % of the rounds; nothing where too many rounds gave it no rating.
    pub interval: Option<(f64, f64)>,
}

/// All lines of a board that has votes, and its pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct Board<Id> {
    /// The lines: the largest group first, in each group the highest rating first, preliminary ones last; then those
    /// without a rating, the unbeaten first.
    pub entries: Vec<Entry<Id>>,
    /// The votes of each pair, numbered as in `entries`.
    pub pairs: Pairs,
    /// How many groups are rated, each apart from the others.
    pub groups: usize,
    /// How many votes there are.
    pub votes: u64,
    /// How many people cast the largest group's votes, where it is known.
    pub voters: Option<Clusters>,
    /// What an answer's length and marks do to votes, where the largest group's ratings are those without it.
    pub style: Option<[Effect; STYLE]>,
    /// What became of the largest group's ties, where they were to be modelled. Groups that cannot be fitted so are rated with
    /// half a win for each.
    pub ties: Option<TieFit>,
    /// In how many rounds the votes were drawn anew, and whether whole voters were drawn.
    pub redrawn: Option<(usize, bool)>,
    /// The win rates of each model against each, numbered as in `entries`, with intervals; nothing for pairs that never met.
    pub shares: Vec<Vec<Option<Share>>>,
    /// How certain the strengths of each group are, with its members as numbered in `entries`.
    pub covariances: Vec<(Vec<usize>, Covariance)>,
}

/// The same votes are always drawn.
const SEED: u64 = 0x626f_6f74;

/// Features of style: tokens, headers, lists, bold.
pub const STYLE: usize = 4;

/// Each voter's votes, and the models by the numbers that they have there.
#[derive(Debug, Clone, Copy)]
pub struct KnownVoters<'a, Id> {
    /// The models, by number.
    pub models: &'a [Id],
    /// Their votes, which are those of the board.
    pub voters: &'a Voters,
}

impl<Id: Copy + Ord> Board<Id> {
    /// Computes a board from the votes of its pairs (seen from the first) and its Elo ratings. With the style of each of
    /// these votes, whose models are numbered as those of `voters`, the largest group is rated without the effects of it,
    /// where they can be estimated; ties count half there, whatever `settings` say.
    #[must_use]
    pub fn compute(
        votes: &[(Id, Id, Tally)],
        voters: Option<KnownVoters<'_, Id>>,
        style: Option<&[StyleVote<STYLE>]>,
        elo: &BTreeMap<Id, f64>,
        settings: &BoardSettings<Id>,
    ) -> Self {
        let mut ids: Vec<Id> = votes.iter().flat_map(|&(a, b, _)| [a, b]).collect();
        ids.sort_unstable();
        ids.dedup();
        if let Some(known) = voters {
            let more = ids.iter().filter(|id| !known.models.contains(id));
            ids = known.models.iter().chain(more).copied().collect();
        }
        let anchor = settings.anchor.and_then(|anchor| ids.iter().position(|&id| id == anchor));
        let gauge = anchor.map_or(Gauge::VoteWeighted, Gauge::Anchor);
        let scale = Scale { center: settings.center, gauge, ..Scale::default() };
        let by_number = tally(votes, &ids);
        let mut fit = fit_clustered(&by_number, voters.map(|known| known.voters), scale);
        let mut ties = None;
        if settings.ties == Ties::Modelled && style.is_none() {
            ties = model_ties(&mut fit, &by_number, voters.map(|known| known.voters), scale);
        }
        let style = style.and_then(|votes| fit_style(ids.len(), votes, scale)).map(|styled| {
            for (model, rated) in styled.rated {
                fit.standings[model] = Standing::Rated(rated);
            }
            // Both are the largest group of the same votes.
            if let Some(largest) = fit.groups.first_mut() {
                *largest = styled.group;
            }
            styled.effects
        });
        let shares = pair_shares(&by_number, voters.map(|known| known.voters));
        let redrawn = (settings.rounds > 0).then(|| match voters {
            Some(known) => Bootstrap::of_voters(&by_number, known.voters, scale, settings.rounds, SEED),
            None => Bootstrap::of_votes(&by_number, scale, settings.rounds, SEED),
        });
        let is_by_voter = voters.is_some();
        let voters = fit.groups.first().and_then(|group| group.covariance.voters());
        let groups = fit.groups.len();
        let lines = lines(&by_number, &fit, settings.min_votes);
        let shares =
            lines.iter().map(|row| lines.iter().map(|column| shares[row.model][column.model]).collect()).collect();
        let mut places = vec![0; ids.len()];
        lines.iter().enumerate().for_each(|(at, line)| places[line.model] = at);
        let placed = |group: Group| (group.members.iter().map(|&model| places[model]).collect(), group.covariance);
        let covariances = fit.groups.into_iter().map(placed).collect();
        let ids: Vec<Id> = lines.iter().map(|line| ids[line.model]).collect();
        let pairs = tally(votes, &ids);
        let entry = |(at, line): (usize, Line)| Entry {
            id: ids[at],
            rank: line.rank,
            is_preliminary: line.is_preliminary,
            standing: line.standing,
            elo: elo.get(&ids[at]).copied(),
            tally: pairs.total(at),
            average_win_rate: average_win_rate(&pairs, at),
            redrawn: line.standing.rated().filter(|rated| rated.group == 0).and_then(|_| {
                let rounds = redrawn.as_ref()?;
                let standard_error = rounds.standard_error(line.model)?;
                Some(Redrawn { standard_error, interval: rounds.interval(line.model) })
            }),
        };
        let entries = lines.into_iter().enumerate().map(entry).collect();
        let votes = votes.iter().map(|(_, _, tally)| tally.battles()).sum();
        let redrawn = redrawn.as_ref().map(|rounds| (rounds.rounds.len(), is_by_voter));
        Self { entries, pairs, groups, votes, voters, style, ties, redrawn, shares, covariances }
    }

    /// How much stronger one entry is than another, by their numbers; nothing where no votes compare them.
    #[must_use]
    pub fn difference(&self, first: usize, second: usize) -> Option<Difference> {
        let rating = |entry: usize| Some(self.entries.get(entry)?.standing.rated()?.rating);
        let value = (rating(first)? - rating(second)?) / Scale::default().factor();
        self.covariances.iter().find_map(|(members, covariance)| {
            let place = |entry| members.iter().position(|&member| member == entry);
            let variance = covariance.difference(place(first)?, place(second)?);
            Some(Difference { value, standard_error: variance.sqrt(), degrees: covariance.degrees() })
        })
    }
}

/// Puts the ratings with modelled ties in the place of those with half wins, group by group, and says what became of the
/// largest one's.
fn model_ties(fit: &mut Fit, pairs: &Pairs, voters: Option<&Voters>, scale: Scale) -> Option<TieFit> {
    // Both find the same groups in the same order.
    let fitted = davidson(pairs, voters, scale);
    let of_largest = fitted.first().map(|group| group.ties);
    for (of_half_wins, modelled) in fit.groups.iter_mut().zip(fitted) {
        let Some(group) = modelled.group else { continue };
        *of_half_wins = group;
        for (model, rated) in modelled.rated {
            fit.standings[model] = Standing::Rated(rated);
        }
    }
    of_largest
}

fn tally<Id: Copy + Ord>(votes: &[(Id, Id, Tally)], ids: &[Id]) -> Pairs {
    let numbers: BTreeMap<Id, usize> = ids.iter().enumerate().map(|(number, &id)| (id, number)).collect();
    let mut pairs = Pairs::new(ids.len());
    for (a, b, tally) in votes {
        pairs.add(numbers[a], numbers[b], *tally);
    }
    pairs
}

struct Line {
    model: usize,
    standing: Standing,
    is_preliminary: bool,
    rank: Option<RankRange>,
}

/// The lines in their order, for all models that have votes.
fn lines(pairs: &Pairs, fit: &Fit, min_votes: u64) -> Vec<Line> {
    let battles: Vec<u64> = (0..pairs.models()).map(|model| pairs.total(model).battles()).collect();
    let line = |(model, standing): (usize, Standing)| {
        let is_preliminary = standing.rated().is_some() && battles[model] < min_votes;
        Line { model, standing, is_preliminary, rank: None }
    };
    let mut lines: Vec<Line> =
        fit.standings.iter().copied().enumerate().filter(|one| battles[one.0] > 0).map(line).collect();
    for group in &fit.groups {
        // Preliminary models take no rank, and no certainty from those that have one.
        let ranked: Vec<usize> =
            (0..group.members.len()).filter(|&at| battles[group.members[at]] >= min_votes).collect();
        let strengths: Vec<f64> = ranked.iter().map(|&at| group.strengths[at]).collect();
        let ranges = rank_ranges(&strengths, &group.covariance.of_members(&ranked));
        for (at, range) in ranked.into_iter().zip(ranges) {
            if let Some(line) = lines.iter_mut().find(|line| line.model == group.members[at]) {
                line.rank = Some(range);
            }
        }
    }
    lines.sort_by(|a, b| {
        let ((block, rating), (other_block, other_rating)) = (place(a), place(b));
        block.cmp(&other_block).then(other_rating.total_cmp(&rating))
    });
    lines
}

/// Which block of the board a model belongs to, and its rating inside.
fn place(line: &Line) -> ((usize, usize, bool), f64) {
    match line.standing {
        Standing::Rated(rated) => ((0, rated.group, line.is_preliminary), rated.rating),
        Standing::Unrated(Unrated::WonAll) => ((1, 0, false), 0.0),
        Standing::Unrated(Unrated::OneSided) => ((1, 1, false), 0.0),
        Standing::Unrated(Unrated::LostAll) => ((1, 2, false), 0.0),
        Standing::Unrated(Unrated::NoBattles) => ((1, 3, false), 0.0),
    }
}
