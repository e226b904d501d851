//! A question with four choices.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A to D.
pub const CHOICES: [Letter; 4] = [Letter::A, Letter::B, Letter::C, Letter::D];

/// The letter of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Letter {
    A,
    B,
    C,
    D,
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        })
    }
}

/// It is no letter of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoLetter;

impl FromStr for Letter {
    type Err = NoLetter;

    fn from_str(text: &str) -> Result<Self, NoLetter> {
        CHOICES.into_iter().find(|letter| letter.to_string() == text.trim()).ok_or(NoLetter)
    }
}

/// A question as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its row in the file, from 0: what C-Eval's submissions call it.
    pub row: usize,
    pub text: String,
    /// The texts of A to D.
    pub choices: [String; 4],
    /// The right one; C-Eval's test questions have none.
    pub answer: Option<Letter>,
    /// How one comes to it; only C-Eval's dev questions tell.
    pub explanation: Option<String>,
}
