//! The models of a battle once they may be named, with what was measured.

use crate::domain::{Battle, Reply, Side, Turn};
use crate::store::model_names::ModelNames;

/// A model as it is revealed.
#[derive(Debug)]
pub struct Revealed {
    /// Which side it was.
    pub side: Side,
    /// Its name in addresses.
    pub slug: String,
    pub name: String,
    /// Time to the first token of the last turn, in seconds.
    pub first_token: Option<String>,
    /// Tokens a second of the last turn.
    pub speed: Option<String>,
    /// Tokens of all its answers.
    pub tokens: i64,
}

/// The names, with what was measured.
pub fn revealed(battle: &Battle, names: &ModelNames) -> Vec<Revealed> {
    let mut all = Vec::new();
    for side in battle.kind.sides() {
        let Some(model) = battle.model(*side).and_then(|id| names.get(id)) else {
            continue;
        };
        let last = battle.last_turn().and_then(|turn| turn.reply(*side));
        let tokens = |turn: &Turn| turn.reply(*side).and_then(|reply| reply.completion_tokens).map_or(0, i64::from);
        all.push(Revealed {
            side: *side,
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            first_token: last
                .and_then(|reply| reply.first_token_ms)
                .map(|time| format!("{:.2}", f64::from(time) / 1000.0)),
            speed: last.and_then(speed),
            tokens: battle.turns.iter().map(tokens).sum(),
        });
    }
    all
}

/// Tokens a second after the first one.
fn speed(reply: &Reply) -> Option<String> {
    let (tokens, first, total) = (reply.completion_tokens?, reply.first_token_ms?, reply.total_ms?);
    let time = f64::from(total.checked_sub(first)?) / 1000.0;
    (tokens > 1 && time > 0.05).then(|| format!("{:.1}", f64::from(tokens - 1) / time))
}
