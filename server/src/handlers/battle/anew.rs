//! What a battle's page offers for asking anew: another message, another answer, another pair.

use super::page::BattlePage;
use crate::domain::{AnswerMode, NextMessage};
use crate::error::Error;

impl BattlePage {
    /// Says why a changed message was not taken, and keeps it.
    pub fn refuse_edit(&mut self, error: &Error, message: String) {
        let draft = std::mem::take(&mut self.draft);
        self.refuse(error, draft);
        self.edited = Some(message);
    }

    /// Whether the names were shown by a vote: what follows counts nowhere.
    pub fn is_revealed(&self) -> bool {
        self.status.is_revealed()
    }

    /// The newest message where it may be written anew, or as somebody tried to.
    pub fn editable(&self) -> Option<&str> {
        let newest = || self.turns.last().map(|turn| turn.prompt.as_str()).unwrap_or_default();
        let may_edit = self.status.may_edit().is_ok() && self.status.next_message() != Ok(NextMessage::Replaces);
        may_edit.then(|| self.edited.as_deref().unwrap_or_else(newest))
    }

    /// Who may answer again, each with what the choice is called: all, or one by its name.
    pub fn regenerable(&self) -> Vec<(String, String)> {
        let mut whole = Vec::new();
        if self.status.may_regenerate(None).is_ok() {
            let text = if self.is_pair() { "regenerate-both" } else { "regenerate-one" };
            whole.push((String::new(), self.page.t(text)));
        }
        let sides =
            self.kind.sides().iter().filter(|side| self.is_pair() && self.status.may_regenerate(Some(**side)).is_ok());
        whole.extend(sides.map(|side| (side.to_string(), self.name(side))));
        whole
    }

    /// The ways to answer again.
    pub fn answer_modes(&self) -> &'static [AnswerMode] {
        AnswerMode::ALL
    }

    /// The first message, for another pair: of a battle that is not being answered.
    pub fn prompt_for_new_pair(&self) -> Option<&str> {
        let may_ask = self.kind.is_blind() && !self.is_running();
        self.turns.first().filter(|_| may_ask).map(|turn| turn.prompt.as_str())
    }
}
