//! A visitor's message.

/// The most characters (Unicode scalar values) a message may have, as in FastChat's blind battles.
pub const MAX_PROMPT_CHARS: usize = 30_000;

/// A message that says something and is not too long, as it was typed: the indentation of code and of verse means something.
/// Only line ends are `\n`, and NUL, which Postgres cannot store, is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt(String);

/// A prompt that is offered to visitors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedPrompt {
    pub prompt: String,
    /// Its themes.
    pub tags: Vec<String>,
}

/// Why a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Nothing but white space.
    #[error("the message is empty")]
    Empty,
    /// More than [`MAX_PROMPT_CHARS`].
    #[error("the message has {chars} characters, more than {MAX_PROMPT_CHARS}")]
    TooLong {
        /// How many it has.
        chars: usize,
    },
}

impl Prompt {
    /// Checks a message.
    pub fn parse(text: &str) -> Result<Self, PromptError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
        if text.trim().is_empty() {
            return Err(PromptError::Empty);
        }
        let chars = text.chars().count();
        if chars > MAX_PROMPT_CHARS {
            return Err(PromptError::TooLong { chars });
        }
        Ok(Self(text))
    }

    /// The message.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The message, given away.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_white_space_is_empty() {
        assert_eq!(Prompt::parse(" \r\n\t\u{3000}"), Err(PromptError::Empty));
    }

    #[test]
    fn length_counts_characters_and_not_bytes() {
        let longest = "诗".repeat(MAX_PROMPT_CHARS);
        assert_eq!(Prompt::parse(&longest).map(|p| p.as_str().len()), Ok(3 * MAX_PROMPT_CHARS));
        let longer = "诗".repeat(MAX_PROMPT_CHARS + 1);
        assert_eq!(Prompt::parse(&longer), Err(PromptError::TooLong { chars: MAX_PROMPT_CHARS + 1 }));
    }

    #[test]
    fn line_ends_are_unified_and_nul_is_dropped() {
        assert_eq!(Prompt::parse("a\r\nb\rc\0").map(Prompt::into_string), Ok("a\nb\nc".to_owned()));
    }

    #[test]
    fn a_message_goes_as_it_was_typed() {
        let typed = "    if x:\n\treturn *y*  \n\n\u{3000}床前明月光\n";
        assert_eq!(Prompt::parse(typed).map(Prompt::into_string), Ok(typed.to_owned()));
    }
}
