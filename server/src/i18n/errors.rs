//! What the public is told of an [`Error`].

use super::Locale;
use crate::error::Error;

/// The public text of an error: `error-CODE`.
pub fn error_text(error: &Error, locale: Locale) -> String {
    locale.text_with(&format!("error-{}", error.code()), &[("detail", error.detail())])
}
