//! Conversations that a template may refuse as they are: two questions in a row, a system message that is not the first one,
//! or any at all. They are laid out again in forms that say the same, the nearest one first.

use std::collections::VecDeque;

use super::run::Turn;
use crate::request::Role;

/// What stands between messages that become one.
const GAP: &str = "\n\n";

impl Turn {
    fn is(&self, role: Role) -> bool {
        self.role == role.name()
    }

    fn join(&mut self, content: &str) {
        // What says nothing leaves no gap either.
        if self.content.trim().is_empty() {
            content.clone_into(&mut self.content);
        } else if !content.trim().is_empty() {
            self.content.push_str(GAP);
            self.content.push_str(content);
        }
    }
}

/// The forms in which a conversation is tried, until the template takes one. There is none where the template knows no
/// system message and nobody asks anything.
pub(super) fn layouts(turns: Vec<Turn>, knows_system: bool) -> Vec<Vec<Turn>> {
    let has_system = turns.iter().any(|turn| turn.is(Role::System));
    let alternating = alternating(&turns);
    let mut forms = VecDeque::from([turns, alternating]);
    if has_system {
        let folded: Vec<_> = forms.iter().filter_map(|form| folded(form)).collect();
        if !knows_system {
            // Such a template may lose it without a word.
            forms.clear();
        }
        forms.extend(folded);
    }
    let mut tried: Vec<Vec<Turn>> = Vec::new();
    for form in forms {
        if !tried.contains(&form) {
            tried.push(form);
        }
    }
    tried
}

/// One system message first, then the person and the model by turns, the person first.
fn alternating(turns: &[Turn]) -> Vec<Turn> {
    let mut out: Vec<Turn> = Vec::new();
    for turn in turns.iter().filter(|turn| turn.is(Role::System)) {
        match out.last_mut() {
            Some(system) => system.join(&turn.content),
            None => out.push(turn.clone()),
        }
    }
    for turn in turns.iter().filter(|turn| !turn.is(Role::System)) {
        match out.last_mut() {
            Some(last) if last.role == turn.role => last.join(&turn.content),
            Some(last) if !last.is(Role::System) => out.push(turn.clone()),
            _ => {
                if turn.is(Role::Assistant) {
                    out.push(Turn { role: Role::User.name().to_owned(), content: String::new() });
                }
                out.push(turn.clone());
            }
        }
    }
    out
}

/// The conversation with what the system says moved to its start, where it says something later on.
pub(super) fn system_first(turns: &[Turn]) -> Option<Vec<Turn>> {
    let is_later = turns.iter().skip(1).any(|turn| turn.is(Role::System)) && !turns[0].is(Role::System);
    is_later.then(|| alternating(turns))
}

/// The system's texts in front of the first question.
fn folded(turns: &[Turn]) -> Option<Vec<Turn>> {
    let (system, mut rest): (Vec<_>, Vec<_>) = turns.iter().cloned().partition(|turn| turn.is(Role::System));
    let first = rest.iter_mut().find(|turn| turn.is(Role::User))?;
    let question = std::mem::take(&mut first.content);
    for turn in &system {
        first.join(&turn.content);
    }
    first.join(&question);
    Some(rest)
}

/// Whether a text still says what the system said. Some templates take a system message only at the start, and lose the
/// others.
pub(super) fn keeps_system(turns: &[Turn], text: &str) -> bool {
    turns.iter().filter(|turn| turn.is(Role::System)).all(|turn| text.contains(turn.content.trim()))
}
