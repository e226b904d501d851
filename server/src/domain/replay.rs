//! Whether a model that is asked the same again says the same, and why it may not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answerer::Answerer;
use super::battle::Side;
use super::text_enum::text_enum;

/// Characters that are shown before the place where two texts part, and after it.
const BEFORE: usize = 40;
const AFTER: usize = 80;

text_enum!(
    /// What came of asking again.
    ReplayOutcome, "outcome of a replay" {
        /// The same answer.
        Same = "same",
        /// Another answer.
        Differs = "differs",
        /// The same could not be asked.
        Impossible = "impossible",
    }
);

text_enum!(
    /// Why the same could not be asked again, or there was nothing to compare with.
    ReplayObstacle, "obstacle to a replay" {
        /// The answer was given before it was kept what answers came from.
        NoEvidence = "no_evidence",
        /// There was no answer.
        NoAnswer = "no_answer",
        /// The answer is still being written.
        Unfinished = "unfinished",
        /// The model was retired.
        ModelDeleted = "model_deleted",
        /// No worker has loaded the model, or its key is missing.
        NotReady = "not_ready",
        /// The model's files are others now.
        FileChanged = "file_changed",
        /// The model's files are not hashed yet, or were overwritten while they were in use.
        NotHashed = "not_hashed",
        /// The model is at another address, or has another name there.
        EndpointChanged = "endpoint_changed",
        /// It was asked without a seed, and draws.
        NoSeed = "no_seed",
        /// What was said before is no longer what it was.
        ConversationChanged = "conversation_changed",
        /// The model gave no answer now; the error says why.
        Failed = "failed",
        /// There was no time left.
        TimeUp = "time_up",
    }
);

text_enum!(
    /// What is another now than then.
    ReplayChange, "change between an answer and its replay" {
        /// The digest of the model's files.
        File = "file",
        /// The version of the engine.
        Engine = "engine",
        /// What the engine computes on.
        Device = "device",
        /// The fingerprint of an endpoint.
        Fingerprint = "fingerprint",
        /// The name in the answer.
        Model = "model",
        /// The address of the endpoint and the model's name there.
        Endpoint = "endpoint",
        /// Why the answer ended.
        FinishReason = "finish_reason",
    }
);

/// Something that is another now than then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayedChange {
    pub what: ReplayChange,
    pub then: String,
    pub now: String,
}

impl ReplayedChange {
    #[must_use]
    pub fn new(what: ReplayChange, then: impl Into<String>, now: impl Into<String>) -> Self {
        Self { what, then: then.into(), now: now.into() }
    }
}

/// Where two answers part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayDifference {
    /// The first character that differs, from 1.
    pub at: usize,
    /// The answer then, around it.
    pub then: String,
    /// The answer now, around it.
    pub now: String,
}

/// One answer and what came of asking for it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayedAnswer {
    /// From 1.
    pub turn: i32,
    pub side: Side,
    /// The model's name.
    pub model: String,
    pub outcome: ReplayOutcome,
    /// Characters of the answer then.
    pub chars: usize,
    /// Whether the answer then was cut short, so that only its beginning is compared.
    pub is_partial: bool,
    /// Where they part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<ReplayDifference>,
    /// Why it is impossible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<ReplayObstacle>,
    /// The code of the error with which the model failed now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What is another now than then.
    pub changes: Vec<ReplayedChange>,
    /// The seed that both were asked with.
    pub seed: Option<i64>,
    /// Who answered then.
    pub then: Answerer,
    /// Who answered now.
    pub now: Answerer,
}

impl ReplayedAnswer {
    /// One that was not asked for yet.
    #[must_use]
    pub fn new(turn: i32, side: Side, model: String) -> Self {
        Self {
            turn,
            side,
            model,
            outcome: ReplayOutcome::Impossible,
            chars: 0,
            is_partial: false,
            difference: None,
            obstacle: None,
            error: None,
            changes: Vec::new(),
            seed: None,
            then: Answerer::default(),
            now: Answerer::default(),
        }
    }

    /// The same for this reason.
    #[must_use]
    pub fn impossible(self, obstacle: ReplayObstacle) -> Self {
        Self { outcome: ReplayOutcome::Impossible, obstacle: Some(obstacle), ..self }
    }

    /// Compares the answers. One that was cut short is compared as far as it goes.
    #[must_use]
    pub fn compared(self, then: &str, now: &str) -> Self {
        let difference = difference(then, now, self.is_partial);
        let outcome = if difference.is_some() { ReplayOutcome::Differs } else { ReplayOutcome::Same };
        Self { outcome, difference, ..self }
    }
}

/// What a replay came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayReport {
    /// Answers that are to be asked for again.
    pub total: usize,
    /// Those that were, in the order of the conversation.
    pub answers: Vec<ReplayedAnswer>,
}

impl ReplayReport {
    /// How many have this outcome.
    #[must_use]
    pub fn count(&self, outcome: ReplayOutcome) -> usize {
        self.answers.iter().filter(|answer| answer.outcome == outcome).count()
    }

    /// Whether every answer came out the same, and there was one.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.total > 0 && self.count(ReplayOutcome::Same) == self.total
    }
}

/// Where two texts part; of one that was cut short, only what is there is compared.
#[must_use]
pub fn difference(then: &str, now: &str, is_partial: bool) -> Option<ReplayDifference> {
    let same = then.chars().zip(now.chars()).take_while(|(then, now)| then == now).count();
    let (is_over_then, is_over_now) = (then.chars().nth(same).is_none(), now.chars().nth(same).is_none());
    if is_over_then && (is_over_now || is_partial) {
        return None;
    }
    Some(ReplayDifference { at: same + 1, then: around(then, same), now: around(now, same) })
}

/// What stands around a place, with marks where something is left out.
fn around(text: &str, at: usize) -> String {
    let from = at.saturating_sub(BEFORE);
    let mut rest = text.chars().skip(from);
    let shown: String = rest.by_ref().take(at - from + AFTER).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if rest.next().is_some() { "…" } else { "" });
    format!("{before}{shown}{after}")
}

/// What is another now than then of who answered. What one of the two does not say is not compared.
#[must_use]
pub fn changes_between(then: &Answerer, now: &Answerer) -> Vec<ReplayedChange> {
    let mut changes = Vec::new();
    let mut compare = |what, then: Option<&str>, now: Option<&str>| {
        if let (Some(then), Some(now)) = (then, now)
            && then != now
        {
            changes.push(ReplayedChange::new(what, then, now));
        }
    };
    match (then.engine(), now.engine()) {
        (Some(then), Some(now)) => {
            compare(ReplayChange::File, then.digest.as_deref(), now.digest.as_deref());
            compare(ReplayChange::Engine, Some(&then.engine), Some(&now.engine));
            compare(ReplayChange::Device, Some(&then.device), Some(&now.device));
        }
        _ => {
            compare(ReplayChange::Fingerprint, then.fingerprint.as_deref(), now.fingerprint.as_deref());
            compare(ReplayChange::Model, then.model.as_deref(), now.model.as_deref());
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_part_at_a_character_and_not_at_a_byte() {
        let found = difference("春眠不覺曉", "春眠不知曉", false).expect("they differ");
        assert_eq!((found.at, found.then.as_str(), found.now.as_str()), (4, "春眠不覺曉", "春眠不知曉"));
        assert_eq!(difference("a", "a", false), None);
        assert_eq!(difference("", "", false), None);
        let longer = difference("a", "ab", false).expect("one is longer");
        assert_eq!((longer.at, longer.then.as_str(), longer.now.as_str()), (2, "a", "ab"));
        assert_eq!(difference("ab", "a", false).map(|found| found.at), Some(2));
    }

    #[test]
    fn an_answer_that_was_cut_short_is_compared_as_far_as_it_goes() {
        assert_eq!(difference("one two", "one two three", true), None);
        assert_eq!(difference("one two", "one", true).map(|found| found.at), Some(4));
        assert_eq!(difference("one two", "one too", true).map(|found| found.at), Some(6));
    }

    #[test]
    fn only_what_stands_around_the_place_is_shown() {
        let (then, now) = (format!("{}x{}", "a".repeat(100), "b".repeat(100)), "a".repeat(100));
        let found = difference(&then, &now, false).expect("they differ");
        assert_eq!(found.at, 101);
        assert_eq!(found.then, format!("…{}x{}…", "a".repeat(BEFORE), "b".repeat(AFTER - 1)));
        assert_eq!(found.now, format!("…{}", "a".repeat(BEFORE)));
    }

    #[test]
    fn what_changed_is_named_as_far_as_both_say_it() {
        let of =
            |fingerprint: &str| Answerer { fingerprint: Some(fingerprint.to_owned()), model: Some("m".to_owned()) };
        let (one, other) = ("0".repeat(64), "1".repeat(64));
        let then = of(&format!("mixtral-0.1.0/cpu-avx2/{one}"));
        let named =
            |now: &Answerer| changes_between(&then, now).into_iter().map(|change| change.what).collect::<Vec<_>>();
        assert_eq!(named(&then), []);
        assert_eq!(named(&of(&format!("mixtral-0.1.0/cpu-avx2/{other}"))), [ReplayChange::File]);
        assert_eq!(named(&of(&format!("mixtral-0.2.0/cuda-0/{one}"))), [ReplayChange::Engine, ReplayChange::Device]);
        assert_eq!(named(&of("mixtral-0.1.0/cpu-avx2")), [], "the digest is not known yet");
        assert_eq!(named(&of("fp_1")), [ReplayChange::Fingerprint]);
        assert_eq!(named(&Answerer::default()), []);
        let renamed = Answerer { model: Some("n".to_owned()), ..of("fp_1") };
        assert_eq!(changes_between(&of("fp_1"), &renamed), [ReplayedChange::new(ReplayChange::Model, "m", "n")]);
    }

    #[test]
    fn a_report_is_the_same_where_every_answer_is() {
        let answer = |then: &str| ReplayedAnswer::new(1, Side::A, "m".to_owned()).compared(then, "a");
        assert!(ReplayReport { total: 1, answers: vec![answer("a")] }.is_same());
        assert!(!ReplayReport { total: 2, answers: vec![answer("a")] }.is_same());
        assert!(!ReplayReport { total: 1, answers: vec![answer("b")] }.is_same());
        assert!(!ReplayReport::default().is_same(), "nothing was compared");
    }
}
