//! A text in every language.

use std::fmt;
use std::io;

use engine_messages::{Language, system};
use serde::{Deserialize, Serialize};

use super::Locale;

/// A text in every language: what one process says to the readers of another's pages, or what waits until somebody reads it.
/// In logs and in the API, by [`fmt::Display`], it is English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translated {
    en: String,
    zh: String,
}

impl Translated {
    /// What `text` says in each language.
    pub fn of(text: impl Fn(Locale) -> String) -> Self {
        Self { en: text(Locale::En), zh: text(Locale::Zh) }
    }

    /// What nobody translates: names, and what another program said.
    pub fn verbatim(text: impl Into<String>) -> Self {
        let en = text.into();
        Self { zh: en.clone(), en }
    }

    /// What the operating system refused.
    pub fn of_system(error: &io::Error) -> Self {
        Self::of(|locale| system(error, locale.into()))
    }

    /// The text in a language.
    pub fn text(&self, locale: Locale) -> &str {
        match locale {
            Locale::En => &self.en,
            Locale::Zh => &self.zh,
        }
    }
}

impl From<Locale> for Language {
    fn from(locale: Locale) -> Self {
        match locale {
            Locale::En => Self::English,
            Locale::Zh => Self::Chinese,
        }
    }
}

impl fmt::Display for Translated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Message;

    #[test]
    fn a_refusal_of_the_system_reads_in_both_languages_within_a_sentence_of_ours() {
        let why = Translated::of_system(&io::ErrorKind::NotFound.into());
        let told: Translated = Message::new("worker-no-start").with("program", "/bin/x").with_text("why", &why).into();
        assert_eq!(told.to_string(), "it cannot be started from /bin/x: no such file or folder");
        assert_eq!(told.text(Locale::Zh), "无法从 /bin/x 启动：没有这个文件或文件夹");
        let sent = serde_json::to_string(&told).expect("JSON");
        assert_eq!(serde_json::from_str::<Translated>(&sent).expect("what was sent"), told);
    }
}
