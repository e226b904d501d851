//! What a replay says, for pages and for the terminal.

use crate::domain::{
    EngineFingerprint, ReplayChange, ReplayObstacle, ReplayOutcome, ReplayReport, ReplayedAnswer, ReplayedChange,
};
use crate::i18n::{Locale, Message, Translated};

/// What came of an answer, in one sentence.
#[must_use]
pub fn verdict(answer: &ReplayedAnswer) -> Message {
    match (answer.outcome, &answer.difference) {
        (ReplayOutcome::Same, _) if answer.is_partial => {
            Message::new("replay-same-partial").with("chars", answer.chars)
        }
        (ReplayOutcome::Same, _) => Message::new("replay-same").with("chars", answer.chars),
        (ReplayOutcome::Differs, Some(difference)) => Message::new("replay-differs").with("at", difference.at),
        (ReplayOutcome::Differs | ReplayOutcome::Impossible, _) => {
            let why = answer.obstacle.map_or_else(|| Translated::verbatim(""), |obstacle| why(obstacle, answer));
            Message::new("replay-impossible").with_text("why", &why)
        }
    }
}

fn why(obstacle: ReplayObstacle, answer: &ReplayedAnswer) -> Translated {
    let key = match obstacle {
        ReplayObstacle::NoEvidence => "replay-why-no-evidence",
        ReplayObstacle::NoAnswer => "replay-why-no-answer",
        ReplayObstacle::Unfinished => "replay-why-unfinished",
        ReplayObstacle::ModelDeleted => "replay-why-model-deleted",
        ReplayObstacle::NotReady => "replay-why-not-ready",
        ReplayObstacle::FileChanged => "replay-why-file-changed",
        ReplayObstacle::NotHashed => "replay-why-not-hashed",
        ReplayObstacle::EndpointChanged => "replay-why-endpoint-changed",
        ReplayObstacle::NoSeed => "replay-why-no-seed",
        ReplayObstacle::ConversationChanged => "replay-why-conversation-changed",
        ReplayObstacle::TimeUp => "replay-why-time-up",
        ReplayObstacle::Failed => "replay-why-failed",
    };
    Message::new(key).with("code", answer.error.as_deref().unwrap_or_default()).into()
}

/// What is another now than then, a line each.
#[must_use]
pub fn changed(answer: &ReplayedAnswer) -> Vec<Message> {
    answer.changes.iter().map(change).collect()
}

fn change(change: &ReplayedChange) -> Message {
    let key = match change.what {
        ReplayChange::File => "replay-changed-file",
        ReplayChange::Engine => "replay-changed-engine",
        ReplayChange::Device => "replay-changed-device",
        ReplayChange::Fingerprint => "replay-changed-fingerprint",
        ReplayChange::Model => "replay-changed-model",
        ReplayChange::Endpoint => "replay-changed-endpoint",
        ReplayChange::FinishReason => "replay-changed-finish-reason",
    };
    Message::new(key).with("then", &change.then).with("now", &change.now)
}

/// What the answer came from, a line each.
#[must_use]
pub fn evidence(answer: &ReplayedAnswer) -> Vec<Message> {
    let mut lines = Vec::new();
    if let Some(seed) = answer.seed {
        lines.push(Message::new("replay-seed").with("seed", seed));
    }
    match answer.then.engine() {
        Some(EngineFingerprint { engine, device, digest }) => {
            lines.push(Message::new("replay-engine").with("engine", engine).with("device", device));
            lines.push(match digest {
                Some(digest) => Message::new("replay-digest").with("digest", digest),
                None => Message::new("replay-no-digest"),
            });
        }
        None => {
            if let Some(fingerprint) = &answer.then.fingerprint {
                lines.push(Message::new("replay-fingerprint").with("fingerprint", fingerprint));
            }
            if let Some(model) = &answer.then.model {
                lines.push(Message::new("replay-model").with("model", model));
            }
        }
    }
    lines
}

/// How many came out how.
#[must_use]
pub fn summary(report: &ReplayReport) -> Message {
    Message::new("replay-summary")
        .with("total", report.total)
        .with("same", report.count(ReplayOutcome::Same))
        .with("differs", report.count(ReplayOutcome::Differs))
        .with("impossible", report.count(ReplayOutcome::Impossible))
}

/// Everything about an answer, for the terminal.
#[must_use]
pub fn in_words(answer: &ReplayedAnswer, locale: Locale) -> String {
    let head = Message::new("replay-answer")
        .with("turn", answer.turn)
        .with("side", answer.side.as_str().to_uppercase())
        .with("model", &answer.model);
    let mut lines = vec![head, verdict(answer)];
    if let Some(difference) = &answer.difference {
        lines.push(Message::new("replay-then").with("text", format!("{:?}", difference.then)));
        lines.push(Message::new("replay-now").with("text", format!("{:?}", difference.now)));
    }
    lines.extend(changed(answer));
    lines.extend(evidence(answer));
    lines.iter().map(|line| line.text(locale)).collect::<Vec<_>>().join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Answerer, Side};

    fn answer() -> ReplayedAnswer {
        ReplayedAnswer { seed: Some(7), chars: 3, ..ReplayedAnswer::new(1, Side::A, "Poet".to_owned()) }
    }

    #[test]
    fn every_reason_and_change_has_a_text_in_both_languages() {
        for obstacle in ReplayObstacle::ALL {
            let answer = ReplayedAnswer { error: Some("unreachable".to_owned()), ..answer() };
            let told = verdict(&answer.impossible(*obstacle));
            let (en, zh) = (told.text(Locale::En), told.text(Locale::Zh));
            assert!(!en.contains("replay-") && !en.contains("Unknown"), "{en}");
            assert!(!zh.is_ascii() && !zh.contains("replay-"), "{zh}");
        }
        for what in ReplayChange::ALL {
            let changes = vec![ReplayedChange::new(*what, "one", "other")];
            let told = changed(&ReplayedAnswer { changes, ..answer() }).remove(0);
            for locale in [Locale::En, Locale::Zh] {
                let text = told.text(locale);
                assert!(text.contains("one") && text.contains("other") && !text.contains("replay-"), "{text}");
            }
        }
    }

    #[test]
    fn the_terminal_reads_where_texts_part_and_what_they_came_from() {
        let digest = "0f".repeat(32);
        let then = Answerer { fingerprint: Some(format!("mixtral-0.1.0/cpu-avx2/{digest}")), model: None };
        let told = in_words(&ReplayedAnswer { then, ..answer().compared("abc", "abd") }, Locale::En);
        for part in ["Turn 1", "Poet", "character 3", "\"abc\"", "\"abd\"", "cpu-avx2", "seed 7", digest.as_str()] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
