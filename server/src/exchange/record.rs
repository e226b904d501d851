//! What the columns of a row say, form by form.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::columns::{Columns, Rated, State, Text};
use super::said::{Messages, without_zeros};
use super::{BadRow, ImportedVote, Row};
use crate::domain::{Choice, language_of};

/// The longest name of a model, as the table of models has it.
const MAX_NAME_CHARS: usize = 120;

/// An id of so many characters stands for itself; a shorter one may be a running number that begins anew in each file.
const LONG_ID: usize = 16;

/// The votes of a row.
pub(super) fn votes(row: &Columns) -> Row {
    if let Some(rated) = &row.data {
        return feedback(row, rated);
    }
    let names_models = row.first(&["model_a", "model_a_name", "left"]).is_some();
    match row.get("type") {
        Some(kind) if !row.models.is_empty() => logged(row, kind),
        // FastChat's log of chats with one model.
        Some(_) if !names_models => Ok(Vec::new()),
        _ => compared(row),
    }
}

/// FastChat's vote log, read as its `clean_battle_data.py` does: names stand in the states where the page hid them.
fn logged(row: &Columns, kind: &str) -> Row {
    let choice = match kind {
        "leftvote" => Choice::A,
        "rightvote" => Choice::B,
        "tievote" => Choice::Tie,
        "bothbad_vote" => Choice::BothBad,
        // Chats, regenerations, flags.
        _ => return Ok(Vec::new()),
    };
    let name = |side: usize| -> Option<&str> {
        let shown = row.models.get(side).and_then(Text::get).map(without_html).unwrap_or_default();
        let hidden = row.states.get(side).and_then(|state| state.model_name.get());
        if shown.is_empty() || matches!(shown, "Model A" | "Model B") { hidden } else { Some(shown) }
    };
    let state = row.states.first();
    let prompt = state.and_then(|state| state.messages.get(state.offset)?.1.get());
    let language = row.get("language").or_else(|| prompt.map(language_of));
    let turns = state.map_or(1, |state: &State| state.messages.len().saturating_sub(state.offset) / 2);
    let id = state.and_then(|state| state.conv_id.get());
    let vote = vote(row, name(0), name(1), choice, id)?;
    let turns = i32::try_from(turns).unwrap_or(i32::MAX).max(1);
    let conversations = row.with_conversations.then(|| logged_conversations(row)).flatten();
    Ok(vec![ImportedVote { language: language_code(language), turns, conversations, ..vote }])
}

/// Both conversations of FastChat's log: the visitor and the model take turns, whatever the template calls them.
fn logged_conversations(row: &Columns) -> Option<[Messages; 2]> {
    let of = |side: usize| -> Option<Messages> {
        let state = row.states.get(side)?;
        let messages = state.messages.iter().skip(state.offset).enumerate();
        let said = messages.filter_map(|(at, (_, text))| {
            Some((if at % 2 == 0 { "user" } else { "assistant" }, without_zeros(text.get()?)))
        });
        Some(said.collect::<Messages>()).filter(|messages| !messages.is_empty())
    };
    Some([of(0)?, of(1)?])
}

/// `<h3>Model A: vicuna-13b</h3>` is `vicuna-13b`.
fn without_html(shown: &str) -> &str {
    match shown.trim().strip_prefix("<h3>") {
        Some(rest) => {
            let rest = rest.strip_suffix("</h3>").unwrap_or(rest);
            rest.split_once(": ").map_or(rest, |(_, name)| name)
        }
        None => shown.trim(),
    }
}

/// Open WebUI's feedback: a rated answer won or lost against each of its siblings. A rating without a sibling compares
/// nothing.
fn feedback(row: &Columns, rated: &Rated) -> Row {
    let rating = rated.rating.get().and_then(|text| text.parse::<f64>().ok());
    let choice = match rating {
        Some(rating) if rating > 0.0 => Choice::A,
        Some(rating) if rating < 0.0 => Choice::B,
        _ => return Ok(Vec::new()),
    };
    let siblings = rated.sibling_model_ids.as_deref().unwrap_or_default();
    let mut votes = Vec::new();
    for (at, sibling) in siblings.iter().enumerate() {
        let mut vote = vote(row, rated.model_id.get(), Some(sibling), choice, row.get("id"))?;
        vote.identity.push_str(&format!("#{at}"));
        votes.push(vote);
    }
    Ok(votes)
}

/// Two models and who won, in one of the ways that tables have.
fn compared(row: &Columns) -> Row {
    let model_a = row.first(&["model_a", "model_a_name", "left"]);
    let model_b = row.first(&["model_b", "model_b_name", "right"]);
    let (Some(a), Some(b)) = (model_a, model_b) else { return Err(BadRow::NoModels) };
    let choice = winner(row, a, b)?;
    let id = row.first(&["question_id", "id", "conversation_pair_id"]);
    Ok(vec![vote(row, Some(a), Some(b), choice, id)?])
}

/// Who won. evalica says `left` and `right`, FastChat `tie (bothbad)`, LMArena `both_bad`, ComparIA names the model.
fn winner(row: &Columns, a: &str, b: &str) -> Result<Choice, BadRow> {
    let is_true = |name: &str| row.get(name).is_some_and(is_truth);
    if is_true("both_equal") || is_true("winner_tie") {
        return Ok(Choice::Tie);
    }
    if is_true("winner_tie (bothbad)") {
        return Ok(Choice::BothBad);
    }
    if is_true("winner_model_a") {
        return Ok(Choice::A);
    }
    if is_true("winner_model_b") {
        return Ok(Choice::B);
    }
    let Some(said) = row.first(&["winner", "chosen_model_name", "chosen_model"]) else {
        return Err(BadRow::NoWinner(String::new()));
    };
    match said.to_ascii_lowercase().as_str() {
        "model_a" | "left" | "a" | "leftvote" => Ok(Choice::A),
        "model_b" | "right" | "b" | "rightvote" => Ok(Choice::B),
        "tie" | "draw" | "both_equal" | "tievote" => Ok(Choice::Tie),
        "tie (bothbad)" | "both_bad" | "bothbad" | "both bad" | "bothbad_vote" => Ok(Choice::BothBad),
        _ if said == a => Ok(Choice::A),
        _ if said == b => Ok(Choice::B),
        _ => Err(BadRow::NoWinner(said.chars().take(80).collect())),
    }
}

fn is_truth(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "1.0" | "t" | "yes")
}

/// A vote with what all forms have in common.
fn vote(
    row: &Columns,
    model_a: Option<&str>,
    model_b: Option<&str>,
    choice: Choice,
    id: Option<&str>,
) -> Result<ImportedVote, BadRow> {
    let name = |name: Option<&str>| {
        let name = name.map(str::trim).filter(|name| !name.is_empty())?;
        Some(name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect::<String>())
    };
    let (Some(model_a), Some(model_b)) = (name(model_a), name(model_b)) else { return Err(BadRow::NoModels) };
    if model_a == model_b {
        return Err(BadRow::OneModel(model_a));
    }
    let at = row.first(&["tstamp", "timestamp", "created_at"]);
    let voter = row.first(&["judge", "judge_hash", "visitor_id", "session_hash", "user_id", "worker", "ip"]);
    let turns = row.first(&["turn", "conv_turns"]).and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
    let identity = match id.filter(|id| id.chars().count() >= LONG_ID) {
        Some(id) => id.to_owned(),
        None => {
            let said = [id.unwrap_or(""), &model_a, &model_b, choice.as_str(), at.unwrap_or(""), voter.unwrap_or("")];
            said.join("\u{1f}")
        }
    };
    let conversations = match &row.said {
        [Some(a), Some(b)] => Some([a.clone(), b.clone()]),
        _ => None,
    };
    let asked = conversations.iter().flat_map(|both| &both[0]).find(|(role, _)| *role == "user");
    let language = row.get("language").or_else(|| asked.map(|(_, text)| language_of(text)));
    Ok(ImportedVote {
        identity,
        choice,
        language: language_code(language),
        // A float as an integer: beyond its range it is cut to it.
        turns: (turns as i32).clamp(1, 1000),
        at: at.and_then(moment),
        voter: voter.map(str::to_owned),
        model_a,
        model_b,
        conversations,
    })
}

/// Languages as the arena writes them. FastChat's detector has English names, LMArena codes, some with a region.
fn language_code(said: Option<&str>) -> String {
    let said = said.unwrap_or("und").to_ascii_lowercase();
    let code = match said.as_str() {
        "english" => "en",
        "chinese" => "zh",
        "japanese" => "ja",
        "korean" => "ko",
        "french" => "fr",
        "german" => "de",
        "spanish" => "es",
        "russian" => "ru",
        "portuguese" => "pt",
        "italian" => "it",
        "arabic" => "ar",
        "vietnamese" => "vi",
        code => code.split(['-', '_']).next().unwrap_or("und"),
    };
    let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
    if is_code { code.to_owned() } else { "und".to_owned() }
}

/// Seconds or milliseconds since 1970, or a date and time; without a zone it is UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(number) = text.parse::<f64>() {
        let seconds = if number.abs() > 1e11 { number / 1000.0 } else { number };
        return DateTime::from_timestamp_micros((seconds * 1e6) as i64);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f %Z"];
    let read = |form: &&str| NaiveDateTime::parse_from_str(text.trim_end_matches(" UTC"), form).ok();
    if let Some(at) = forms.iter().find_map(read) {
        return Some(at.and_utc());
    }
    DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%:z").ok().map(|at| at.with_timezone(&Utc))
}
