//! What a setting may be: rules that read a text, as typed or sent, into a checked value.

use crate::domain::{SentParameter, is_invisible, language_codes};

/// A setting that cannot stay as it is. `code` names the text `error-CODE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the setting.
    pub field: &'static str,
    /// The code of the text.
    pub code: &'static str,
    /// What the text names as `{$detail}`.
    pub detail: String,
}

/// The code of a text and what it names.
pub(in crate::domain) type Mistake = (&'static str, String);

pub(in crate::domain) fn mistake<T>(code: &'static str, detail: impl ToString) -> Result<T, Mistake> {
    Err((code, detail.to_string()))
}

/// One line in which nothing controls a terminal.
const ONE_LINE: &str = r"[^\u0000-\u001f\u007f-\u009f]*";

/// How a setting is typed, for forms and schemas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    Line {
        max: usize,
    },
    Prose {
        max: usize,
        language: &'static str,
    },
    Decimal {
        min: f64,
        max: f64,
    },
    Whole {
        min: i64,
        max: i64,
    },
    /// A whole number that people shorten: 46.7B.
    Count {
        max: i64,
    },
    Address {
        max: usize,
    },
    Device,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// A box to tick: `yes`, or nothing.
    Flag,
}

impl Shape {
    /// The most characters of a text as it was sent, white space at its ends included.
    pub(in crate::domain) fn max_chars(self) -> Option<usize> {
        match self {
            Self::Line { max } | Self::Prose { max, .. } | Self::Address { max } => Some(max),
            Self::Decimal { .. }
            | Self::Whole { .. }
            | Self::Count { .. }
            | Self::Device
            | Self::Choice(_)
            | Self::Flag => None,
        }
    }
}

/// One setting, for forms and schemas.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its one name: in the database, in JSON and in forms. Its label is the text `model-NAME`, with hyphens.
    pub name: &'static str,
    /// What it is, in English.
    pub doc: &'static str,
    /// How it is typed.
    pub shape: Shape,
    /// What a text must match, but for white space at its ends: an ECMA-262 pattern without anchors.
    pub pattern: Option<&'static str>,
    /// Whether it cannot be left empty.
    pub required: bool,
}

/// How one setting is checked and shown.
pub(in crate::domain) trait Rule {
    /// What is stored.
    type Value;

    /// Whether an empty text is a mistake; else it stands for the default.
    const REQUIRED: bool = false;

    /// Whether white space at the ends of a text means nothing.
    const TRIMS: bool = true;

    /// Reads a text that is more than white space, and has none at its ends where that means nothing.
    fn check(&self, text: &str) -> Result<Self::Value, Mistake>;

    /// The text that `check` reads as this value.
    fn show(&self, value: &Self::Value) -> String;

    /// How it is typed.
    fn shape(&self) -> Shape;

    /// What a text must match, but for white space at its ends: an ECMA-262 pattern without anchors.
    fn pattern(&self) -> Option<&'static str> {
        matches!(self.shape(), Shape::Line { .. }).then_some(ONE_LINE)
    }
}

/// Not to be left empty.
pub(in crate::domain) struct Required<R>(pub R);

impl<R: Rule> Rule for Required<R> {
    type Value = R::Value;
    const REQUIRED: bool = true;

    fn check(&self, text: &str) -> Result<R::Value, Mistake> {
        self.0.check(text)
    }

    fn show(&self, value: &R::Value) -> String {
        self.0.show(value)
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn pattern(&self) -> Option<&'static str> {
        self.0.pattern()
    }
}

/// Nothing where the text is empty.
pub(in crate::domain) struct Optional<R>(pub R);

impl<R: Rule> Rule for Optional<R> {
    type Value = Option<R::Value>;

    fn check(&self, text: &str) -> Result<Self::Value, Mistake> {
        self.0.check(text).map(Some)
    }

    fn show(&self, value: &Self::Value) -> String {
        value.as_ref().map(|value| self.0.show(value)).unwrap_or_default()
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn pattern(&self) -> Option<&'static str> {
        self.0.pattern()
    }
}

/// One line of at most this many characters.
pub(in crate::domain) struct Line(pub usize);

impl Rule for Line {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        if text.chars().count() > self.0 || text.chars().any(char::is_control) {
            return mistake("field-line", self.0);
        }
        Ok(text.to_owned())
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Line { max: self.0 }
    }
}

/// Names of sampling parameters, in one line.
pub(in crate::domain) struct ParameterNames;

impl Rule for ParameterNames {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        match SentParameter::list(text) {
            Ok(list) => Ok(SentParameter::names(&list)),
            Err(unknown) => mistake("field-parameter", unknown),
        }
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Line { max: 100 }
    }

    fn pattern(&self) -> Option<&'static str> {
        Some(r"[,;，、\s]*((temperature|top_p|seed|top_k|min_p|repetition_penalty)([,;，、\s]+|$))*")
    }
}

/// Languages by their ISO 639-1 codes, in one line.
pub(in crate::domain) struct LanguageCodes;

impl Rule for LanguageCodes {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        match language_codes(text) {
            Ok(codes) => Ok(codes.join(", ")),
            Err(unknown) => mistake("field-language", unknown),
        }
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Line { max: 100 }
    }

    fn pattern(&self) -> Option<&'static str> {
        Some(r"[,;，、\s]*([A-Za-z]{2}([\-_][A-Za-z0-9]*)*([,;，、\s]+|$))*")
    }
}

/// A name that pages show: one line in which everything can be seen.
pub(in crate::domain) struct Name(pub usize);

impl Rule for Name {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        let text = Line(self.0).check(text)?;
        match text.chars().find(|c| is_invisible(*c)) {
            Some(c) => mistake("field-invisible", format!("U+{:04X}", u32::from(c))),
            None => Ok(text),
        }
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Line { max: self.0 }
    }

    /// Without the characters beyond U+FFFF, which patterns cannot name alike in every program.
    fn pattern(&self) -> Option<&'static str> {
        Some(concat!(
            r"[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f",
            r"\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]*",
        ))
    }
}

/// Several lines in a language.
pub(in crate::domain) struct Prose {
    pub max: usize,
    /// BCP 47, for the element's `lang`.
    pub language: &'static str,
}

impl Rule for Prose {
    type Value = String;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        let text = text.replace("\r\n", "\n").replace('\0', "");
        let text = text.trim();
        if text.chars().count() > self.max {
            return mistake("field-long", self.max);
        }
        Ok(text.to_owned())
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Prose { max: self.max, language: self.language }
    }
}

/// The source of a template: what stands at its ends is part of it.
pub(in crate::domain) struct Source {
    pub max: usize,
}

impl Rule for Source {
    type Value = String;
    const TRIMS: bool = false;

    fn check(&self, text: &str) -> Result<String, Mistake> {
        let text = text.replace("\r\n", "\n").replace('\0', "");
        if text.chars().count() > self.max {
            return mistake("field-long", self.max);
        }
        Ok(text)
    }

    fn show(&self, value: &String) -> String {
        value.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Prose { max: self.max, language: "" }
    }
}
