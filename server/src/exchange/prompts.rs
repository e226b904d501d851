//! Files of prompts: text, CSV, JSON and JSON lines, as benchmarks and training data have them.
//!
//! | form | prompt | themes |
//! |---|---|---|
//! | text | a line | – |
//! | CSV with a head | `prompt`, `text`, `question` or `instruction` | `tags` or `category`, several with `;` |
//! | JSON, an array of texts or objects; JSON lines | the same, or the first of `turns` (MT-bench, Arena-Hard), or the first user's of `messages` | the same, texts or arrays |

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::{MAX_PROMPT_CHARS, Prompt, PromptError, TaggedPrompt};

/// The most themes of a prompt.
const MAX_TAGS: usize = 8;
/// The longest theme in characters.
pub const MAX_TAG_CHARS: usize = 40;

/// Where a prompt may stand, the first that there is.
const PROMPT_KEYS: [&str; 4] = ["prompt", "text", "question", "instruction"];
/// Where themes may stand.
const TAG_KEYS: [&str; 2] = ["tags", "category"];

/// Why a file of prompts was not read. `place` is a line, in a JSON array the number of the element; both from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPrompts {
    #[error("line {place} is not UTF-8")]
    Encoding { place: usize },
    #[error("{place}: {why}")]
    Json { place: usize, why: String },
    #[error("{place}: there is no prompt")]
    NoPrompt { place: usize },
    #[error("{place}: the prompt has {chars} characters, more than {MAX_PROMPT_CHARS}")]
    TooLong { place: usize, chars: usize },
    #[error("the head of the CSV file names no column of prompts")]
    NoColumn,
    #[error("the file holds no prompt")]
    Empty,
}

impl BadPrompts {
    /// The code of the text that tells it, and what is named in it.
    #[must_use]
    pub fn told(&self) -> (&'static str, String) {
        match self {
            Self::Encoding { place } => ("prompts-encoding", place.to_string()),
            Self::Json { place, why } => ("prompts-json", format!("{place}: {why}")),
            Self::NoPrompt { place } => ("prompts-none-at", place.to_string()),
            Self::TooLong { place, chars } => ("prompts-too-long", format!("{place} ({chars})")),
            Self::NoColumn => ("prompts-no-column", String::new()),
            Self::Empty => ("prompts-empty", String::new()),
        }
    }
}

/// The prompts of a file, each once, in its order. What the file is made of is told by what it holds; CSV and
/// plain text by its name's ending.
///
/// # Errors
/// The first fault, with its place.
pub fn read_prompts(name: &str, bytes: &[u8]) -> Result<Vec<TaggedPrompt>, BadPrompts> {
    let text = std::str::from_utf8(bytes).map_err(|bad| {
        let before = &bytes[..bad.valid_up_to()];
        BadPrompts::Encoding { place: before.split(|byte| *byte == b'\n').count() }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ending = |ending: &str| name.to_ascii_lowercase().ends_with(ending);
    // A text may begin with any sign.
    let begin = if ending(".txt") { "" } else { text.trim_start() };
    let found = if begin.starts_with('[') {
        array(text)?
    } else if begin.starts_with('{') {
        lines(text)?
    } else if ending(".csv") {
        table(text)?
    } else {
        let plain = |(at, line): (usize, &str)| Ok(Some((at + 1, prompt(at + 1, line, Vec::new())?)));
        let written = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        written.filter_map(|line| plain(line).transpose()).collect::<Result<Vec<_>, _>>()?
    };
    let mut seen = BTreeSet::new();
    let once: Vec<_> = found.into_iter().map(|(_, one)| one).filter(|one| seen.insert(one.prompt.clone())).collect();
    if once.is_empty() { Err(BadPrompts::Empty) } else { Ok(once) }
}

type Placed = (usize, TaggedPrompt);

fn array(text: &str) -> Result<Vec<Placed>, BadPrompts> {
    let values: Vec<Value> =
        serde_json::from_str(text).map_err(|bad| BadPrompts::Json { place: bad.line(), why: bad.to_string() })?;
    values.iter().enumerate().map(|(at, value)| Ok((at + 1, of_value(at + 1, value)?))).collect()
}

fn lines(text: &str) -> Result<Vec<Placed>, BadPrompts> {
    let written = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    written
        .map(|(at, line)| {
            let place = at + 1;
            let value: Value =
                serde_json::from_str(line).map_err(|bad| BadPrompts::Json { place, why: bad.to_string() })?;
            Ok((place, of_value(place, &value)?))
        })
        .collect()
}

fn table(text: &str) -> Result<Vec<Placed>, BadPrompts> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let bad = |bad: csv::Error| BadPrompts::Json {
        place: bad.position().map_or(1, |at| usize::try_from(at.line()).unwrap_or(usize::MAX)),
        why: bad.to_string(),
    };
    let head = reader.headers().map_err(bad)?.clone();
    let column =
        |keys: &[&str]| keys.iter().find_map(|key| head.iter().position(|name| name.trim().eq_ignore_ascii_case(key)));
    let own = column(&PROMPT_KEYS).ok_or(BadPrompts::NoColumn)?;
    let tags = column(&TAG_KEYS);
    let mut found = Vec::new();
    for row in reader.records() {
        let row = row.map_err(bad)?;
        let place = row.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(usize::MAX));
        let themes = tags.and_then(|at| row.get(at)).unwrap_or_default();
        let written = row.get(own).unwrap_or_default();
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        found.push((place, prompt(place, written, tags_of_text(themes))?));
    }
    Ok(found)
}

fn of_value(place: usize, value: &Value) -> Result<TaggedPrompt, BadPrompts> {
    if let Value::String(text) = value {
        return prompt(place, text, Vec::new());
    }
    let text = PROMPT_KEYS.iter().find_map(|key| value[*key].as_str().filter(|text| !text.trim().is_empty()));
    let text = match (text, value["input"].as_str().map(str::trim).filter(|input| !input.is_empty())) {
        // Alpaca's form: what is to be done, and on what.
        (Some(text), Some(input)) if value["instruction"].is_string() => format!("{text}\n{input}"),
        (Some(text), _) => text.to_owned(),
        (None, _) => of_turns(value).ok_or(BadPrompts::NoPrompt { place })?,
    };
    let tags = TAG_KEYS.iter().find_map(|key| match &value[*key] {
        Value::String(text) => Some(tags_of_text(text)),
        Value::Array(all) => Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    });
    prompt(place, &text, tags.unwrap_or_default())
}

/// The first message of a conversation.
fn of_turns(value: &Value) -> Option<String> {
    let text = |turn: &Value| turn.as_str().or_else(|| turn["content"].as_str()).map(str::to_owned);
    if let Some(turns) = value["turns"].as_array() {
        return text(turns.first()?);
    }
    let messages = value["messages"].as_array().or_else(|| value["prompt"].as_array())?;
    text(messages.iter().find(|message| message["role"] == "user")?)
}

fn tags_of_text(text: &str) -> Vec<String> {
    text.split([';', '；']).map(str::to_owned).collect()
}

fn prompt(place: usize, text: &str, tags: Vec<String>) -> Result<TaggedPrompt, BadPrompts> {
    let prompt = Prompt::parse(text).map_err(|bad| match bad {
        PromptError::Empty => BadPrompts::NoPrompt { place },
        PromptError::TooLong { chars } => BadPrompts::TooLong { place, chars },
    })?;
    Ok(TaggedPrompt { prompt: prompt.into_string(), tags: clean_tags(tags) })
}

/// Themes as they are kept: trimmed, each once, none too long, not too many.
fn clean_tags(tags: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags {
        let tag: String = tag.replace('\0', "").trim().chars().take(MAX_TAG_CHARS).collect();
        if !tag.is_empty() && !kept.contains(&tag) && kept.len() < MAX_TAGS {
            kept.push(tag);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<(String, Vec<String>)>, BadPrompts> {
        Ok(read_prompts(name, text.as_bytes())?.into_iter().map(|one| (one.prompt, one.tags)).collect())
    }

    fn one(prompt: &str, tags: &[&str]) -> (String, Vec<String>) {
        (prompt.to_owned(), tags.iter().map(|&tag| tag.to_owned()).collect())
    }

    #[test]
    fn each_line_of_a_text_is_a_prompt_and_the_same_one_counts_once() {
        let got = read("p.txt", "\u{feff}写一首诗\r\n\r\n  What is dew?\n写一首诗\n").unwrap();
        assert_eq!(got, [one("写一首诗", &[]), one("  What is dew?", &[])]);
        assert_eq!(read("p.TXT", "[1] What is this?").unwrap(), [one("[1] What is this?", &[])]);
    }

    #[test]
    fn tables_have_prompts_of_several_lines_and_themes() {
        let got = read("p.CSV", "id,Prompt,tags\n1,\"a\nb\",verse; spring ;verse\n,,\n2,\"c, d\",\n").unwrap();
        assert_eq!(got, [one("a\nb", &["verse", "spring"]), one("c, d", &[])]);
        assert_eq!(read("p.csv", "id,answer\n1,x\n"), Err(BadPrompts::NoColumn));
        assert_eq!(read("p.csv", "prompt,tags\na,x\n,y\n"), Err(BadPrompts::NoPrompt { place: 3 }));
    }

    #[test]
    fn the_forms_of_benchmarks_and_of_training_data_are_known() {
        let lines = [
            r#"{"question_id": 81, "category": "writing", "turns": ["Compose a blog post.", "Rewrite it."]}"#,
            r#"{"turns": [{"content": "Explain BBR."}], "category": "arena-hard-v0.1"}"#,
            r#"{"instruction": "翻译", "input": "good morning", "output": "早上好"}"#,
            r#"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}], "tags": ["a", "b"]}"#,
            r#"{"prompt": [{"role": "user", "content": "conversational"}]}"#,
        ];
        let got = read("p.jsonl", &lines.join("\n")).unwrap();
        let wanted = [
            one("Compose a blog post.", &["writing"]),
            one("Explain BBR.", &["arena-hard-v0.1"]),
            one("翻译\ngood morning", &[]),
            one("u", &["a", "b"]),
            one("conversational", &[]),
        ];
        assert_eq!(got, wanted);
        assert_eq!(read("p.json", r#"["x", {"text": "y"}]"#).unwrap(), [one("x", &[]), one("y", &[])]);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        assert_eq!(read_prompts("p", b"good\n\xc4\xe3\xba\xc3\n"), Err(BadPrompts::Encoding { place: 2 }));
        assert!(matches!(read("p", "{\"prompt\": \"a\"}\n{oops}"), Err(BadPrompts::Json { place: 2, .. })));
        assert_eq!(read("p", "{\"answer\": \"a\"}"), Err(BadPrompts::NoPrompt { place: 1 }));
        assert_eq!(read("p", "[\"a\", 3]"), Err(BadPrompts::NoPrompt { place: 2 }));
        let long = "长".repeat(MAX_PROMPT_CHARS + 1);
        assert_eq!(read("p", &long), Err(BadPrompts::TooLong { place: 1, chars: MAX_PROMPT_CHARS + 1 }));
        for empty in ["", " \n", "[]"] {
            assert_eq!(read("p", empty), Err(BadPrompts::Empty), "{empty:?}");
        }
    }
}
