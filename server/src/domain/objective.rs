//! Objective scores out of the files that `mixtral evaluate` writes.

use serde::Deserialize;
use serde_json::Value;

/// A score of a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveScore {
    /// `ceval`, `cmmlu`, `mmlu`, `longbench` or `longbench-e`.
    pub benchmark: String,
    /// How it was asked: files of the same benchmark and way replace each other.
    pub variant: String,
    /// In percent.
    pub score: f64,
    pub standard_error: Option<f64>,
    pub questions: i64,
    /// Groups and subjects or tasks, as the file has them.
    pub detail: Value,
}

/// Why a file holds no score.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadScore {
    /// Not JSON: what the parser says.
    #[error("{0}")]
    Json(String),
    /// JSON of another kind.
    #[error("not the results of a benchmark")]
    Other,
    /// No question has a known answer, as in C-Eval's test.
    #[error("no question with a known answer")]
    NoQuestions,
}

#[derive(Deserialize)]
struct Choices {
    setup: ChoicesSetup,
    overall: Overall,
    #[serde(default)]
    groups: Value,
    #[serde(default)]
    subjects: Value,
}

#[derive(Deserialize)]
struct ChoicesSetup {
    benchmark: String,
    split: String,
    shots: u32,
    instruct: bool,
    mode: String,
    limit: Option<u64>,
}

#[derive(Deserialize)]
struct Overall {
    questions: i64,
    accuracy: f64,
    standard_error: f64,
}

#[derive(Deserialize)]
struct LongBench {
    benchmark: String,
    setup: LongBenchSetup,
    average: f64,
    groups: Value,
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct LongBenchSetup {
    by_length: bool,
    max_length: u64,
    instruct: bool,
    limit: Option<u64>,
}

#[derive(Deserialize, serde::Serialize)]
struct Task {
    task: String,
    score: f64,
    samples: i64,
}

impl ObjectiveScore {
    /// Reads a file.
    ///
    /// # Errors
    /// It holds no score.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadScore> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| BadScore::Json(error.to_string()))?;
        let found = match serde_json::from_value::<Choices>(value.clone()) {
            Ok(choices) => choices.score(),
            Err(_) => serde_json::from_value::<LongBench>(value).map_err(|_| BadScore::Other)?.score(),
        };
        let is_known = ["ceval", "cmmlu", "mmlu", "longbench", "longbench-e"].contains(&found.benchmark.as_str());
        if !is_known || !(0.0..=100.0).contains(&found.score) {
            return Err(BadScore::Other);
        }
        if found.questions < 1 { Err(BadScore::NoQuestions) } else { Ok(found) }
    }
}

impl Choices {
    fn score(self) -> ObjectiveScore {
        let ChoicesSetup { benchmark, split, shots, instruct, mode, limit } = self.setup;
        let mut variant = format!("{split}, {shots}-shot");
        // What most people mean by a score needs no word.
        let words = [(instruct, "instruct"), (mode == "generate", "generate"), (mode == "think", "chain of thought")];
        words.iter().filter(|(is, _)| *is).for_each(|(_, word)| variant.push_str(&format!(", {word}")));
        limited(&mut variant, limit);
        ObjectiveScore {
            benchmark,
            variant: variant.chars().take(120).collect(),
            score: self.overall.accuracy,
            standard_error: Some(self.overall.standard_error).filter(|error| error.is_finite() && *error >= 0.0),
            questions: self.overall.questions,
            detail: serde_json::json!({ "groups": self.groups, "subjects": self.subjects }),
        }
    }
}

impl LongBench {
    fn score(self) -> ObjectiveScore {
        let LongBenchSetup { by_length, max_length, instruct, limit } = self.setup;
        let mut variant = format!("{} tasks, {max_length} tokens", self.tasks.len());
        if instruct {
            variant.push_str(", instruct");
        }
        limited(&mut variant, limit);
        ObjectiveScore {
            benchmark: if by_length { format!("{}-e", self.benchmark) } else { self.benchmark },
            variant,
            score: self.average,
            standard_error: None,
            questions: self.tasks.iter().map(|task| task.samples).sum(),
            detail: serde_json::json!({ "groups": self.groups, "tasks": self.tasks }),
        }
    }
}

/// A part of the questions is another measurement than all of them.
fn limited(variant: &mut String, limit: Option<u64>) {
    if let Some(limit) = limit {
        variant.push_str(&format!(", first {limit}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn choices() -> Value {
        json!({
            "setup": {"benchmark": "ceval", "model": "/m", "split": "val", "shots": 5, "instruct": true, "mode": "logits", "seed": 1, "limit": null},
            "overall": {"right": 30, "questions": 60, "accuracy": 50.0, "standard_error": 6.5},
            "groups": {"STEM": {"accuracy": 40.0}}, "subjects": {}, "unreadable": 0,
        })
    }

    #[test]
    fn the_files_of_mixtral_evaluate_are_read() {
        let read = |value: &Value| ObjectiveScore::parse(value.to_string().as_bytes());
        let found = read(&choices()).unwrap();
        assert_eq!((found.benchmark.as_str(), found.variant.as_str()), ("ceval", "val, 5-shot, instruct"));
        assert_eq!((found.score, found.standard_error, found.questions), (50.0, Some(6.5), 60));
        let long = json!({
            "benchmark": "longbench", "average": 41.5, "groups": [{"group": "code", "score": 41.5, "tasks": 1}],
            "setup": {"model": "/m", "by_length": true, "max_length": 3584, "instruct": false, "greedy": true, "limit": 10, "seed": 42},
            "tasks": [{"task": "lcc", "score": 41.5, "standard_error": 2.0, "samples": 10, "bands": {}}],
        });
        let found = read(&long).unwrap();
        assert_eq!(
            (found.benchmark.as_str(), found.variant.as_str()),
            ("longbench-e", "1 tasks, 3584 tokens, first 10")
        );
        assert_eq!((found.score, found.questions), (41.5, 10));
    }

    #[test]
    fn what_is_no_score_is_told_apart() {
        let refused = |value: Value| ObjectiveScore::parse(value.to_string().as_bytes()).unwrap_err();
        assert!(matches!(ObjectiveScore::parse(b"{"), Err(BadScore::Json(_))));
        assert_eq!(refused(json!({"perplexity": 7.0})), BadScore::Other);
        let mut other = choices();
        other["setup"]["benchmark"] = json!("poetry");
        assert_eq!(refused(other), BadScore::Other);
        let mut high = choices();
        high["overall"]["accuracy"] = json!(101.0);
        assert_eq!(refused(high), BadScore::Other);
        let mut unknown = choices();
        unknown["overall"]["questions"] = json!(0);
        assert_eq!(refused(unknown), BadScore::NoQuestions);
    }
}
