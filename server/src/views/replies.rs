//! How a side's state reads. Nothing here tells one model from another: no counts, no times, no names.

use serde_json::{Value, json};

use super::markdown;
use crate::domain::{AnswerMode, Refusal, ReplyStatus, Side, Trouble};
use crate::i18n::Locale;
use crate::streams::{Cut, SideView};

/// A side on a page.
#[derive(Debug, Clone)]
pub struct ReplyView {
    pub side: Side,
    /// Its text, block by block.
    pub blocks: Vec<String>,
    /// The source, for copying.
    pub text: String,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// That in words.
    pub label: String,
    /// What went wrong, in words.
    pub message: String,
    /// How the visitor wanted it, where they had it answered again.
    pub mode: Option<String>,
    /// Whether it can be asked again.
    pub can_retry: bool,
}

impl ReplyView {
    /// The view of a side; `retry` is whether it may be asked again.
    pub fn new(
        locale: Locale,
        side: Side,
        view: &SideView,
        mode: Option<AnswerMode>,
        retry: Result<(), Refusal>,
    ) -> Self {
        Self {
            side,
            blocks: markdown::blocks(&view.text),
            text: view.text.to_string(),
            status: view.status,
            label: label(locale, view),
            message: message(locale, view, retry),
            mode: mode.map(|mode| mode_text(locale, mode)),
            can_retry: retry.is_ok(),
        }
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        self.status.is_running()
    }
}

/// What a way to answer again is called.
pub fn mode_text(locale: Locale, mode: AnswerMode) -> String {
    locale.text(&format!("answer-{mode}"))
}

fn label(locale: Locale, view: &SideView) -> String {
    locale.text(&format!("reply-{}", view.status))
}

/// What went wrong with a side and what to do about it, in words; empty where nothing did.
pub fn message(locale: Locale, view: &SideView, retry: Result<(), Refusal>) -> String {
    let is_worn_out = retry == Err(Refusal::TooManyAttempts);
    match view.side_status().trouble() {
        Some(Trouble::EmptyAnswer) if is_worn_out => locale.text("reply-empty-again"),
        Some(Trouble::EmptyAnswer) => locale.text("reply-empty"),
        Some(_) if is_worn_out => locale.text(&format!("error-{}", Refusal::TooManyAttempts.code())),
        Some(Trouble::Failed | Trouble::Refused) => {
            error_text(locale, view.error_code.as_deref().unwrap_or("server-failed"))
        }
        Some(Trouble::StoppedBeforeAnswer) => locale.text("reply-stopped-empty"),
        None => match view.cut {
            Some(Cut::Length) => locale.text("reply-cut"),
            Some(Cut::Filter) => locale.text("reply-filtered"),
            Some(Cut::Unspecified) => locale.text("reply-cut-short"),
            None => String::new(),
        },
    }
}

/// The text of a backend's error code, or of ours.
fn error_text(locale: Locale, code: &str) -> String {
    match crate::backends::ErrorKind::from_code(code) {
        Some(kind) => locale.text(&format!("backend-{}", kind.code())),
        None => locale.text("backend-server-failed"),
    }
}

/// The same for a stream.
pub fn status_json(locale: Locale, side: Side, view: &SideView, retry: Result<(), Refusal>) -> Value {
    json!({
        "side": side,
        "status": view.status,
        "label": label(locale, view),
        "message": message(locale, view, retry),
        "retry": retry.is_ok(),
    })
}
