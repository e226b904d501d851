//! The three benchmarks, and what their subjects are called.

use super::names::{self, Row};

/// A benchmark of questions with four choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benchmark {
    /// 52 subjects of Chinese examinations.
    Ceval,
    /// 67 subjects, 15 of them about China.
    Cmmlu,
    /// 57 subjects in English.
    Mmlu,
}

impl Benchmark {
    /// Its name in commands and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ceval => "ceval",
            Self::Cmmlu => "cmmlu",
            Self::Mmlu => "mmlu",
        }
    }

    /// Whether its questions are in Chinese.
    #[must_use]
    pub fn is_chinese(self) -> bool {
        self != Self::Mmlu
    }

    fn rows(self) -> &'static [Row] {
        match self {
            Self::Ceval => names::CEVAL,
            Self::Cmmlu => names::CMMLU,
            Self::Mmlu => names::MMLU,
        }
    }

    fn row(self, key: &str) -> Option<&'static Row> {
        self.rows().iter().find(|(known, ..)| *known == key)
    }

    /// A subject's name in the benchmark's own language; its key where the benchmark has no such subject.
    #[must_use]
    pub fn subject_name(self, key: &str) -> String {
        self.row(key).map_or_else(|| key.replace('_', " "), |(_, name, _)| (*name).to_owned())
    }

    /// The groups that a subject counts for.
    #[must_use]
    pub fn groups(self, key: &str) -> &'static [&'static str] {
        self.row(key).map_or(&[], |(.., groups)| groups)
    }

    /// The keys of its subjects.
    pub fn subjects(self) -> impl Iterator<Item = &'static str> {
        self.rows().iter().map(|(key, ..)| *key)
    }
}
