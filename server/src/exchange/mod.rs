//! Files of votes: those of other arenas and tools that are read, and those that are written. And files of [prompts].
//!
//! | form | read | written |
//! |---|---|---|
//! | FastChat's vote log (JSON lines: `type`, `models`, `states`, `ip`) | yes | – |
//! | FastChat's cleaned battles, LMArena's releases, arena-rank (`model_a`, `model_b`, `winner`) | JSON, JSON lines, CSV, Parquet | the same |
//! | evalica (`left`, `right`, `winner`) | CSV | – |
//! | ComparIA's votes (`model_a_name`, `chosen_model_name`, `both_equal`) | JSON, JSON lines, CSV, Parquet | CSV, JSON lines, Parquet |
//! | preferences (`prompt`, `chosen`, `rejected`, as TRL has them) | – | JSON, JSON lines |
//! | Open WebUI's feedback (`data.model_id`, `data.sibling_model_ids`, `data.rating`) | JSON | – |
//!
//! What a file is made of is told by its name's ending, which of the forms a row has by its columns.

mod cell;
mod columns;
mod error;
mod parquet;
mod preference;
mod prompts;
mod read;
mod record;
mod said;
mod write;
mod written;

#[cfg(test)]
mod tests;

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::Choice;

pub use error::ReadError;
pub use prompts::{BadPrompts, MAX_TAG_CHARS, read_prompts};
pub use read::{Reading, read};
pub use said::Messages;
pub use write::{Shape, WriteError, Writer};
pub use written::WrittenVote;

/// What a file is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// One array of objects.
    Json,
    /// An object a line.
    JsonLines,
    Csv,
    Parquet,
}

impl Container {
    /// By the ending of a file's name, in any case of letters.
    #[must_use]
    pub fn of(name: &Path) -> Option<Self> {
        match name.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// The ending of its files' names.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// A vote out of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedVote {
    /// What makes it the same vote in the same file, or in a longer one: its id where it has one that stands for itself,
    /// else all that it says.
    pub identity: String,
    /// The left model's name.
    pub model_a: String,
    /// The right model's name.
    pub model_b: String,
    pub choice: Choice,
    /// ISO 639-1, or `und`.
    pub language: String,
    pub turns: i32,
    /// When it was cast, where the file says.
    pub at: Option<DateTime<Utc>>,
    /// Who cast it, as the file calls them.
    pub voter: Option<String>,
    /// What both sides said, where that is wanted and the file has it.
    pub conversations: Option<[Messages; 2]>,
}

/// Why a row of a file holds no vote that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadRow {
    /// It cannot be read at all: what the parser says.
    Unreadable(String),
    /// It does not name two models.
    NoModels,
    /// It names one model twice.
    OneModel(String),
    /// It says nothing that is known of who won: what it says.
    NoWinner(String),
}

impl BadRow {
    /// The key of its text, and what the text names.
    #[must_use]
    pub fn told(&self) -> (&'static str, &str) {
        match self {
            Self::Unreadable(why) => ("bad-row-unreadable", why),
            Self::NoModels => ("bad-row-no-models", ""),
            Self::OneModel(name) => ("bad-row-one-model", name),
            Self::NoWinner(said) => ("bad-row-no-winner", said),
        }
    }
}

/// What a row of a file came to: no vote where it is about something else, several where it compares one model with many.
pub type Row = Result<Vec<ImportedVote>, BadRow>;
