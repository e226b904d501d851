//! A vote as a preference: a prompt with the answer that was chosen and the one that was not, as TRL's `DPOTrainer` and
//! `mixtral train --dpo` read it (TRL's conversational form).

use serde_json::{Value, json};

use super::cell::{Cell, Line};
use super::written::WrittenVote;
use crate::domain::Choice;

type Message = (&'static str, String);

/// The columns, without a preference.
pub(super) fn columns() -> Line {
    line("", "", "", ["", ""], [&[], &[], &[]])
}

/// The preference that a vote of a blind battle tells. There is none in a tie, where names were shown, where a text is no
/// longer there or empty, and where both sides said the same. What was said after the vote is left out.
pub(super) fn preference(vote: &WrittenVote) -> Option<Line> {
    let (chosen, rejected) = match vote.choice {
        Choice::A => (0, 1),
        Choice::B => (1, 0),
        _ => return None,
    };
    let conversations = vote.conversations.as_ref().filter(|_| vote.is_blind)?;
    let turns = usize::try_from(vote.turns).ok()?;
    let said = |side: usize| voted_on(&conversations[side], turns);
    let (chosen_side, rejected_side) = (said(chosen)?, said(rejected)?);
    // The prompt is what both conversations begin with: at least the first question.
    let shared = chosen_side.iter().zip(rejected_side).take_while(|(a, b)| a == b).count();
    let (prompt, good) = chosen_side.split_at(shared);
    let bad = &rejected_side[shared..];
    let asks = prompt.last().is_some_and(|(role, _)| *role == "user");
    let models = [&vote.model_a, &vote.model_b];
    (asks && !good.is_empty() && !bad.is_empty()).then(|| {
        let id = vote.battle.simple().to_string();
        line(&id, &vote.language, &vote.prompt_set, [models[chosen], models[rejected]], [prompt, good, bad])
    })
}

/// A conversation up to the answer that was voted on; nothing where an answer is missing or empty.
fn voted_on(messages: &[Message], turns: usize) -> Option<&[Message]> {
    let is_answer = |(role, _): &Message| *role == "assistant";
    let mut answers = messages.iter().enumerate().filter(|(_, message)| is_answer(message));
    let (last, _) = answers.nth(turns.checked_sub(1)?)?;
    let said = &messages[..=last];
    said.iter().all(|(_, content)| !content.trim().is_empty()).then_some(said)
}

fn line(
    id: &str,
    language: &str,
    set: &str,
    [chosen, rejected]: [&str; 2],
    [prompt, good, bad]: [&[Message]; 3],
) -> Line {
    let messages = |list: &[Message]| -> Value {
        list.iter().map(|(role, content)| json!({ "role": role, "content": content })).collect()
    };
    vec![
        ("prompt", Cell::Json(messages(prompt))),
        ("chosen", Cell::Json(messages(good))),
        ("rejected", Cell::Json(messages(bad))),
        ("chosen_model", Cell::Text(chosen.to_owned())),
        ("rejected_model", Cell::Text(rejected.to_owned())),
        ("language", Cell::Text(language.to_owned())),
        ("question_id", Cell::Text(id.to_owned())),
        ("prompt_set", Cell::Maybe(Some(set.to_owned()).filter(|set| !set.is_empty()))),
    ]
}
