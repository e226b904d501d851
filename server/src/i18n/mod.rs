//! Everything that people read, in two languages: the texts are Fluent files in `templates/locales`.

mod errors;
mod message;
mod numbers;
mod terminal;
mod translated;

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
use unic_langid::{LanguageIdentifier, langid};

use crate::domain::UnknownName;

pub use errors::error_text;
pub use message::{Message, told, told_of};
pub use numbers::{grouped, percent};
pub use translated::Translated;

static_loader! {
    static TEXTS = {
        locales: "../templates/locales",
        fallback_language: "en",
        // Isolation marks around every argument would show up in attributes and in copied text.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static EN: LanguageIdentifier = langid!("en");
static ZH: LanguageIdentifier = langid!("zh");

/// A language that the arena speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl Locale {
    /// The name in cookies and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The value of the HTML attribute `lang`.
    pub const fn html_lang(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// A text without arguments.
    pub fn text(self, key: &str) -> String {
        self.text_with(key, &[])
    }

    /// A text without arguments whose key was put together from data, where there is one.
    pub fn find(self, key: &str) -> Option<String> {
        TEXTS.try_lookup(self.identifier(), key)
    }

    /// A text with arguments. An argument that is a whole number chooses the plural.
    pub fn text_with(self, key: &str, arguments: &[(&'static str, &str)]) -> String {
        let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> = arguments
            .iter()
            .map(|(name, value)| {
                let value = match value.parse::<i64>() {
                    // Only what reads the same as a number and as a text may become one: `007` stays.
                    Ok(number) if number.to_string() == *value => FluentValue::from(number),
                    _ => FluentValue::from(*value),
                };
                (Cow::Borrowed(*name), value)
            })
            .collect();
        TEXTS.lookup_with_args(self.identifier(), key, &arguments)
    }

    const fn identifier(self) -> &'static LanguageIdentifier {
        match self {
            Self::En => &EN,
            Self::Zh => &ZH,
        }
    }
}

impl std::str::FromStr for Locale {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        match name {
            "en" => Ok(Self::En),
            "zh" => Ok(Self::Zh),
            _ => Err(UnknownName { what: "language", name: name.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_exist_in_both_languages() {
        assert_eq!(Locale::En.text("site-name"), "Mixtral Arena");
        assert_ne!(Locale::Zh.text("nav-battle"), Locale::En.text("nav-battle"));
    }
}
