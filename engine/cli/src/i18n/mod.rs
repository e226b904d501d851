//! The terminal's language and everything that is said in it: Fluent files in `locales/en` and `locales/zh`.
//!
//! Numbers that are given as numbers choose the plural and are shown with thousands separators; what must be shown as it is
//! (a seed, a version) is given as text.

/// A text of a language, with arguments: `t!(language, "chat-usage", tokens = 3)`.
macro_rules! t {
    ($language:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $language.text($key, &[$((stringify!($name), $crate::i18n::Argument::value($value))),*])
    };
}

mod clap;
mod errors;
mod numbers;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
use unic_langid::{LanguageIdentifier, langid};

#[cfg(test)]
pub use clap::key;
pub use clap::{command, usage_error};
pub use errors::{described, engine};
pub use numbers::percent;
#[cfg(test)]
pub use tests::keys;

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        customise: |bundle| {
            // Isolation marks around every argument would be seen in terminals, and copied along.
            bundle.set_use_isolating(false);
            bundle.set_formatter(Some(numbers::format));
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
    /// What the person at the terminal reads: by `LC_ALL`, `LC_MESSAGES` or `LANG`, the first that is set. (The crate
    /// sys-locale would ask `LANGUAGE` before them, even where `LC_ALL=C` wants English.)
    pub fn of_terminal() -> Self {
        let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::of(&["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default())
    }

    /// Chinese for `zh`, `zh_CN.UTF-8`, `zh-Hans`, …; English for everything else.
    fn of(locale: &str) -> Self {
        let primary = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") { Self::Chinese } else { Self::English }
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

/// What may stand in a text.
pub trait Argument {
    fn value(self) -> FluentValue<'static>;
}

macro_rules! arguments {
    ($make:expr => $($kind:ty),*) => {
        $(impl Argument for $kind {
            fn value(self) -> FluentValue<'static> {
                let make: fn($kind) -> FluentValue<'static> = $make;
                make(self)
            }
        })*
    };
}

arguments!(|number| FluentValue::from(number) => usize, u64, u32);
arguments!(|text| FluentValue::from(text.to_string()) =>
    &str, String, &String, std::path::Display<'_>, mixtral_engine::quant::GgmlType, &std::io::Error);
