//! What can go wrong while serving a request, and what the public is told of it.
//!
//! Every kind has a stable code, a status and a text in both languages (`error-CODE` in the locale files). The cause of
//! an [`Error::Internal`] goes to the log and nowhere else.

use std::borrow::Cow;
use std::time::Duration;

use crate::domain::Refusal;

/// A request that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such page, battle, model or file, or it is not the visitor's.
    #[error("not found")]
    NotFound,
    /// The method does not exist at this address.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// An administrator has to sign in first.
    #[error("sign-in required")]
    SignInRequired,
    /// The JSON API has to be told which visitor asks.
    #[error("no visitor")]
    VisitorRequired,
    /// The form token is missing or false, or another site sent the form.
    #[error("forged or stale form: {0}")]
    Csrf(&'static str),
    /// What was sent is not acceptable. `code` names the text, `detail` what exactly is wrong (a field, a value).
    #[error("invalid: {code}: {detail}")]
    Invalid {
        /// The code of the text: `error-CODE`.
        code: &'static str,
        /// Named in the text as `{$detail}`.
        detail: Cow<'static, str>,
    },
    /// The request does not fit the present state (voting while answers stream, say).
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The body or the message is too large.
    #[error("too large")]
    TooLarge,
    /// Too many requests of this voter or address.
    #[error("rate limited for {retry_after:?}")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// No pair of models can be drawn. `code` tells why (no model, one model, weights of zero, none reachable).
    #[error("no models: {0}")]
    NoModels(&'static str),
    /// A bounded queue is full.
    #[error("busy")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// A fault of ours. The cause is logged, never shown.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// An [`Error::Invalid`] with a detail.
    pub fn invalid(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { code, detail: detail.into() }
    }

    /// The stable code: part of the JSON API and of the name of the public text.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::SignInRequired => "sign-in-required",
            Self::VisitorRequired => "visitor-required",
            Self::Csrf(_) => "csrf",
            Self::Invalid { code, .. } => code,
            Self::Conflict(code) | Self::NoModels(code) => code,
            Self::TooLarge => "too-large",
            Self::RateLimited { .. } => "rate-limited",
            Self::Busy { .. } => "busy",
            Self::Internal(_) => "internal",
        }
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::SignInRequired | Self::VisitorRequired => 401,
            Self::Csrf(_) => 403,
            Self::Invalid { .. } => 422,
            Self::Conflict(_) => 409,
            Self::TooLarge => 413,
            Self::RateLimited { .. } => 429,
            Self::NoModels(_) | Self::Busy { .. } => 503,
            Self::Internal(_) => 500,
        }
    }

    /// When it makes sense to try again.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Busy { retry_after } => Some(*retry_after),
            Self::NoModels(_) => Some(Duration::from_secs(10)),
            _ => None,
        }
    }

    /// What the text may name as `{$detail}`.
    pub fn detail(&self) -> &str {
        match self {
            Self::Invalid { detail, .. } => detail,
            _ => "",
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match cause {
            // The pool is exhausted or the database is away: that passes.
            sqlx::Error::PoolTimedOut => Self::Busy { retry_after: Duration::from_secs(2) },
            other => Self::Internal(other.into()),
        }
    }
}

impl From<crate::store::battles::InsertError> for Error {
    fn from(cause: crate::store::battles::InsertError) -> Self {
        use crate::store::battles::InsertError;
        match cause {
            InsertError::Exists => Refusal::StillStreaming.into(),
            InsertError::Database(cause) => cause.into(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(cause: Refusal) -> Self {
        match cause {
            Refusal::ChoiceDoesNotFit(choice) => Self::invalid(cause.code(), choice.as_str()),
            Refusal::NoSuchSide => Self::NotFound,
            other => Self::Conflict(other.code()),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

impl From<crate::domain::PromptError> for Error {
    fn from(cause: crate::domain::PromptError) -> Self {
        match cause {
            crate::domain::PromptError::Empty => Self::invalid("prompt-empty", ""),
            crate::domain::PromptError::TooLong { chars } => Self::invalid("prompt-too-long", chars.to_string()),
        }
    }
}
