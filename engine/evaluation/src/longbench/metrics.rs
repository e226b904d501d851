//! The nine metrics, each 0 to 1, as LongBench's `metrics.py` has them.

use std::collections::HashMap;
use std::hash::Hash;

use jieba_rs::Jieba;

use super::read::Sample;
use super::rouge::rouge_l;
use super::similar::ratio;
use super::task::{Metric, Task};
use super::words::{chinese, normalised, normalised_chinese};

/// Scores answers; holds the dictionary of Chinese words.
#[derive(Debug)]
pub struct Scorer {
    jieba: Jieba,
}

impl Default for Scorer {
    fn default() -> Self {
        Self { jieba: Jieba::new() }
    }
}

impl Scorer {
    /// The score of an answer: the best over the references, in percent.
    #[must_use]
    pub fn score(&self, task: Task, sample: &Sample, answer: &str) -> f64 {
        let first_line = answer.trim_start_matches('\n').split('\n').next().unwrap_or_default();
        let answer = if task.takes_first_line() { first_line } else { answer };
        let scores =
            sample.answers.iter().map(|reference| self.one(task.metric, answer, reference, &sample.all_classes));
        100.0 * scores.fold(0.0, f64::max)
    }

    fn one(&self, metric: Metric, answer: &str, reference: &str, classes: &[String]) -> f64 {
        match metric {
            Metric::F1 => f1(&normalised(answer), &normalised(reference)),
            Metric::F1Chinese => f1(&self.pieces(answer), &self.pieces(reference)),
            Metric::Rouge => rouge_l(answer, reference),
            Metric::RougeChinese => {
                let spaced = |text: &str| chinese(&self.jieba, text).join(" ");
                rouge_l(&spaced(answer), &spaced(reference))
            }
            Metric::Class => class(answer, reference, classes),
            Metric::Retrieval => named(answer, number_after(reference, "Paragraph ")),
            Metric::RetrievalChinese => named(answer, number_after(reference, "段落")),
            Metric::Count => named(answer, Some(reference)),
            Metric::CodeSimilarity => {
                let is_code = |line: &&str| !line.contains('`') && !line.contains('#') && !line.contains("//");
                let line = answer.trim_start_matches('\n').split('\n').find(is_code).unwrap_or_default();
                f64::from(ratio(line, reference)) / 100.0
            }
        }
    }

    fn pieces(&self, text: &str) -> Vec<String> {
        let words = chinese(&self.jieba, text).into_iter().map(normalised_chinese);
        words.filter(|word| !word.is_empty()).collect()
    }
}

/// The harmonic mean of precision and recall over words, each as often as it occurs.
fn f1<W: Eq + Hash>(answer: &[W], reference: &[W]) -> f64 {
    let mut counts: HashMap<&W, usize> = HashMap::new();
    reference.iter().for_each(|word| *counts.entry(word).or_default() += 1);
    let mut same = 0usize;
    for word in answer {
        if let Some(left) = counts.get_mut(word).filter(|left| **left > 0) {
            *left -= 1;
            same += 1;
        }
    }
    if same == 0 {
        return 0.0;
    }
    let (precision, recall) = (same as f64 / answer.len() as f64, same as f64 / reference.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

/// 1 where the answer names the right class alone; shared where it names several.
fn class(answer: &str, reference: &str, classes: &[String]) -> f64 {
    let mut named: Vec<&String> = classes.iter().filter(|class| answer.contains(class.as_str())).collect();
    // A class that is part of the right one's name is not counted against it. The original removes while it walks, so that the
    // one after each removed is passed over; its numbers have that.
    let mut at = 0;
    while at < named.len() {
        let class = named[at];
        if reference.contains(class.as_str()) && class != reference {
            let first = named.iter().position(|one| *one == class).unwrap_or(at);
            named.remove(first);
        }
        at += 1;
    }
    if named.iter().any(|class| *class == reference) { 1.0 / named.len() as f64 } else { 0.0 }
}

/// The share of the numbers in an answer that are the right one.
fn named(answer: &str, right: Option<&str>) -> f64 {
    let numbers: Vec<&str> = answer.split(|c: char| !is_digit(c)).filter(|number| !number.is_empty()).collect();
    let hits = numbers.iter().filter(|number| Some(**number) == right).count();
    if numbers.is_empty() { 0.0 } else { hits as f64 / numbers.len() as f64 }
}

/// The first number that stands right after a word.
fn number_after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.match_indices(word).find_map(|(at, _)| {
        let rest = &text[at + word.len()..];
        let end = rest.find(|c: char| !is_digit(c)).unwrap_or(rest.len());
        (end > 0).then(|| &rest[..end])
    })
}

/// What Python's `\d` matches among the digits that Chinese and English texts have.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}
