//! One example of a JSON file, in any of the forms that people have: pre-training's `{"text"}`, OpenAI's `{"messages"}`,
//! ShareGPT's `{"conversations"}`, Alpaca's `{"instruction", "input", "output"}` as Chinese-Mixtral's `build_dataset.py`
//! reads it, and preferences as TRL's `DPOTrainer` takes them. What else an object holds is passed over.

use mixtral_engine::request::{Message, Role};
use serde_json::{Map, Value};

use super::turns::{check, field, message, text, turn, turns, wrong};
use crate::error::{Expected, LineFault};

/// An example that is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Text(String),
    Conversation(Vec<Message>),
    Pair(Pair),
}

/// Two ways to go on from a prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub prompt: Vec<Message>,
    pub chosen: Vec<Message>,
    pub rejected: Vec<Message>,
}

/// The keys of which an example has at least one.
const KEYS: [&str; 6] = ["text", "messages", "conversations", "instruction", "chosen", "rejected"];

/// Whether a value has a key of an example.
pub fn is_record(value: &Value) -> bool {
    value.as_object().is_some_and(|object| KEYS.iter().any(|key| object.contains_key(*key)))
}

impl Record {
    /// Reads an example.
    ///
    /// # Errors
    /// What is wrong with it, and what was expected.
    pub fn read(value: &Value) -> Result<Self, LineFault> {
        let object = value.as_object().ok_or(LineFault::NotAnObject)?;
        let has = |key| field(object, key).is_some();
        if has("chosen") || has("rejected") {
            return Ok(Self::Pair(pair(object)?));
        }
        if has("instruction") {
            let answer = text(object, "output")?.ok_or_else(|| wrong("output", Expected::Text))?;
            let mut messages = instruction(object)?;
            messages.push(message(Role::Assistant, answer.to_owned())?);
            check(&messages)?;
            return Ok(Self::Conversation(messages));
        }
        match (field(object, "text"), field(object, "messages"), field(object, "conversations")) {
            (Some(_), None, None) => {
                let text = text(object, "text")?.unwrap_or_default();
                if text.trim().is_empty() { Err(LineFault::EmptyText) } else { Ok(Self::Text(text.to_owned())) }
            }
            (None, Some(list), None) => {
                let messages = turns(list, "messages")?;
                check(&messages)?;
                Ok(Self::Conversation(messages))
            }
            (_, None, Some(list)) => {
                let messages = share_gpt(object, list)?;
                check(&messages)?;
                Ok(Self::Conversation(messages))
            }
            (None, None, None) => Err(match object.keys().next() {
                Some(key) => LineFault::UnknownField(key.clone()),
                None => LineFault::TextOrMessages,
            }),
            _ => Err(LineFault::TextOrMessages),
        }
    }
}

/// ShareGPT's turns. An answer that nothing asked for is passed over at the beginning, as FastChat does, and so is a
/// question at the end that nothing answers: neither holds anything to learn.
fn share_gpt(object: &Map<String, Value>, list: &Value) -> Result<Vec<Message>, LineFault> {
    let mut said = turns(list, "conversations")?;
    while said.len() > 1 && said.last().is_some_and(|m| m.role == Role::User) {
        said.pop();
    }
    let first = said.iter().position(|m| m.role != Role::Assistant).unwrap_or(0);
    let mut messages = system(object)?;
    messages.extend(said.drain(first..));
    Ok(messages)
}

fn system(object: &Map<String, Value>) -> Result<Vec<Message>, LineFault> {
    let text = text(object, "system")?.filter(|text| !text.trim().is_empty());
    Ok(text.map(|text| Message { role: Role::System, content: text.to_owned() }).into_iter().collect())
}

/// Alpaca's prompt: the input, where there is one, is a line below the instruction. `system` and `history` are those of
/// LLaMA-Factory's files.
fn instruction(object: &Map<String, Value>) -> Result<Vec<Message>, LineFault> {
    let mut messages = system(object)?;
    if let Some(history) = field(object, "history") {
        let fault = || wrong("history", Expected::History);
        for turn in history.as_array().ok_or_else(fault)? {
            let said = turn.as_array().and_then(|turn| turn.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
            let Some(&[asked, answered]) = said.as_deref() else { return Err(fault()) };
            messages.push(message(Role::User, asked.to_owned())?);
            messages.push(message(Role::Assistant, answered.to_owned())?);
        }
    }
    let mut asked = text(object, "instruction")?.unwrap_or_default().to_owned();
    if let Some(input) = text(object, "input")?.filter(|input| !input.is_empty()) {
        asked.push('\n');
        asked.push_str(input);
    }
    messages.push(message(Role::User, asked)?);
    Ok(messages)
}

/// A preference. The prompt stands by itself (a text is what a user says), or both sides begin with it.
fn pair(object: &Map<String, Value>) -> Result<Pair, LineFault> {
    let side = |key: &str| match field(object, key) {
        Some(Value::String(text)) => Ok(vec![message(Role::Assistant, text.clone())?]),
        Some(value @ Value::Object(_)) => Ok(vec![turn(value, key)?]),
        Some(list) => turns(list, key),
        None => Err(wrong(key, Expected::Answer)),
    };
    let (mut chosen, mut rejected) = (side("chosen")?, side("rejected")?);
    let mut prompt = match (field(object, "prompt"), field(object, "messages"), field(object, "conversations")) {
        (Some(Value::String(text)), _, _) => {
            let mut messages = system(object)?;
            messages.push(message(Role::User, text.clone())?);
            messages
        }
        (Some(list), _, _) => turns(list, "prompt")?,
        (None, Some(list), _) => turns(list, "messages")?,
        (None, None, Some(list)) => {
            let mut messages = system(object)?;
            messages.extend(turns(list, "conversations")?);
            messages
        }
        (None, None, None) if field(object, "instruction").is_some() => instruction(object)?,
        (None, None, None) => Vec::new(),
    };
    if prompt.is_empty() {
        let most = chosen.len().min(rejected.len()).saturating_sub(1);
        let shared = chosen.iter().zip(&rejected).take(most).take_while(|(a, b)| a == b).count();
        prompt = chosen.drain(..shared).collect();
        rejected.drain(..shared);
    }
    if prompt.is_empty() {
        return Err(wrong("prompt", Expected::Prompt));
    }
    for side in [&chosen, &rejected] {
        check(&[&prompt[..], side].concat())?;
    }
    Ok(Pair { prompt, chosen, rejected })
}
