//! How far a judge goes by where an answer stands and by how long it is.

use serde::{Deserialize, Serialize};

use super::record::{Answer, Item, JudgeFile, Mode, Outcome};
use super::share::{Share, Z};

/// A mean and the ends of its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// Of how many values.
    pub of: usize,
}

impl Mean {
    /// Of independent values; nothing of fewer than two.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        if values.len() < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let reach = Z * (variance / n).sqrt();
        Some(Self { mean, low: mean - reach, high: mean + reach, of: values.len() })
    }
}

/// What is known of a judge's leanings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bias {
    /// Pairs: how many have the same verdict in both orders.
    pub same_in_both_orders: Option<Share>,
    /// Pairs whose verdicts in both orders contradict each other: how many times the first place won. Without a leaning one half.
    pub first_place: Option<Share>,
    /// Scores: how many points more an answer gets in the first place than in the others. A model's own mean is taken out, and
    /// every answer stands there equally often, so that without a leaning it is 0.
    pub first_place_points: Option<Mean>,
    /// Of two answers of different lengths of which one was found better: how many times the longer.
    pub longer: Option<Share>,
    /// The same of what people said of these prompts, where that is known: a longer answer may well be better.
    pub longer_of_people: Option<Share>,
}

impl Bias {
    /// Of all that a file tells.
    #[must_use]
    pub fn of(file: &JudgeFile) -> Self {
        let (mut same, mut first) = (Vec::new(), Vec::new());
        for item in &file.items {
            let both: Vec<_> = item.pairs().filter_map(|(a, b)| item.both_orders(a, b)).collect();
            same.push((both.iter().filter(|[one, other]| one == other).count(), both.len()));
            // In the first order the left answer stands first, in the second the right one.
            let contradictions = both.iter().filter(|[one, other]| *one == other.flipped() && *one != Outcome::Tie);
            let flips: Vec<bool> = contradictions.map(|[one, _]| *one == Outcome::First).collect();
            first.push((flips.iter().filter(|flip| **flip).count(), flips.len()));
        }
        let by_judge = |item: &Item, a, b| item.outcome(file.mode, a, b);
        let by_people = |item: &Item, a, b| item.people.filter(|_| (a, b) == (0, 1));
        Self {
            same_in_both_orders: Share::of(&same).filter(|_| file.mode == Mode::Pairs),
            first_place: Share::of(&first).filter(|_| file.mode == Mode::Pairs),
            first_place_points: (file.mode == Mode::Scores).then(|| first_place_points(file)).flatten(),
            longer: longer(file, by_judge),
            longer_of_people: longer(file, by_people),
        }
    }
}

fn longer(file: &JudgeFile, outcome: impl Fn(&Item, usize, usize) -> Option<Outcome>) -> Option<Share> {
    let of_item = |item: &Item| {
        let chars: Vec<usize> = item.answers.iter().map(Answer::chars).collect();
        let decided = item.pairs().filter_map(|(a, b)| {
            let won_by_first = match outcome(item, a, b)? {
                Outcome::First => true,
                Outcome::Second => false,
                Outcome::Tie => return None,
            };
            (chars[a] != chars[b]).then_some(won_by_first == (chars[a] > chars[b]))
        });
        decided.fold((0, 0), |(hits, of), longer_won| (hits + usize::from(longer_won), of + 1))
    };
    Share::of(&file.items.iter().map(of_item).collect::<Vec<_>>())
}

fn first_place_points(file: &JudgeFile) -> Option<Mean> {
    let mean = |model: &str| {
        let scores = file.items.iter().flat_map(|item| {
            let at = item.answers.iter().position(|answer| answer.model == model);
            at.and_then(|at| item.score(at))
        });
        let (sum, count) = scores.fold((0.0, 0usize), |(sum, count), score| (sum + score, count + 1));
        sum / count.max(1) as f64
    };
    let means: Vec<(&str, f64)> = file.models.iter().map(|model| (model.as_str(), mean(model))).collect();
    let mean_of = |model: &str| means.iter().find(|(name, _)| *name == model).map_or(0.0, |(_, mean)| *mean);
    let verdicts = file.items.iter().flat_map(|item| item.verdicts.iter().map(move |verdict| (item, verdict)));
    let above = verdicts.filter_map(|(item, verdict)| {
        let rest = verdict.order.iter().zip(&verdict.scores);
        let rest: Vec<f64> = rest.map(|(at, score)| score.score - mean_of(&item.answers[*at].model)).collect();
        let (first, others) = rest.split_first()?;
        (!others.is_empty()).then(|| first - others.iter().sum::<f64>() / others.len() as f64)
    });
    Mean::of(&above.collect::<Vec<_>>())
}
