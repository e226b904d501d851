//! Prompts out of files: one a line, JSON lines, or the battles that an arena exports, whose answers are there already.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{Answer, Outcome};

/// A prompt out of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its own id, or its number in the file, from 1.
    pub id: String,
    /// What the person says, turn by turn.
    pub turns: Vec<String>,
    /// The answers that the file brings: none, or those of a battle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// What people said of a battle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Outcome>,
}

/// What is wrong with a file of prompts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuestion {
    /// Not JSON: its line, and what the parser says.
    #[error("line {line}: {what}")]
    Json { line: usize, what: String },
    /// JSON that holds no prompt.
    #[error("line {line}: no prompt, turns, messages or conversation")]
    NoPrompt { line: usize },
    /// A battle whose answers do not fit its prompts.
    #[error("line {line}: the conversations of a battle must be the same messages with an answer to each")]
    Conversations { line: usize },
}

/// Reads a file of prompts, `is_json` by its name: an array of JSON, or JSON lines; otherwise a prompt a line.
///
/// A line of JSON is a string; or an object with `prompt` (`question`, `text`; or `instruction` and `input`), with `turns` as in
/// MT-bench, with `messages`, or with `model_a`, `model_b`, `conversation_a` and `conversation_b` as in FastChat's battles, of
/// which `winner` is what people said.
///
/// # Errors
/// What is wrong, by line (in an array, by element).
pub fn questions(text: &str, is_json: bool) -> Result<Vec<Question>, BadQuestion> {
    let text = text.trim_start_matches('\u{feff}');
    if !is_json {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let one = |(at, line): (usize, &str)| Question {
            id: (at + 1).to_string(),
            turns: vec![line.to_owned()],
            answers: Vec::new(),
            people: None,
        };
        return Ok(lines.enumerate().map(one).collect());
    }
    let mut values = Vec::new();
    if text.trim_start().starts_with('[') {
        let all: Vec<Value> = serde_json::from_str(text)
            .map_err(|error| BadQuestion::Json { line: error.line(), what: error.to_string() })?;
        values.extend(all.into_iter().enumerate().map(|(at, value)| (at + 1, value)));
    } else {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let value = serde_json::from_str(line)
                .map_err(|error| BadQuestion::Json { line: at + 1, what: error.to_string() })?;
            values.push((at + 1, value));
        }
    }
    let one = |(at, (line, value)): (usize, &(usize, Value))| question(value, at + 1, *line);
    values.iter().enumerate().map(one).collect()
}

fn question(value: &Value, number: usize, line: usize) -> Result<Question, BadQuestion> {
    let id = ["question_id", "id"].iter().find_map(|key| match value.get(key)? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    let id = id.unwrap_or_else(|| number.to_string());
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    if let (Some(a), Some(b)) = (text("model_a"), text("model_b")) {
        let [first, second] = ["conversation_a", "conversation_b"].map(|key| said(value.get(key)));
        let (asked, answers_a) = first.ok_or(BadQuestion::Conversations { line })?;
        let (asked_b, answers_b) = second.ok_or(BadQuestion::Conversations { line })?;
        if asked.is_empty() || asked != asked_b || [&answers_a, &answers_b].iter().any(|all| all.len() != asked.len()) {
            return Err(BadQuestion::Conversations { line });
        }
        let answers = [(a, answers_a), (b, answers_b)];
        let answers = answers.map(|(model, turns)| Answer { model: model.to_owned(), turns });
        let people = match text("winner") {
            Some("model_a") => Some(Outcome::First),
            Some("model_b") => Some(Outcome::Second),
            Some("tie" | "tie (bothbad)" | "both_bad") => Some(Outcome::Tie),
            _ => None,
        };
        return Ok(Question { id, turns: asked, answers: answers.into(), people });
    }
    let turns = match value {
        Value::String(prompt) if !prompt.trim().is_empty() => vec![prompt.clone()],
        _ => {
            let instruction = || match (text("instruction")?, text("input")) {
                (instruction, Some(input)) => Some(format!("{instruction}\n{input}")),
                (instruction, None) => Some(instruction.to_owned()),
            };
            let single = ["prompt", "question", "text"].iter().find_map(|key| text(key)).map(str::to_owned);
            let turns = value
                .get("turns")
                .and_then(Value::as_array)
                .map(|turns| turns.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
            let messages = || said(value.get("messages")).map(|(asked, _)| asked);
            turns.or_else(|| single.or_else(instruction).map(|one| vec![one])).or_else(messages).unwrap_or_default()
        }
    };
    if turns.is_empty() || turns.iter().any(|turn| turn.trim().is_empty()) {
        return Err(BadQuestion::NoPrompt { line });
    }
    Ok(Question { id, turns, answers: Vec::new(), people: None })
}

/// What the person and what the model said in a list of messages.
fn said(messages: Option<&Value>) -> Option<(Vec<String>, Vec<String>)> {
    let of = |wanted: &[&str]| {
        let messages = messages?.as_array()?.iter();
        let messages = messages.filter(|one| one["role"].as_str().is_some_and(|role| wanted.contains(&role)));
        messages.map(|one| one["content"].as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    };
    Some((of(&["user", "human"])?, of(&["assistant", "gpt"])?))
}
