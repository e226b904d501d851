//! Objective scores beside the ratings of a board.

use std::collections::{BTreeMap, BTreeSet};

use super::named_board::NamedBoard;
use crate::domain::ModelId;
use crate::store::model_results::ModelResult;
use arena_rating::RankCorrelation;

/// A way of measuring: a column.
pub(super) struct ScoreColumn {
    pub benchmark: String,
    pub variant: String,
    /// How alike its order and that of the votes are; nothing of fewer than three models.
    pub correlation: Option<Correlated>,
}

/// A rank correlation as people read it.
pub(super) struct Correlated {
    pub rho: String,
    pub interval: Option<(String, String)>,
    pub models: usize,
}

/// A model with its rating and its scores, in the order of the columns.
pub(super) struct ScoreLine {
    pub slug: String,
    pub name: String,
    pub rating: Option<String>,
    pub scores: Vec<Option<String>>,
}

/// The table.
pub(super) struct ObjectiveScores {
    pub columns: Vec<ScoreColumn>,
    pub lines: Vec<ScoreLine>,
}

impl ObjectiveScores {
    /// Nothing where no model has a score.
    pub fn of(named: &NamedBoard, results: &[ModelResult]) -> Option<Self> {
        let ratings: BTreeMap<ModelId, f64> = named
            .read
            .board
            .entries
            .iter()
            .filter_map(|entry| Some((entry.id, entry.standing.rated().filter(|rated| rated.group == 0)?.rating)))
            .collect();
        let keys: BTreeSet<(&str, &str)> =
            results.iter().map(|result| (result.benchmark.as_str(), result.variant.as_str())).collect();
        let score = |model: ModelId, key: &(&str, &str)| {
            let mut own = results.iter().filter(|one| one.model == model);
            own.find(|one| (one.benchmark.as_str(), one.variant.as_str()) == *key).map(|one| one.score)
        };
        let column = |key: &(&str, &str)| {
            let pairs: Vec<(f64, f64)> =
                ratings.iter().filter_map(|(model, rating)| Some((*rating, score(*model, key)?))).collect();
            ScoreColumn {
                benchmark: key.0.to_owned(),
                variant: key.1.to_owned(),
                correlation: RankCorrelation::of(&pairs).map(Correlated::of),
            }
        };
        // Those with a rating first, in the board's order.
        let scored: BTreeSet<ModelId> = results.iter().map(|result| result.model).collect();
        let rated = named.read.board.entries.iter().map(|entry| entry.id).filter(|id| scored.contains(id));
        let mut order: Vec<ModelId> = rated.collect();
        order.extend(scored.iter().filter(|id| !order.contains(id)).copied().collect::<Vec<_>>());
        let line = |id: ModelId| {
            let model = named.models.get(id)?;
            Some(ScoreLine {
                slug: model.slug.clone(),
                name: model.display_name.clone(),
                rating: ratings.get(&id).map(|rating| format!("{rating:.0}")),
                scores: keys.iter().map(|key| score(id, key).map(|score| format!("{score:.1}"))).collect(),
            })
        };
        let lines: Vec<ScoreLine> = order.into_iter().filter_map(line).collect();
        (!lines.is_empty()).then(|| Self { columns: keys.iter().map(column).collect(), lines })
    }
}

impl Correlated {
    fn of(found: RankCorrelation) -> Self {
        let number = |value: f64| format!("{value:.2}").replace('-', "−");
        Self {
            rho: number(found.rho),
            interval: found.interval.map(|(low, high)| (number(low), number(high))),
            models: found.models,
        }
    }
}
