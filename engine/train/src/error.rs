//! What can go wrong in training, besides what can in the engine.

use std::fmt;

/// Training's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong in training. What a person mends has a variant with its particulars, so that a program may say it in
/// another language.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file, a device or a computation.
    #[error(transparent)]
    Engine(#[from] mixtral_engine::Error),
    /// A computation on candle's tape.
    #[error("computation: {0}")]
    Candle(#[from] candle_core::Error),
    /// A training file without a byte.
    #[error("{file}: the file is empty")]
    EmptyFile { file: String },
    /// A line of a training file.
    #[error("{file}: line {line}: {fault}")]
    Line {
        file: String,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// An element of a training file that is one JSON array.
    #[error("{file}: line {line}, array index {index}: {fault}")]
    Item {
        file: String,
        /// The line that it begins in, from 1.
        line: usize,
        /// Its index, from 0.
        index: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// A training file in UTF-16.
    #[error("{file}: the text is UTF-16, should be UTF-8; iconv -f UTF-16 -t UTF-8 converts it")]
    Utf16 { file: String },
    /// A training file with bytes that no text has.
    #[error("{file}: not a text: it should be plain text or JSON, in UTF-8")]
    NotText { file: String },
    /// A folder without a training file.
    #[error("{folder}: no training file in it (.txt, .json, .jsonl or .ndjson)")]
    NoFiles { folder: String },
    /// A setting outside its range.
    #[error("{setting} is {value}, should be from {low} to {high}")]
    Range {
        /// The setting's key.
        setting: &'static str,
        value: f32,
        /// The least that it may be.
        low: f32,
        /// The most that it may be.
        high: f32,
    },
    /// A whole number that is too small.
    #[error("{setting} must be at least {low}")]
    TooSmall {
        /// The setting's key.
        setting: &'static str,
        /// The least that it may be.
        low: usize,
    },
    /// A number that is not finite and above 0.
    #[error("{setting} is {value}, should be a finite number above 0")]
    NotPositive {
        /// The setting's key.
        setting: &'static str,
        value: f32,
    },
    /// A number that must be a multiple of another.
    #[error("{setting} must be a multiple of {of}")]
    Multiple {
        /// The setting's key.
        setting: &'static str,
        /// What it must be a multiple of.
        of: &'static str,
    },
    /// More experts a token than there are.
    #[error("num_experts_per_tok must not exceed num_local_experts")]
    TooFewExperts,
    /// A module's name that means nothing in this setting.
    #[error("{setting}: unknown {name:?}; there are {known}")]
    UnknownModule {
        /// The setting's key.
        setting: &'static str,
        name: String,
        /// The names that it may have.
        known: &'static str,
    },
    /// A module that is named twice.
    #[error("{setting}: {name:?} is named twice")]
    RepeatedModule {
        /// The setting's key.
        setting: &'static str,
        name: String,
    },
    /// Adapters, and no module that gets one.
    #[error("target_modules: nothing is named")]
    NoModules,
    /// Data without anything to learn.
    #[error("the data holds nothing to learn")]
    NothingToLearn,
    /// A model without a weight to train.
    #[error("nothing of the model is to be trained")]
    NothingToTrain,
    /// Gradients or a loss that are not finite.
    #[error(
        "step {step}: the gradients are no longer finite numbers; lower the learning rate and resume from a checkpoint"
    )]
    NotFinite {
        /// The step, from 1.
        step: u64,
    },
}

/// What should stand in a field of training data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Text,
    /// A list of turns.
    Turns,
    /// A list of question and answer.
    History,
    /// A text, a turn or a list of turns.
    Answer,
    /// A prompt, by itself or as what both answers begin with.
    Prompt,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Turns => "a list of turns, each with \"role\" and \"content\" (or \"from\" and \"value\")",
            Self::History => "a list of [question, answer]",
            Self::Answer => "the answer: a text, or a list of turns",
            Self::Prompt => "a text or a list of turns, or else both answers should begin with the same turns",
        })
    }
}

/// The forms that an example may have, by their keys.
pub const FORMS: &str =
    "\"text\" · \"messages\" · \"conversations\" · \"instruction\" and \"output\" · \"chosen\" and \"rejected\"";

/// What is wrong with a line of training data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// Not UTF-8 after so many bytes.
    NotUtf8(usize),
    /// Nothing but space.
    Empty,
    /// No JSON, or JSON of another form; in serde's words.
    Json(String),
    /// No JSON object.
    NotAnObject,
    /// An object with none of the keys of an example: its first key.
    UnknownField(String),
    /// Both a text and messages, or nothing at all.
    TextOrMessages,
    /// A field that is missing, or of another kind.
    Field { field: String, expected: Expected },
    /// Not UTF-8 but, as it looks, GBK.
    Gbk,
    /// A preference where texts and conversations are learnt.
    PairHere,
    /// No preference where preferences are learnt.
    NoPair,
    /// A text of nothing but space.
    EmptyText,
    /// A message of nothing but space.
    EmptyMessage,
    /// A role other than system, user and assistant.
    UnknownRole(String),
    /// The last message is not the assistant's.
    NoAnswer,
    /// User and assistant do not take turns.
    Turns,
    /// A conversation longer than the context.
    TooLong { tokens: usize, context: usize },
    /// The chat template failed; in its words.
    Template(String),
    /// The chat template moves what was said before.
    TemplateOrder,
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(after) => write!(f, "not UTF-8 after byte {after}"),
            Self::Empty => f.write_str("empty"),
            Self::Json(what) => write!(f, "not a line of training data: {what}"),
            Self::NotAnObject => write!(f, "not an object; it should have {FORMS}"),
            Self::UnknownField(field) => write!(f, "unknown field `{field}`; there should be {FORMS}"),
            Self::TextOrMessages => write!(f, "should have either \"text\" or \"messages\", or one of {FORMS}"),
            Self::Field { field, expected } => {
                write!(f, "not a line of training data: \"{field}\" should be {expected}")
            }
            Self::Gbk => f.write_str("not UTF-8 but, as it looks, GBK; iconv -f GB18030 -t UTF-8 converts it"),
            Self::PairHere => f.write_str("a preference (\"chosen\", \"rejected\"), which only --dpo trains on"),
            Self::NoPair => f.write_str("--dpo trains on preferences: \"prompt\", \"chosen\" and \"rejected\""),
            Self::EmptyText => f.write_str("the text is empty"),
            Self::EmptyMessage => f.write_str("a message is empty"),
            Self::UnknownRole(role) => write!(f, "unknown role {role:?}"),
            Self::NoAnswer => f.write_str("the last message should be an answer"),
            Self::Turns => f.write_str("user and assistant should take turns, and the user begins"),
            Self::TooLong { tokens, context } => write!(f, "{tokens} tokens are too long: the context is {context}"),
            Self::Template(what) => f.write_str(what),
            Self::TemplateOrder => f.write_str("the chat template does not lay out turns one after another"),
        }
    }
}
