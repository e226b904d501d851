//! What is judged, and how: the first line of a folder's file. Verdicts of another setup are not mixed with these.

use mixtral_judge::{Mode, Question, Wording, orders};
use serde::{Deserialize, Serialize};

/// What is judged, and how. Where models are is no part of it: an endpoint may move while a folder is being filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub judge: String,
    pub mode: Mode,
    pub wording: Wording,
    /// The models' names; those of battles as their file has them.
    pub models: Vec<String>,
    pub max_tokens: usize,
    pub judge_max_tokens: usize,
    pub temperature: f32,
    pub seed: u64,
    pub questions: Vec<Question>,
}

/// One request to the judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub question: usize,
    /// The answers in the order in which the judge reads them, by their places.
    pub order: Vec<usize>,
}

impl Setup {
    /// How many answers a question has in the end.
    pub fn answers_of(&self, question: usize) -> usize {
        match self.questions[question].answers.len() {
            0 => self.models.len(),
            given => given,
        }
    }

    /// What the judge is asked of one question.
    pub fn tasks_of(&self, question: usize) -> Vec<Task> {
        let orders = orders(self.mode, self.answers_of(question), question);
        orders.into_iter().map(|order| Task { question, order }).collect()
    }

    /// All that the judge is asked.
    pub fn tasks(&self) -> Vec<Task> {
        (0..self.questions.len()).flat_map(|question| self.tasks_of(question)).collect()
    }
}
