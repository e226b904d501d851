//! What boards are computed from, put together from the votes in one walk each.

use std::collections::BTreeMap;

use super::ballots::{Ballot, Ballots, NO_MODEL, NOBODY};
use super::filter::BallotFilter;
use crate::domain::{Choice, ModelId};
use arena_rating::{EloSettings, Pairs, STYLE, ShareSum, SideBias, StyleVote, Tally, Voters, standardise};

/// Votes of direct chats on one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Approval {
    pub model: ModelId,
    pub up: u64,
    pub down: u64,
    /// How many people voted.
    pub voters: u64,
    /// What its share of good answers is made of.
    pub sum: ShareSum,
}

impl Ballots {
    /// The voter of each of these votes, by number, and what stands beside the vote; a vote of nobody's is another's.
    fn voter_numbers<'a, T>(
        &self,
        votes: impl Iterator<Item = (T, &'a Ballot)> + Clone,
    ) -> (usize, impl Iterator<Item = (u32, T, &'a Ballot)> + Clone) {
        let known = self.voters.known.len();
        let nobodies = votes.clone().filter(|(_, vote)| vote.voter == NOBODY).count();
        let numbered = votes.scan(known as u32, |next, (beside, vote)| {
            let voter = if vote.voter == NOBODY { std::mem::replace(next, *next + 1) } else { vote.voter };
            Some((voter, beside, vote))
        });
        (known + nobodies, numbered)
    }

    /// Each voter's votes.
    pub fn voters(&self, filter: &BallotFilter) -> Voters {
        let (voters, votes) = self.voter_numbers(self.matching(filter).map(|vote| ((), vote)));
        let votes = votes.filter_map(|(voter, (), vote)| {
            Some((voter, usize::from(vote.a), usize::from(vote.b), vote.choice.score_of_a()?))
        });
        Voters::from_votes(voters, votes)
    }

    /// Each voter's votes on two boards together: the models of the second are numbered on from those of the first.
    pub fn voters_of_both(&self, filters: [&BallotFilter; 2]) -> Voters {
        let offset = self.models.known.len();
        let both = filters.into_iter().enumerate().flat_map(|(at, filter)| {
            let shift = at * offset;
            self.matching(filter).map(move |vote| (shift, vote))
        });
        let (voters, votes) = self.voter_numbers(both);
        let votes = votes.filter_map(|(voter, shift, vote)| {
            Some((voter, usize::from(vote.a) + shift, usize::from(vote.b) + shift, vote.choice.score_of_a()?))
        });
        Voters::from_votes(voters, votes)
    }

    /// The votes by pair, models by number.
    pub fn pairs(&self, filter: &BallotFilter) -> Pairs {
        let mut pairs = Pairs::new(self.models.known.len());
        for vote in self.matching(filter) {
            pairs.add(vote.a.into(), vote.b.into(), vote.tally());
        }
        pairs
    }

    /// The same with the models themselves.
    pub fn pair_tallies(&self, filter: &BallotFilter) -> Vec<(ModelId, ModelId, Tally)> {
        let model = |number: usize| self.models.known[number];
        self.pairs(filter).met().map(|(a, b, tally)| (model(a), model(b), tally)).collect()
    }

    /// Online Elo over these votes, in the order in which they were cast.
    pub fn elo(&self, filter: &BallotFilter, elo: &EloSettings) -> BTreeMap<ModelId, f64> {
        let votes =
            self.matching(filter).filter_map(|vote| Some((vote.a.into(), vote.b.into(), vote.choice.score_of_a()?)));
        let ratings = elo.replay(self.models.known.len(), votes);
        self.models.known.iter().zip(ratings).filter_map(|(model, rating)| Some((*model, rating?))).collect()
    }

    /// The votes with the style of their answers, each feature brought to mean 0 and standard deviation 1.
    pub fn style_votes(&self, filter: &BallotFilter) -> Vec<StyleVote<STYLE>> {
        let (_, votes) = self.voter_numbers(self.matching(filter).map(|vote| ((), vote)));
        let votes = votes.filter_map(|(voter, (), vote)| {
            let features = vote.about?.style.map(f64::from);
            Some(StyleVote { voter, a: vote.a.into(), b: vote.b.into(), score: vote.choice.score_of_a()?, features })
        });
        let mut votes: Vec<_> = votes.collect();
        standardise(&mut votes);
        votes
    }

    /// What direct chats say of each model.
    pub fn approvals(&self, filter: &BallotFilter) -> Vec<Approval> {
        let (voters, votes) = self.voter_numbers(self.matching(filter).map(|vote| ((), vote)));
        let mut of_voter: Vec<Vec<(u16, u32, u32)>> = vec![Vec::new(); voters];
        for (voter, (), vote) in votes.filter(|(.., vote)| vote.b == NO_MODEL) {
            let own = &mut of_voter[voter as usize];
            let up = u32::from(vote.choice == Choice::Up);
            match own.iter_mut().find(|(model, ..)| *model == vote.a) {
                Some((_, ups, all)) => (*ups, *all) = (*ups + up, *all + 1),
                None => own.push((vote.a, up, 1)),
            }
        }
        let new = |model: &ModelId| Approval { model: *model, up: 0, down: 0, voters: 0, sum: ShareSum::default() };
        let mut approvals: Vec<Approval> = self.models.known.iter().map(new).collect();
        for (model, ups, all) in of_voter.into_iter().flatten() {
            let one = &mut approvals[usize::from(model)];
            one.up += u64::from(ups);
            one.down += u64::from(all - ups);
            one.voters += 1;
            one.sum.add(all.into(), ups.into());
        }
        approvals.retain(|one| one.voters > 0);
        approvals
    }

    /// Whether the left answer wins more often than the right one.
    pub fn side_bias(&self) -> Option<SideBias> {
        let mut sides = vec![(0_u64, 0_u64); self.voters.known.len()];
        let mut nobodies = Vec::new();
        for vote in self.votes() {
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
