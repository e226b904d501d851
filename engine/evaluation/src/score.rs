//! What was right: by subject, by group, over all, and how two models differ on the same questions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::benchmark::Benchmark;
use super::question::Letter;

/// A question that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    pub subject: String,
    /// Its row in the subject's file, from 0.
    pub row: usize,
    /// What the model chose; nothing where its answer named no choice.
    pub chosen: Option<Letter>,
    /// The right answer, where it is known.
    pub answer: Option<Letter>,
}

impl Judged {
    /// Whether it was right, where that is known.
    #[must_use]
    pub fn is_right(&self) -> Option<bool> {
        self.answer.map(|answer| self.chosen == Some(answer))
    }
}

/// How many of how many were right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub right: usize,
    pub all: usize,
}

impl Share {
    fn add(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.all += 1;
    }

    /// In percent.
    #[must_use]
    pub fn percent(self) -> f64 {
        100.0 * self.right as f64 / self.all.max(1) as f64
    }

    /// The standard error of the percentage, as if the questions were drawn from many: sqrt(p (1 - p) / n).
    #[must_use]
    pub fn standard_error(self) -> f64 {
        let share = self.percent() / 100.0;
        100.0 * (share * (1.0 - share) / self.all.max(1) as f64).sqrt()
    }
}

/// A subject's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    pub key: String,
    pub name: String,
    #[serde(flatten)]
    pub share: Share,
}

/// A group's share: its questions count alike, whatever subject they are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    pub name: String,
    #[serde(flatten)]
    pub share: Share,
}

/// All of a benchmark that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub subjects: Vec<Subject>,
    pub groups: Vec<Group>,
    /// Over all questions.
    pub overall: Share,
    /// Answers that named no choice.
    pub unreadable: usize,
}

impl Report {
    /// Counts. Questions whose answer is not known count nowhere.
    #[must_use]
    pub fn new(benchmark: Benchmark, judged: &[Judged]) -> Self {
        let (mut subjects, mut groups) = (BTreeMap::<&str, Share>::new(), BTreeMap::<&str, Share>::new());
        let mut overall = Share::default();
        for one in judged {
            let Some(is_right) = one.is_right() else { continue };
            subjects.entry(&one.subject).or_default().add(is_right);
            for group in benchmark.groups(&one.subject).iter().copied() {
                groups.entry(group).or_default().add(is_right);
            }
            overall.add(is_right);
        }
        let subject =
            |(key, share): (&str, Share)| Subject { key: key.to_owned(), name: benchmark.subject_name(key), share };
        Self {
            subjects: subjects.into_iter().map(subject).collect(),
            groups: groups.into_iter().map(|(name, share)| Group { name: name.to_owned(), share }).collect(),
            overall,
            unreadable: judged.iter().filter(|one| one.chosen.is_none()).count(),
        }
    }
}

/// How much better one model is than another on the questions that both were asked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Questions that both were asked, with a known answer.
    pub questions: usize,
    /// Right by the first alone, and by the second alone.
    pub only_first: usize,
    pub only_second: usize,
    /// The first's percentage less the second's.
    pub percent: f64,
    /// Its standard error: questions are pairs, so what both know or miss adds nothing to it.
    pub standard_error: f64,
}

impl Difference {
    /// Compares question by question; nothing where they share none.
    #[must_use]
    pub fn new(first: &[Judged], second: &[Judged]) -> Option<Self> {
        let key = |one: &Judged| (one.subject.clone(), one.row);
        let second: BTreeMap<_, _> = second.iter().filter_map(|one| Some((key(one), one.is_right()?))).collect();
        let both = first.iter().filter_map(|one| Some((one.is_right()?, *second.get(&key(one))?)));
        let (mut questions, mut only_first, mut only_second) = (0usize, 0usize, 0usize);
        for (a, b) in both {
            questions += 1;
            only_first += usize::from(a && !b);
            only_second += usize::from(b && !a);
        }
        let n = (questions > 0).then_some(questions as f64)?;
        let mean = (only_first as f64 - only_second as f64) / n;
        let variance = (only_first + only_second) as f64 / n - mean * mean;
        Some(Self {
            questions,
            only_first,
            only_second,
            percent: 100.0 * mean,
            standard_error: 100.0 * (variance / n).sqrt(),
        })
    }

    /// The ends of the 95% interval of the difference, in percentage points.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        let reach = 1.96 * self.standard_error;
        (self.percent - reach, self.percent + reach)
    }
}
