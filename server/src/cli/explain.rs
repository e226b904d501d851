//! Errors as the person at the terminal reads them.

use arena_server::database::DatabaseError;
use arena_server::error::Error;
use arena_server::i18n::{Locale, error_text, told};

/// The text of an error in a language, as far as it has one.
pub fn explain(error: &anyhow::Error, locale: Locale) -> String {
    if let Some(error) = error.downcast_ref::<DatabaseError>() {
        return error.message().text(locale);
    }
    match error.downcast_ref::<Error>() {
        Some(Error::Internal(cause)) => explain(cause, locale),
        Some(error) => error_text(error, locale),
        None => told(error, locale),
    }
}

#[cfg(test)]
mod tests {
    use arena_server::i18n::Message;

    use super::*;

    #[test]
    fn errors_speak_the_language_of_the_terminal() {
        let errors: [anyhow::Error; 4] = [
            Message::new("config-home").into(),
            DatabaseError::NoAccount.into(),
            Error::invalid("admin-name", "").into(),
            Error::Internal(DatabaseError::NoAccount.into()).into(),
        ];
        for error in errors {
            let (en, zh) = (explain(&error, Locale::En), explain(&error, Locale::Zh));
            assert!(en.is_ascii() && en.len() > 20, "{en}");
            assert!(zh.chars().any(|c| ('一'..='鿿').contains(&c)), "{zh}");
        }
        assert_eq!(explain(&anyhow::anyhow!("inner").context("outer"), Locale::Zh), "outer: inner");
    }
}
