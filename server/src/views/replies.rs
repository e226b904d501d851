//! How a side's state reads. Nothing here tells one model from another: no counts, no times, no names.

use serde_json::{Value, json};

use super::markdown;
use crate::domain::{ReplyStatus, Side};
use crate::i18n::Locale;
use crate::streams::SideView;

/// A side on a page.
#[derive(Debug, Clone)]
pub struct ReplyView {
    /// Which side.
    pub side: Side,
    /// Its attempt, from 1.
    pub attempt: i32,
    /// How many characters of it are shown.
    pub chars: usize,
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
    /// Whether it can be asked again.
    pub can_retry: bool,
}

impl ReplyView {
    /// The view of a side.
    pub fn new(locale: Locale, side: Side, view: &SideView) -> Self {
        Self {
            side,
            attempt: view.attempt,
            chars: view.text.chars().count(),
            blocks: markdown::blocks(&view.text),
            text: view.text.to_string(),
            status: view.status,
            label: label(locale, view),
            message: message(locale, view),
            can_retry: can_retry(view),
        }
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        self.status.is_running()
    }
}

/// Whether a side can be asked again.
pub fn can_retry(view: &SideView) -> bool {
    view.status.needs_retry() || (view.status == ReplyStatus::Stopped && view.text.is_empty())
}

fn label(locale: Locale, view: &SideView) -> String {
    locale.text(&format!("reply-{}", view.status))
}

/// What went wrong with a side, in words; empty where nothing did.
pub fn message(locale: Locale, view: &SideView) -> String {
    if view.status.needs_retry() {
        return error_text(locale, view.error_code.as_deref().unwrap_or("server_failed"));
    }
    if view.status == ReplyStatus::Stopped && view.text.is_empty() {
        return locale.text("reply-stopped-empty");
    }
    if view.status == ReplyStatus::Done && view.text.trim().is_empty() {
        return locale.text("reply-empty");
    }
    if view.is_cut { locale.text("reply-cut") } else { String::new() }
}

/// The text of a backend's error code, or of ours.
fn error_text(locale: Locale, code: &str) -> String {
    match crate::backends::ErrorKind::from_code(code) {
        Some(kind) => locale.text(&format!("backend-{}", kind.code().replace('_', "-"))),
        None => locale.text("backend-server-failed"),
    }
}

/// The same for a stream.
pub fn status_json(locale: Locale, side: Side, view: &SideView) -> Value {
    json!({
        "side": side,
        "status": view.status,
        "label": label(locale, view),
        "message": message(locale, view),
        "retry": can_retry(view),
    })
}
