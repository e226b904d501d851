//! The three benchmarks, and what their subjects are called.

use std::collections::BTreeMap;
use std::sync::LazyLock;

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

/// A subject's key → its name in the benchmark's language, then its groups.
type Names = BTreeMap<String, Vec<String>>;

static NAMES: LazyLock<[Names; 3]> = LazyLock::new(|| {
    let files =
        [include_str!("../data/ceval.json"), include_str!("../data/cmmlu.json"), include_str!("../data/mmlu.json")];
    // A test reads them.
    files.map(|file| serde_json::from_str(file).unwrap_or_default())
});

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

    fn names(self) -> &'static Names {
        &NAMES[self as usize]
    }

    /// A subject's name in the benchmark's own language; its key where the benchmark has no such subject.
    #[must_use]
    pub fn subject_name(self, key: &str) -> String {
        let known = self.names().get(key).and_then(|names| names.first());
        known.cloned().unwrap_or_else(|| key.replace('_', " "))
    }

    /// The groups that a subject counts for.
    #[must_use]
    pub fn groups(self, key: &str) -> &'static [String] {
        self.names().get(key).map_or(&[], |names| names.get(1..).unwrap_or_default())
    }

    /// The keys of its subjects.
    pub fn subjects(self) -> impl Iterator<Item = &'static str> {
        self.names().keys().map(String::as_str)
    }
}
