//! Writing votes, batch by batch: what is written so far can be taken away and sent.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::DateTime;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cell::{Cell, Line};
use super::written::WrittenVote;
use super::{Container, parquet, preference};
use crate::domain::Choice;

/// Whose columns a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// FastChat's cleaned battles, which LMArena, arena-rank and this arena read.
    FastChat,
    /// ComparIA's votes.
    Comparia,
    /// Pairs of answers, out of conversations.
    Preferences,
}

impl Shape {
    /// Whether the container can hold it: lists of messages have no column in a table.
    #[must_use]
    pub fn fits(self, container: Container) -> bool {
        self != Self::Preferences || matches!(container, Container::Json | Container::JsonLines)
    }
}

fn messages(messages: &[(&'static str, String)]) -> Value {
    messages.iter().map(|(role, content)| json!({ "role": role, "content": content })).collect()
}

impl WrittenVote {
    /// Its row, where it has one.
    fn line(self, shape: Shape, with_conversations: bool) -> Option<Line> {
        if shape == Shape::Preferences {
            return preference::preference(&self);
        }
        let conversations = self.conversations.as_ref();
        let both = |side: usize| Cell::Json(conversations.map_or(Value::Null, |both| messages(&both[side])));
        let seconds = self.at.timestamp_micros() as f64 / 1e6;
        let mut line: Line = match shape {
            Shape::FastChat => vec![
                ("question_id", Cell::Text(self.battle.simple().to_string())),
                ("model_a", Cell::Text(self.model_a.clone())),
                ("model_b", Cell::Text(self.model_b.clone())),
                ("winner", Cell::Text(fastchat_winner(self.choice).to_owned())),
                ("judge", Cell::Maybe(self.voter.clone())),
            ],
            Shape::Comparia => vec![
                ("conversation_pair_id", Cell::Text(self.battle.simple().to_string())),
                ("timestamp", Cell::Text(self.at.format("%Y-%m-%d %H:%M:%S%.6f").to_string())),
                ("model_a_name", Cell::Text(self.model_a.clone())),
                ("model_b_name", Cell::Text(self.model_b.clone())),
                (
                    "chosen_model_name",
                    Cell::Maybe(match self.choice {
                        Choice::A => Some(self.model_a.clone()),
                        Choice::B => Some(self.model_b.clone()),
                        _ => None,
                    }),
                ),
                ("both_equal", Cell::Truth(!matches!(self.choice, Choice::A | Choice::B))),
                ("visitor_id", Cell::Maybe(self.voter.clone())),
                ("conv_turns", Cell::Whole(self.turns.into())),
                ("language", Cell::Text(self.language.clone())),
            ],
            Shape::Preferences => preference::columns(),
        };
        if with_conversations {
            if shape == Shape::Comparia {
                let first = conversations.and_then(|both| both[0].first());
                line.push(("opening_msg", Cell::Maybe(first.map(|(_, content)| content.clone()))));
            }
            line.push(("conversation_a", both(0)));
            line.push(("conversation_b", both(1)));
        }
        if shape == Shape::FastChat {
            line.extend([
                ("turn", Cell::Whole(self.turns.into())),
                ("anony", Cell::Truth(self.is_blind)),
                ("language", Cell::Text(self.language)),
                ("tstamp", Cell::Real(seconds)),
            ]);
        }
        line.push(("prompt_set", Cell::Maybe(Some(self.prompt_set).filter(|set| !set.is_empty()))));
        line.push(("prepared", Cell::Truth(self.is_prepared)));
        Some(line)
    }
}

fn fastchat_winner(choice: Choice) -> &'static str {
    match choice {
        Choice::A | Choice::Up => "model_a",
        Choice::B | Choice::Down => "model_b",
        Choice::Tie => "tie",
        Choice::BothBad => "tie (bothbad)",
    }
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WriteError(String);

fn failed(why: impl std::fmt::Display) -> WriteError {
    WriteError(why.to_string())
}

/// What was written and not yet taken. Clones share it.
#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Out {
    /// An array, or lines.
    Json {
        is_array: bool,
        is_first: bool,
    },
    Csv(Box<csv::Writer<Buffer>>),
    Parquet(Box<parquet::Table<Buffer>>),
}

/// A file in the making.
pub struct Writer {
    shape: Shape,
    with_conversations: bool,
    buffer: Buffer,
    out: Out,
}

impl Writer {
    /// A file without a vote.
    ///
    /// # Errors
    /// When its head cannot be written.
    pub fn new(shape: Shape, container: Container, with_conversations: bool) -> Result<Self, WriteError> {
        let buffer = Buffer::default();
        let sample = WrittenVote {
            battle: Uuid::nil(),
            model_a: String::new(),
            model_b: String::new(),
            choice: Choice::Tie,
            voter: None,
            is_blind: true,
            language: String::new(),
            turns: 0,
            prompt_set: String::new(),
            is_prepared: false,
            at: DateTime::UNIX_EPOCH,
            conversations: None,
        };
        let columns = sample.line(shape, with_conversations).unwrap_or_else(preference::columns);
        let out = match container {
            Container::Json => {
                buffer.clone().write_all(b"[").map_err(failed)?;
                Out::Json { is_array: true, is_first: true }
            }
            Container::JsonLines => Out::Json { is_array: false, is_first: true },
            Container::Csv => {
                let mut csv = csv::Writer::from_writer(buffer.clone());
                csv.write_record(columns.iter().map(|(name, _)| name)).map_err(failed)?;
                Out::Csv(Box::new(csv))
            }
            Container::Parquet => {
                Out::Parquet(Box::new(parquet::Table::new(buffer.clone(), &columns).map_err(failed)?))
            }
        };
        Ok(Self { shape, with_conversations, buffer, out })
    }

    /// Adds a vote, and tells whether it has a row in this shape.
    ///
    /// # Errors
    /// When the container refuses it.
    pub fn push(&mut self, vote: WrittenVote) -> Result<bool, WriteError> {
        let Some(line) = vote.line(self.shape, self.with_conversations) else { return Ok(false) };
        match &mut self.out {
            Out::Json { is_array, is_first } => {
                let object: Map<String, Value> =
                    line.into_iter().map(|(name, cell)| (name.to_owned(), cell.json())).collect();
                let between: &[u8] = match (*is_array, std::mem::take(is_first)) {
                    (false, _) => b"",
                    (true, true) => b"\n",
                    (true, false) => b",\n",
                };
                self.buffer.write_all(between).map_err(failed)?;
                serde_json::to_writer(&mut self.buffer, &object).map_err(failed)?;
                if !*is_array {
                    self.buffer.write_all(b"\n").map_err(failed)?;
                }
            }
            Out::Csv(csv) => {
                csv.write_record(line.iter().map(|(_, cell)| cell.text().unwrap_or_default())).map_err(failed)?;
            }
            Out::Parquet(table) => table.push(line).map_err(failed)?,
        }
        Ok(true)
    }

    /// Takes what was written since the last time.
    ///
    /// # Errors
    /// When it cannot be written out.
    pub fn take(&mut self) -> Result<Vec<u8>, WriteError> {
        if let Out::Csv(csv) = &mut self.out {
            csv.flush().map_err(failed)?;
        }
        Ok(self.buffer.take())
    }

    /// Writes the end, and gives what was not taken yet.
    ///
    /// # Errors
    /// When the end cannot be written.
    pub fn finish(mut self) -> Result<Vec<u8>, WriteError> {
        match self.out {
            Out::Json { is_array: true, .. } => self.buffer.write_all(b"\n]\n").map_err(failed)?,
            Out::Json { is_array: false, .. } => {}
            Out::Csv(mut csv) => csv.flush().map_err(failed)?,
            Out::Parquet(table) => table.finish().map_err(failed)?,
        }
        Ok(self.buffer.take())
    }
}
