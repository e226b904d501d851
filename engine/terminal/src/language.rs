//! Which language, and its texts.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
use unic_langid::{LanguageIdentifier, langid};

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        // Isolation marks around every argument would be seen in terminals, and copied along.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static EN: LanguageIdentifier = langid!("en");
static ZH: LanguageIdentifier = langid!("zh");

/// The variables that say which language messages come in, the first that is set wins (POSIX, Base Definitions 8.2). The
/// crate `sys-locale` asks LANGUAGE before them, even where `LC_ALL=C` wants English, and LC_CTYPE, which is about
/// characters, where POSIX asks LC_MESSAGES.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// A language of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// What the person at the terminal reads; English where the environment names none of ours.
    #[must_use]
    pub fn of_terminal() -> Self {
        Self::of_variables(|name| std::env::var(name).ok())
    }

    fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        Self::of(&set.unwrap_or_default())
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

    /// One of this crate's texts.
    pub(crate) fn text(self, key: &str, arguments: &[(&'static str, &str)]) -> String {
        let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> =
            arguments.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(*value))).collect();
        TEXTS.try_lookup_with_args(self.id(), key, &arguments).unwrap_or_else(|| key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let with = |set: &[(&str, &str)]| {
            Language::of_variables(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_GB.UTF-8")]), Language::English);
        assert_eq!(with(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "zh_TW.UTF-8")]), Language::Chinese);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")]), Language::Chinese);
        assert_eq!(with(&[("LANG", "C.UTF-8")]), Language::English);
        assert_eq!(with(&[]), Language::English);
        assert_eq!(Language::of("ZH-hans"), Language::Chinese);
        assert_eq!(Language::of("zha"), Language::English);
    }

    /// Key → the arguments that its text takes.
    fn texts(file: &'static str) -> BTreeMap<&'static str, Vec<&'static str>> {
        let arguments = |text: &'static str| {
            let mut names: Vec<_> = text.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
            names.sort_unstable();
            names
        };
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once(" = ")).map(|(key, text)| (key, arguments(text))).collect()
    }

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_arguments_and_all_are_used() {
        let [english, chinese] =
            [include_str!("../locales/en/usage.ftl"), include_str!("../locales/zh/usage.ftl")].map(texts);
        assert_eq!(english, chinese);
        assert!(english.len() > 25);
        let code = [include_str!("help.rs"), include_str!("usage.rs")].concat();
        for (key, names) in &english {
            assert!(code.contains(&format!("\"{key}\"")), "{key} is used nowhere");
            let given: Vec<_> = names.iter().map(|name| (*name, "x")).collect();
            for language in [Language::English, Language::Chinese] {
                assert_ne!(language.text(key, &given), **key, "{key} has a text");
            }
        }
    }
}
