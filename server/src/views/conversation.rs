//! A battle as a document in Markdown, for keeping and for copying.

use crate::domain::Side;
use crate::i18n::Locale;
use crate::store::model_names::ModelNames;
use crate::streams::Shown;
use crate::views::replies::mode_text;
use crate::views::{kind_text, voted_text};

/// The whole battle: its messages and answers as they were written, the vote, and the names once they may be known.
pub fn markdown(locale: Locale, shown: &Shown, names: &ModelNames) -> String {
    let battle = &shown.battle;
    let kind = kind_text(locale, battle.kind);
    let mut out = format!("# {kind} · {}\n", battle.created_at.format("%Y-%m-%d %H:%M UTC"));
    let name = |side: Side| {
        let column = locale.text(&format!("side-{side}"));
        match battle.model(side).and_then(|id| names.get(id)) {
            Some(model) => format!("{column} · {}", model.display_name),
            None => column,
        }
    };
    for turn in &battle.turns {
        out.push_str(&format!(
            "\n## {} {}\n\n{}\n",
            locale.text("conversation-message"),
            turn.number,
            turn.prompt.trim_end()
        ));
        for side in battle.kind.sides() {
            let Some(view) = shown.side(turn, *side) else { continue };
            let text = view.text.trim_end();
            let status = locale.text(&format!("reply-{}", view.status));
            let text = if text.is_empty() { format!("*{status}*") } else { text.to_owned() };
            let mode = turn.reply(*side).and_then(|reply| reply.mode);
            let mode = mode.map(|mode| format!(" · {}", mode_text(locale, mode))).unwrap_or_default();
            out.push_str(&format!("\n### {}{mode}\n\n{text}\n", name(*side)));
        }
    }
    if let Some(choice) = battle.vote {
        let said = voted_text(locale, choice);
        out.push_str(&format!("\n---\n\n{said}\n"));
    }
    out
}
