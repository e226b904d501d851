//! Replies as judges write them, files of prompts, and figures computed by hand.

mod figures;
mod questions;
mod replies;

use super::*;

pub fn answer(model: &str, text: &str) -> Answer {
    Answer { model: model.to_owned(), turns: vec![text.to_owned()] }
}

pub fn item(id: &str, answers: Vec<Answer>, verdicts: Vec<Verdict>) -> Item {
    Item { id: id.to_owned(), turns: vec!["?".to_owned()], answers, verdicts, people: None, failed: None }
}

pub fn scored(order: &[usize], scores: &[f64]) -> Verdict {
    let score = |score: &f64| Score { score: *score, reason: "r".to_owned() };
    Verdict { order: order.to_vec(), scores: scores.iter().map(score).collect(), outcome: None, reason: String::new() }
}

pub fn compared(order: [usize; 2], outcome: Outcome) -> Verdict {
    Verdict { order: order.to_vec(), scores: Vec::new(), outcome: Some(outcome), reason: "r".to_owned() }
}

pub fn file(mode: Mode, models: &[&str], items: Vec<Item>) -> JudgeFile {
    let models = models.iter().map(|&model| model.to_owned()).collect();
    JudgeFile { format: FORMAT.to_owned(), judge: "j".to_owned(), mode, models, items }
}
