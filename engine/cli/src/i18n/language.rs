//! A language of the program and its texts.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
use unic_langid::{LanguageIdentifier, langid};

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        customise: |bundle| {
            // Isolation marks around every argument would be seen in terminals, and copied along.
            bundle.set_use_isolating(false);
            bundle.set_formatter(Some(engine_messages::separators::format));
        },
    };
}

static EN: LanguageIdentifier = langid!("en");
static ZH: LanguageIdentifier = langid!("zh");

/// A language of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// What the person at the terminal reads.
    pub fn of_terminal() -> Self {
        match terminal_i18n::Language::of_terminal() {
            terminal_i18n::Language::English => Self::English,
            terminal_i18n::Language::Chinese => Self::Chinese,
        }
    }

    fn id(self) -> &'static LanguageIdentifier {
        match self {
            Self::English => &EN,
            Self::Chinese => &ZH,
        }
    }

    /// A text by its key; see [`t!`].
    pub fn text(self, key: &str, arguments: &[(&'static str, FluentValue<'static>)]) -> String {
        self.find(key, arguments).unwrap_or_else(|| key.to_owned())
    }

    /// A text, if there is one under this key.
    pub fn find(self, key: &str, arguments: &[(&'static str, FluentValue<'static>)]) -> Option<String> {
        let arguments: HashMap<Cow<'static, str>, FluentValue<'static>> =
            arguments.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        TEXTS.try_lookup_with_args(self.id(), key, &arguments)
    }
}

impl From<Language> for engine_messages::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::English,
            Language::Chinese => Self::Chinese,
        }
    }
}

impl From<Language> for terminal_i18n::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::English,
            Language::Chinese => Self::Chinese,
        }
    }
}
