//! What the public is told of an [`Error`].

use super::{Locale, grouped};
use crate::domain::{MAX_PROMPT_CHARS, MAX_TURNS};
use crate::error::Error;

/// The public text of an error: `error-CODE`. It may name the limits that visitors meet.
pub fn error_text(error: &Error, locale: Locale) -> String {
    let (chars, turns) = (grouped(MAX_PROMPT_CHARS as u64), MAX_TURNS.to_string());
    let arguments = [("detail", error.detail()), ("max-chars", chars.as_str()), ("max-turns", turns.as_str())];
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
