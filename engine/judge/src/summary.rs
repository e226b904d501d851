//! What all verdicts come to, model by model.

use serde::Serialize;

use super::bias::Mean;
use super::record::{JudgeFile, Mode, Outcome};

/// A model among those that were judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    pub model: String,
    /// The mean of its scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// Its 95% interval, over prompts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    pub wins: usize,
    pub losses: usize,
    pub ties: usize,
    /// Wins and half of the ties, of all pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub win_rate: Option<f64>,
}

/// All models, in the file's order.
#[must_use]
pub fn standings(file: &JudgeFile) -> Vec<Standing> {
    file.models.iter().map(|model| standing(file, model)).collect()
}

fn standing(file: &JudgeFile, model: &str) -> Standing {
    let (mut scores, mut wins, mut losses, mut ties) = (Vec::new(), 0, 0, 0);
    for item in &file.items {
        let is_own = |at: usize| item.answers.get(at).is_some_and(|answer| answer.model == model);
        let own = (0..item.answers.len()).filter(|at| is_own(*at));
        if file.mode == Mode::Scores {
            scores.extend(own.filter_map(|at| item.score(at)));
        }
        for (a, b) in item.pairs().filter(|(a, b)| is_own(*a) != is_own(*b)) {
            match item.outcome(file.mode, a, b).map(|outcome| if is_own(a) { outcome } else { outcome.flipped() }) {
                Some(Outcome::First) => wins += 1,
                Some(Outcome::Second) => losses += 1,
                Some(Outcome::Tie) => ties += 1,
                None => {}
            }
        }
    }
    let pairs = wins + losses + ties;
    Standing {
        model: model.to_owned(),
        average: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
        interval: Mean::of(&scores).map(|mean| (mean.low, mean.high)),
        wins,
        losses,
        ties,
        win_rate: (pairs > 0).then(|| (wins as f64 + 0.5 * ties as f64) / pairs as f64),
    }
}
