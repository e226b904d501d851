//! A text that is not yet in a language.

use std::fmt;

use super::{Locale, Translated};

/// A key of the locale files with its arguments. As an error it is told in the language of whoever reads it; in logs, by
/// [`fmt::Display`], in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    key: &'static str,
    arguments: Vec<(&'static str, Argument)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Text(String),
    Lines(Vec<Message>),
    Translated(Translated),
}

impl Message {
    /// The text of this key.
    pub const fn new(key: &'static str) -> Self {
        Self { key, arguments: Vec::new() }
    }

    /// With an argument: `{ $name }` in the text.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.arguments.push((name, Argument::Text(value.to_string())));
        self
    }

    /// With a list below the text, one message a line; nothing where there is none.
    #[must_use]
    pub fn with_lines(mut self, name: &'static str, lines: Vec<Self>) -> Self {
        self.arguments.push((name, Argument::Lines(lines)));
        self
    }

    /// With an argument that is a text in every language itself.
    #[must_use]
    pub fn with_text(mut self, name: &'static str, text: &Translated) -> Self {
        self.arguments.push((name, Argument::Translated(text.clone())));
        self
    }

    /// The text in a language.
    pub fn text(&self, locale: Locale) -> String {
        let arguments: Vec<(&'static str, String)> =
            self.arguments.iter().map(|(name, value)| (*name, value.text(locale))).collect();
        let arguments: Vec<(&'static str, &str)> =
            arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
        locale.text_with(self.key, &arguments)
    }
}

impl From<Message> for Translated {
    fn from(message: Message) -> Self {
        Self::of(|locale| message.text(locale))
    }
}

impl Argument {
    fn text(&self, locale: Locale) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Translated(text) => text.text(locale).to_owned(),
            Self::Lines(lines) => lines.iter().map(|line| format!("\n  - {}", line.text(locale))).collect(),
        }
    }
}

/// What a person is told of an error: its [`Message`] where it is one; else its causes, as the system and the libraries
/// word them.
pub fn told(error: &anyhow::Error, locale: Locale) -> String {
    match error.downcast_ref::<Message>() {
        Some(message) => message.text(locale),
        None => format!("{error:#}"),
    }
}

/// The same for an error that is a [`Message`]; nothing for others.
pub fn told_of(error: &(dyn std::error::Error + 'static), locale: Locale) -> Option<String> {
    error.downcast_ref::<Message>().map(|message| message.text(locale))
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Locale::En))
    }
}

impl std::error::Error for Message {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_in_the_language_of_the_text_around_it() {
        let old = Message::new("database-tried-old").with("folder", "/opt/pg").with("version", 13);
        let message = Message::new("database-no-binaries").with("oldest", 15).with_lines("tried", vec![old]);
        assert!(message.to_string().ends_with("\n  - /opt/pg: version 13 is too old"), "{message}");
        let zh = message.text(Locale::Zh);
        assert!(zh.ends_with("\n  - /opt/pg：版本 13 过旧"), "{zh}");
    }
}
