//! The tasks: what they are called, in which language and group they are, what they ask and how they are scored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const PROMPTS: &str = include_str!("prompts.json");
const LENGTHS: &str = include_str!("lengths.json");

/// What `--tasks` chooses by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    English,
    Chinese,
    Code,
}

/// The groups of the published table, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    SingleDocument,
    MultiDocument,
    Summarisation,
    FewShot,
    Code,
    Synthetic,
}

/// How an answer is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    F1,
    F1Chinese,
    Rouge,
    RougeChinese,
    Class,
    Retrieval,
    RetrievalChinese,
    Count,
    CodeSimilarity,
}

/// A task of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Its name in files.
    pub name: &'static str,
    pub language: Language,
    pub group: Group,
    pub(super) metric: Metric,
    /// Whether LongBench-E has it.
    pub in_e: bool,
}

const fn task(name: &'static str, language: Language, group: Group, metric: Metric, in_e: bool) -> Task {
    Task { name, language, group, metric, in_e }
}

const TASKS: [Task; 21] = {
    use Group::{Code as CodeGroup, FewShot, MultiDocument, SingleDocument, Summarisation, Synthetic};
    use Language::{Chinese, Code, English};
    use Metric::*;
    [
        task("narrativeqa", English, SingleDocument, F1, false),
        task("qasper", English, SingleDocument, F1, true),
        task("multifieldqa_en", English, SingleDocument, F1, true),
        task("multifieldqa_zh", Chinese, SingleDocument, F1Chinese, false),
        task("hotpotqa", English, MultiDocument, F1, true),
        task("2wikimqa", English, MultiDocument, F1, true),
        task("musique", English, MultiDocument, F1, false),
        task("dureader", Chinese, MultiDocument, RougeChinese, false),
        task("gov_report", English, Summarisation, Rouge, true),
        task("qmsum", English, Summarisation, Rouge, false),
        task("multi_news", English, Summarisation, Rouge, true),
        task("vcsum", Chinese, Summarisation, RougeChinese, false),
        task("trec", English, FewShot, Class, true),
        task("triviaqa", English, FewShot, F1, true),
        task("samsum", English, FewShot, Rouge, true),
        task("lsht", Chinese, FewShot, Class, false),
        task("passage_count", English, Synthetic, Count, true),
        task("passage_retrieval_en", English, Synthetic, Retrieval, true),
        task("passage_retrieval_zh", Chinese, Synthetic, RetrievalChinese, false),
        task("lcc", Code, CodeGroup, CodeSimilarity, true),
        task("repobench-p", Code, CodeGroup, CodeSimilarity, true),
    ]
};

impl Task {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        TASKS.into_iter()
    }

    /// The one of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        TASKS.into_iter().find(|task| task.name == name)
    }

    /// Whether only the first line of an answer is scored: models go on with a further example.
    pub(super) fn takes_first_line(self) -> bool {
        matches!(self.name, "trec" | "triviaqa" | "samsum" | "lsht")
    }

    /// Whether a line break ends an answer.
    #[must_use]
    pub fn ends_at_line(self) -> bool {
        self.name == "samsum"
    }

    /// The most tokens of an answer.
    #[must_use]
    pub fn max_tokens(self) -> usize {
        // The benchmark's own file, which a test reads.
        let lengths: BTreeMap<String, usize> = serde_json::from_str(LENGTHS).unwrap_or_default();
        lengths.get(self.name).copied().unwrap_or(64)
    }

    /// What is asked of a sample.
    #[must_use]
    pub fn prompt(self, context: &str, input: &str) -> String {
        let prompts: BTreeMap<String, String> = serde_json::from_str(PROMPTS).unwrap_or_default();
        let form = prompts.get(self.name).map_or("{context}\n{input}", String::as_str);
        // In one pass: a context may hold braces of its own.
        let mut out = String::with_capacity(form.len() + context.len() + input.len());
        let mut rest = form;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{context}") {
                out.push_str(context);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{input}") {
                out.push_str(input);
                rest = after;
            } else {
                out.push('{');
                rest = &rest[1..];
            }
        }
        out.push_str(rest);
        out
    }
}
