//! What the public is told of an [`Error`].

use super::{Locale, grouped};
use crate::domain::{MAX_LABEL, MAX_PROMPT_CHARS, MAX_SLUG, MAX_TURNS};
use crate::error::Error;

/// The public text of an error: `error-CODE`. It may name limits.
pub fn error_text(error: &Error, locale: Locale) -> String {
    let limits = [
        ("max-chars", grouped(MAX_PROMPT_CHARS as u64)),
        ("max-turns", MAX_TURNS.to_string()),
        ("max-label", MAX_LABEL.to_string()),
        ("max-slug", MAX_SLUG.to_string()),
    ];
    let seconds = error.retry_after_seconds().unwrap_or(0).to_string();
    let limits = limits.iter().map(|(name, limit)| (*name, limit.as_str()));
    let arguments: Vec<_> = limits.chain([("detail", error.detail()), ("seconds", seconds.as_str())]).collect();
    locale.text_with(&format!("error-{}", error.code()), &arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_the_limits() {
        let error = Error::from(crate::domain::PromptError::TooLong { chars: MAX_PROMPT_CHARS + 1 });
        assert!(error_text(&error, Locale::Zh).contains(&grouped(MAX_PROMPT_CHARS as u64)));
        let error = Error::Conflict("too-many-turns");
        assert!(error_text(&error, Locale::En).contains(&format!("{MAX_TURNS} turns")));
    }
}
