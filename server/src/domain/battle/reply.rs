//! One attempt of a side to answer, and its life.

use pulldown_cmark::{Event, Parser, Tag};

use super::AnswerMode;
use crate::domain::text_enum::text_enum;
use crate::domain::{ModelId, ReplyId, Side};

text_enum!(
    /// The life of a reply. The first two go on; the others are final.
    ReplyStatus, "reply status" {
        /// Asked for; no token yet.
        Waiting = "waiting",
        /// Tokens are coming.
        Streaming = "streaming",
        /// The model ended, or reached its limit.
        Done = "done",
        /// The backend failed; `error_code` says how.
        Failed = "failed",
        /// The visitor stopped it.
        Stopped = "stopped",
        /// The serving process died; what had arrived is kept.
        Interrupted = "interrupted",
    }
);

impl ReplyStatus {
    /// Whether more may still arrive.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Waiting | Self::Streaming)
    }
}

/// The longest answer that may be Markdown for nothing.
const NOTHING_BYTES: usize = 400;

/// Whether this is no answer: nothing but white space and characters that show nothing, or Markdown for such (`&nbsp;`, a
/// heading without words). Models are not shown it.
pub fn is_empty_answer(text: &str) -> bool {
    is_blank(text) || (text.len() <= NOTHING_BYTES && text.contains(['&', '#', '[']) && shows_nothing(text))
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Whether a page shows nothing of this Markdown: no text, and nothing that has a look of its own.
fn shows_nothing(text: &str) -> bool {
    Parser::new(text).all(|event| match event {
        Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => is_blank(&text),
        Event::Start(tag) => {
            matches!(tag, Tag::Paragraph | Tag::Heading { .. } | Tag::Link { .. } | Tag::Emphasis | Tag::Strong)
        }
        Event::End(_) | Event::SoftBreak | Event::HardBreak => true,
        _ => false,
    })
}

/// Zero-width characters, joiners, soft hyphens, marks of direction, byte order marks and blank letters.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// One attempt of a side, as the database has it.
#[derive(Debug, Clone)]
pub struct Reply {
    pub id: ReplyId,
    /// Its turn, from 1.
    pub turn: i32,
    pub side: Side,
    /// From 1.
    pub attempt: i32,
    /// Whether an empty answer was retried for it, so that another one is not.
    pub after_empty: bool,
    /// How the visitor wanted to be answered again, where they did.
    pub mode: Option<AnswerMode>,
    /// Who answers.
    pub model: ModelId,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// What has arrived: Markdown, as the model wrote it.
    pub content: String,
    /// How many characters (Unicode scalar values) of it the browser may see.
    pub released: i32,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// How it failed.
    pub error_code: Option<String>,
    /// Tokens of the conversation before it.
    pub prompt_tokens: Option<i32>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i32>,
    /// Milliseconds to the first token.
    pub first_token_ms: Option<i32>,
    /// Milliseconds to the end.
    pub total_ms: Option<i32>,
    /// Whether its server has fallen silent.
    pub is_stale: bool,
}

impl Reply {
    /// Whether it goes on by the row, and nobody writes it any more: it has to be marked as interrupted.
    pub const fn has_lost_its_server(&self) -> bool {
        self.is_stale && self.status.is_running()
    }

    /// What the rules need to know of it.
    pub fn side_status(&self) -> SideStatus {
        SideStatus {
            status: self.status,
            attempt: self.attempt,
            is_empty: is_empty_answer(&self.content),
            is_permanent: is_permanent(self.error_code.as_deref()),
            after_empty: self.after_empty,
        }
    }
}

/// Where one side of the newest turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideStatus {
    /// Where its newest attempt is in its life.
    pub status: ReplyStatus,
    /// Which attempt that is, from 1.
    pub attempt: i32,
    /// Whether it has said nothing.
    pub is_empty: bool,
    /// Whether the same message would fail again, should it have failed.
    pub is_permanent: bool,
    /// Whether an empty answer was retried for it.
    pub after_empty: bool,
}

impl SideStatus {
    /// What is wrong with an answer that has ended.
    pub const fn trouble(self) -> Option<Trouble> {
        match self.status {
            ReplyStatus::Failed if self.is_permanent => Some(Trouble::Refused),
            ReplyStatus::Failed | ReplyStatus::Interrupted => Some(Trouble::Failed),
            ReplyStatus::Stopped if self.is_empty => Some(Trouble::StoppedBeforeAnswer),
            ReplyStatus::Done if self.is_empty => Some(Trouble::EmptyAnswer),
            ReplyStatus::Waiting | ReplyStatus::Streaming | ReplyStatus::Done | ReplyStatus::Stopped => None,
        }
    }

    /// Whether the model has had its say, so that it can be judged. Saying nothing is an answer too, unless the visitor
    /// stopped it before.
    pub const fn is_judgeable(self) -> bool {
        matches!(self.status, ReplyStatus::Done | ReplyStatus::Stopped)
            && !matches!(self.trouble(), Some(Trouble::StoppedBeforeAnswer))
    }
}

/// What is wrong with an answer that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The backend failed, or its server died; the same message may succeed later.
    Failed,
    /// The backend does not answer this message, however often it is asked.
    Refused,
    /// The visitor stopped it before it said anything.
    StoppedBeforeAnswer,
    /// The model ended and said nothing.
    EmptyAnswer,
}

/// The codes of failures that come again with the same message: only another message can help. The codes are those of
/// `backends::ErrorKind`, which this layer does not know; a test there holds the two together.
const PERMANENT: [&str; 3] = ["context-too-long", "filtered", "invalid-request"];

/// The codes of attempts for which the model was never asked; they say nothing of it.
pub const UNTRIED: [&str; 2] = ["queue-full", "not-ready"];

/// Whether a failure with this code would come again with the same message.
pub fn is_permanent(error_code: Option<&str>) -> bool {
    error_code.is_some_and(|code| PERMANENT.contains(&code))
}
