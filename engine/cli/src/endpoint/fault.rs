//! Why an endpoint gave no answer.

use std::time::Duration;

use crate::i18n::Language;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It will refuse the same request again: status and what it says.
    Refused { status: u16, message: String },
    /// It may take it later: too many requests, or trouble of its own.
    Busy { status: u16, message: String, retry_after: Option<Duration> },
    /// It cannot be reached, or the connection broke.
    Network(String),
    /// It took longer than it may.
    Timeout,
    /// What came is no answer of this protocol.
    Malformed(String),
    /// A local model's own error, in the language.
    Local(String),
    /// The budget is used up.
    Budget,
}

impl Fault {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Network(_) | Self::Timeout | Self::Malformed(_))
    }

    /// Whether every other request will fail alike: the key, the address or the model's name is wrong, or the quota is used up.
    pub fn concerns_all(&self) -> bool {
        matches!(self, Self::Refused { status: 401..=405 | 429, .. } | Self::Budget)
    }

    /// What it is, and what can be done about it.
    pub fn text(&self, language: Language) -> String {
        match self {
            Self::Refused { status, message } => {
                let key = match status {
                    401 | 403 => "endpoint-key",
                    404 | 405 => "endpoint-not-found",
                    429 => "endpoint-quota",
                    _ => "endpoint-refused",
                };
                t!(language, key, status = status.to_string(), what = message)
            }
            Self::Busy { status, message, .. } => {
                t!(language, "endpoint-busy", status = status.to_string(), what = message)
            }
            Self::Network(what) => t!(language, "endpoint-network", what = what),
            Self::Timeout => t!(language, "endpoint-timeout"),
            Self::Malformed(what) => t!(language, "endpoint-malformed", what = what),
            Self::Local(what) => what.clone(),
            Self::Budget => t!(language, "endpoint-budget"),
        }
    }
}
