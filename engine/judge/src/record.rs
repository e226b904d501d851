//! What was judged, as its file has it: `results.json` of `mixtral judge`, which the arena takes.

use serde::{Deserialize, Serialize};

/// What the field `format` of a file says.
pub const FORMAT: &str = "mixtral-judge/1";

/// How answers are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All answers to a prompt at once, each with a score of 1 to 10 and a reason.
    Scores,
    /// Two answers against each other, in both orders.
    Pairs,
}

/// A model's answers to a prompt, turn by turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub model: String,
    pub turns: Vec<String>,
}

impl Answer {
    /// Its length in characters.
    #[must_use]
    pub fn chars(&self) -> usize {
        self.turns.iter().map(|turn| turn.chars().count()).sum()
    }
}

/// The orders in which the judge reads so many answers to the prompt of this number. Scores: all at once, beginning one place
/// further with each prompt, so that every answer stands in every place equally often; pairs: each in both orders.
#[must_use]
pub fn orders(mode: Mode, answers: usize, number: usize) -> Vec<Vec<usize>> {
    match mode {
        Mode::Scores => vec![(0..answers).map(|at| (at + number) % answers).collect()],
        Mode::Pairs => {
            let pairs = (0..answers).flat_map(|a| (a + 1..answers).map(move |b| (a, b)));
            pairs.flat_map(|(a, b)| [vec![a, b], vec![b, a]]).collect()
        }
    }
}

/// Which of two answers is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    First,
    Second,
    Tie,
}

impl Outcome {
    /// The same, seen from the other answer.
    #[must_use]
    pub fn flipped(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
            Self::Tie => Self::Tie,
        }
    }
}

/// A score and its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 1 to 10.
    pub score: f64,
    pub reason: String,
}

/// What the judge said to one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The answers in the order in which the judge read them: their places in [`Item::answers`].
    pub order: Vec<usize>,
    /// One a place of `order`, where scores were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
    /// Which of the two places of `order` won, where a pair was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The reason of an outcome.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Verdict {
    /// Whether it is of this mode and speaks of answers that are there.
    fn is_sound(&self, mode: Mode, answers: usize) -> bool {
        let mut seen = vec![false; answers];
        let is_order = self.order.iter().all(|at| seen.get_mut(*at).is_some_and(|seen| !std::mem::replace(seen, true)));
        let has_range = self.scores.iter().all(|score| (1.0..=10.0).contains(&score.score));
        is_order
            && has_range
            && match mode {
                Mode::Scores => !self.order.is_empty() && self.scores.len() == self.order.len(),
                Mode::Pairs => self.order.len() == 2 && self.outcome.is_some(),
            }
    }
}

/// A prompt, its answers, and what the judge said of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What the prompt's file calls it; an arena's battles have their own ids.
    pub id: String,
    /// The messages of the person, turn by turn.
    pub turns: Vec<String>,
    /// One a model.
    pub answers: Vec<Answer>,
    #[serde(default)]
    pub verdicts: Vec<Verdict>,
    /// What people said of the first two answers, where the file of prompts tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Outcome>,
    /// Why there is no verdict, or not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Item {
    /// The score of an answer: the mean of what the judge gave.
    #[must_use]
    pub fn score(&self, answer: usize) -> Option<f64> {
        let given = self.verdicts.iter().filter_map(|verdict| {
            let at = verdict.order.iter().position(|place| *place == answer)?;
            verdict.scores.get(at).map(|score| score.score)
        });
        let (sum, count) = given.fold((0.0, 0usize), |(sum, count), score| (sum + score, count + 1));
        (count > 0).then(|| sum / count as f64)
    }

    /// Which of two answers the judge finds better: the one with the higher score; of pairs the one that won in both orders,
    /// and a tie where the order decided or one of the two was found equal. Nothing where it was not asked in both orders.
    #[must_use]
    pub fn outcome(&self, mode: Mode, first: usize, second: usize) -> Option<Outcome> {
        if mode == Mode::Scores {
            let (a, b) = (self.score(first)?, self.score(second)?);
            return Some(match a.total_cmp(&b) {
                std::cmp::Ordering::Greater => Outcome::First,
                std::cmp::Ordering::Less => Outcome::Second,
                std::cmp::Ordering::Equal => Outcome::Tie,
            });
        }
        let [one, other] = self.both_orders(first, second)?;
        Some(if one == other { one } else { Outcome::Tie })
    }

    /// What the judge said of two answers in each order, seen from `first`.
    #[must_use]
    pub fn both_orders(&self, first: usize, second: usize) -> Option<[Outcome; 2]> {
        let said = |order: [usize; 2]| self.verdicts.iter().find(|verdict| verdict.order == order)?.outcome;
        Some([said([first, second])?, said([second, first])?.flipped()])
    }

    /// All pairs of answers, by their places.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let count = self.answers.len();
        (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
    }
}

/// A file of what was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeFile {
    /// [`FORMAT`].
    pub format: String,
    /// The judge's model.
    pub judge: String,
    pub mode: Mode,
    /// The names of the models, in the order of the tables.
    pub models: Vec<String>,
    pub items: Vec<Item>,
}

/// Why a file is none that `mixtral judge` wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// It is not JSON of this form: what the parser says.
    #[error("{0}")]
    Json(String),
    /// Its format is another one: what it says.
    #[error("the format is {0:?}, not {FORMAT:?}")]
    Format(String),
    /// A verdict does not fit the answers that it is about: the item's id.
    #[error("item {0:?}: a verdict does not fit its answers")]
    Verdict(String),
}

impl JudgeFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It is none that `mixtral judge` wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadFile> {
        let file: Self = serde_json::from_slice(bytes).map_err(|error| BadFile::Json(error.to_string()))?;
        if file.format != FORMAT {
            return Err(BadFile::Format(file.format));
        }
        let is_sound =
            |item: &Item| item.verdicts.iter().all(|verdict| verdict.is_sound(file.mode, item.answers.len()));
        match file.items.iter().find(|item| !is_sound(item)) {
            Some(item) => Err(BadFile::Verdict(item.id.clone())),
            None => Ok(file),
        }
    }
}
