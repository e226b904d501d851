//! The page of a visitor's own battles.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Page;
use crate::domain::{BattleKind, Choice};

/// A line of the history.
#[derive(Debug)]
pub struct Line {
    /// Where it opens.
    pub id: String,
    /// Which kind.
    pub kind: BattleKind,
    /// The beginning of the first message.
    pub prompt: String,
    /// How many turns.
    pub turns: i64,
    /// When it began.
    pub when: DateTime<Utc>,
    /// The vote.
    pub vote: Option<Choice>,
    /// The models, once they may be known.
    pub names: Vec<String>,
}

/// The history.
#[derive(Debug, Template)]
#[template(path = "history/list.html")]
pub struct HistoryPage {
    /// The frame.
    pub page: Page,
    /// Its lines, newest first.
    pub lines: Vec<Line>,
    /// Where older ones are.
    pub older: Option<String>,
    /// Whether this is not the first page.
    pub is_continued: bool,
}

impl HistoryPage {
    /// The name of a kind.
    pub fn kind_text(&self, kind: &BattleKind) -> String {
        self.page.t(&format!("kind-{}", kind.as_str().replace('_', "-")))
    }

    /// What was voted.
    pub fn vote_text(&self, choice: &Choice) -> String {
        self.page.t(&format!("voted-{}", choice.as_str().replace('_', "-")))
    }
}
