//! A language and its texts.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
use unic_langid::{LanguageIdentifier, langid};

use crate::separators;

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        customise: |bundle| {
            // Isolation marks around every argument would be seen in terminals and attributes, and copied along.
            bundle.set_use_isolating(false);
            bundle.set_formatter(Some(separators::format));
        },
    };
}

static EN: LanguageIdentifier = langid!("en");
static ZH: LanguageIdentifier = langid!("zh");

/// A language that errors are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// A text by its key; see [`t!`].
    pub(crate) fn text(self, key: &str, arguments: &[(&'static str, FluentValue<'static>)]) -> String {
        let arguments: HashMap<Cow<'static, str>, FluentValue<'static>> =
            arguments.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        let language = match self {
            Self::English => &EN,
            Self::Chinese => &ZH,
        };
        TEXTS.try_lookup_with_args(language, key, &arguments).unwrap_or_else(|| key.to_owned())
    }
}

/// What may stand in a text.
pub(crate) trait Argument {
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

arguments!(|number| FluentValue::from(number) => usize, u64);
arguments!(|text| FluentValue::from(text.to_string()) => &str, String, &String, std::path::Display<'_>, &std::io::Error);
