//! What can go wrong at an endpoint: one kind each, with a stable code and a text for people.

use std::fmt;
use std::time::Duration;

/// The kinds of failure, fine enough that a person knows what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The address lies inside the network and the configuration does not allow it.
    AddressRefused,
    /// No connection: name unknown, port closed, TLS refused.
    Unreachable,
    /// The connection was not made in time.
    ConnectTimeout,
    /// Connected, but no token came in time.
    FirstTokenTimeout,
    /// Tokens came, then none for too long.
    BetweenTokensTimeout,
    /// The whole answer took too long.
    TotalTimeout,
    /// The connection broke in the middle of the answer.
    Interrupted,
    /// The key is missing, wrong or without rights.
    Unauthorised,
    /// The endpoint does not have the model.
    ModelNotFound,
    /// Nothing that speaks the protocol answers under this URL.
    EndpointNotFound,
    /// The conversation is longer than the model's context.
    ContextTooLong,
    /// The device has no memory left for this request.
    OutOfMemory,
    /// Too many requests for the key or account.
    RateLimited,
    /// The account has no credit left.
    QuotaExceeded,
    /// The endpoint's queue is full or it is down for the moment.
    Overloaded,
    /// The model is still being loaded.
    Loading,
    /// The endpoint's filter refused the conversation or the answer.
    Filtered,
    /// The endpoint does not accept the request or one of its parameters.
    InvalidRequest,
    /// The endpoint failed inside.
    ServerFailed,
    /// The answer is not what the protocol says.
    InvalidAnswer,
    /// The answer is larger than allowed.
    AnswerTooLarge,
    /// Too many requests wait for the model here: it was not asked.
    QueueFull,
    /// The model cannot be asked: its worker has not loaded it, its key is missing, or it is disabled.
    NotReady,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 23] = [
        Self::AddressRefused,
        Self::Unreachable,
        Self::ConnectTimeout,
        Self::FirstTokenTimeout,
        Self::BetweenTokensTimeout,
        Self::TotalTimeout,
        Self::Interrupted,
        Self::Unauthorised,
        Self::ModelNotFound,
        Self::EndpointNotFound,
        Self::ContextTooLong,
        Self::OutOfMemory,
        Self::RateLimited,
        Self::QuotaExceeded,
        Self::Overloaded,
        Self::Loading,
        Self::Filtered,
        Self::InvalidRequest,
        Self::ServerFailed,
        Self::InvalidAnswer,
        Self::AnswerTooLarge,
        Self::QueueFull,
        Self::NotReady,
    ];

    /// The stable code, for JSON, metrics, the database and the log. The text for people is `backend-CODE` in the
    /// locale files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AddressRefused => "address-refused",
            Self::Unreachable => "unreachable",
            Self::ConnectTimeout => "connect-timeout",
            Self::FirstTokenTimeout => "first-token-timeout",
            Self::BetweenTokensTimeout => "between-tokens-timeout",
            Self::TotalTimeout => "total-timeout",
            Self::Interrupted => "interrupted",
            Self::Unauthorised => "unauthorised",
            Self::ModelNotFound => "model-not-found",
            Self::EndpointNotFound => "endpoint-not-found",
            Self::ContextTooLong => "context-too-long",
            Self::OutOfMemory => "out-of-memory",
            Self::RateLimited => "rate-limited",
            Self::QuotaExceeded => "quota-exceeded",
            Self::Overloaded => "overloaded",
            Self::Loading => "loading",
            Self::Filtered => "filtered",
            Self::InvalidRequest => "invalid-request",
            Self::ServerFailed => "server-failed",
            Self::InvalidAnswer => "invalid-answer",
            Self::AnswerTooLarge => "answer-too-large",
            Self::QueueFull => "queue-full",
            Self::NotReady => "not-ready",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether the model was asked at all. Where it was not, nothing is counted against it.
    pub fn was_asked(self) -> bool {
        !matches!(self, Self::QueueFull | Self::NotReady)
    }

    /// Whether the same request may succeed a moment later, so that trying again before the first
    /// token makes sense. A first-token timeout is not among them: a second wait would only double
    /// the first.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::ConnectTimeout
                | Self::Interrupted
                | Self::RateLimited
                | Self::Overloaded
                | Self::Loading
                | Self::ServerFailed
        )
    }

    /// Whether the fault lies with the endpoint and not with this request, so that it counts
    /// towards letting the endpoint rest.
    pub fn counts_against_endpoint(self) -> bool {
        !matches!(
            self,
            Self::ContextTooLong
                | Self::Filtered
                | Self::InvalidRequest
                | Self::AnswerTooLarge
                | Self::TotalTimeout
                | Self::QueueFull
                | Self::NotReady
        )
    }
}

/// A failure at an endpoint: the kind is public, the detail is for the administrator and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendError {
    /// What happened.
    pub kind: ErrorKind,
    /// The endpoint's own words or the cause, shortened, without the key. Not for visitors: it may
    /// name the model.
    pub detail: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// How long the endpoint asked to wait.
    pub retry_after: Option<Duration>,
}

/// A detail longer than this says nothing more.
const DETAIL_CHARS: usize = 400;

impl BackendError {
    /// An error of this kind with a detail for the administrator.
    pub fn new(kind: ErrorKind, detail: impl AsRef<str>) -> Self {
        Self { kind, detail: shorten(detail.as_ref()), status: None, retry_after: None }
    }

    /// The same error with the key taken out of its detail, should an endpoint have echoed it.
    pub(super) fn without(mut self, secret: Option<&str>) -> Self {
        if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
            self.detail = self.detail.replace(secret, "[key]");
        }
        self
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.code())?;
        if let Some(status) = self.status {
            write!(f, " (status {status})")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for BackendError {}

/// The beginning of a text, on one line, without control characters.
pub(super) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for (count, c) in text.trim().chars().enumerate() {
        if count == DETAIL_CHARS {
            short.push('…');
            break;
        }
        short.push(if c.is_control() { ' ' } else { c });
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_kind_has_its_own_code_and_a_text_in_both_languages() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_code(kind.code()), Some(kind));
            let key = format!("backend-{}", kind.code());
            let (english, chinese) = (Locale::En.text(&key), Locale::Zh.text(&key));
            assert!(english.ends_with('.') && chinese.ends_with('。'), "{key}: {english} {chinese}");
        }
        let codes: std::collections::HashSet<_> = ErrorKind::ALL.iter().map(|k| k.code()).collect();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn only_what_another_message_can_help_against_is_permanent() {
        use crate::domain::is_permanent;
        let permanent: Vec<_> = ErrorKind::ALL.into_iter().filter(|kind| is_permanent(Some(kind.code()))).collect();
        assert_eq!(permanent, [ErrorKind::ContextTooLong, ErrorKind::Filtered, ErrorKind::InvalidRequest]);
        assert!(!is_permanent(Some("interrupted")) && !is_permanent(None));
        assert!(permanent.iter().all(|kind| !kind.is_transient()), "what fails again is not tried again");
    }

    #[test]
    fn what_was_never_asked_is_counted_nowhere() {
        let untried: Vec<_> =
            ErrorKind::ALL.into_iter().filter(|kind| !kind.was_asked()).map(ErrorKind::code).collect();
        assert_eq!(untried, crate::domain::UNTRIED);
    }

    #[test]
    fn a_detail_is_short_on_one_line_and_without_the_key() {
        let error = BackendError::new(ErrorKind::ServerFailed, format!("sk-secret\n{}", "x".repeat(9999)))
            .without(Some("sk-secret"));
        assert!(error.detail.starts_with("[key] x"));
        assert!(error.detail.chars().count() < DETAIL_CHARS + 8);
    }
}
