//! The same models in two languages.

use super::ballots::Ballots;
use super::filter::BallotFilter;
use crate::domain::ModelId;
use arena_rating::{RatingDifference, Scale, rating_differences};

/// The languages that are compared: the first's rating less the second's.
const COMPARED: [&str; 2] = ["zh", "en"];

/// How much better each model is in Chinese than in English, measured against the models that have a rating in both.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageGap {
    /// The largest difference first.
    pub models: Vec<(ModelId, RatingDifference)>,
}

impl LanguageGap {
    /// Nothing where fewer than two models have a rating in both.
    pub(super) fn of(ballots: &Ballots, filter: &BallotFilter) -> Option<Self> {
        let filters = COMPARED.map(|language| BallotFilter { language: Some(language.to_owned()), ..filter.clone() });
        let [first, second] = [&filters[0], &filters[1]].map(|filter| ballots.pairs(filter));
        let voters = ballots.voters_of_both([&filters[0], &filters[1]]);
        let differences = rating_differences([&first, &second], &voters, Scale::default());
        let model = |one: RatingDifference| (ballots.models()[one.model], one);
        let mut models: Vec<_> = differences.into_iter().map(model).collect();
        models.sort_by(|(_, a), (_, b)| b.difference.total_cmp(&a.difference));
        (!models.is_empty()).then_some(Self { models })
    }
}

impl Ballots {
    /// The languages that have votes, those with the most first.
    pub(super) fn languages_voted(&self) -> Vec<(String, u64)> {
        let mut counts = vec![0; self.languages.known.len()];
        self.votes().iter().for_each(|vote| counts[usize::from(vote.language)] += 1);
        let mut languages: Vec<_> = self.languages.known.iter().cloned().zip(counts).filter(|one| one.1 > 0).collect();
        languages.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        languages
    }
}
