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
    /// The arena asks for an access code first.
    #[error("access code required")]
    AccessRequired,
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
    /// The body did not come in time.
    #[error("slow body")]
    SlowBody,
    /// The body is compressed: a few kilobytes of it could become more than there is memory.
    #[error("encoded body")]
    EncodedBody,
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
            Self::AccessRequired => "access-required",
            Self::VisitorRequired => "visitor-required",
            Self::Csrf(_) => "csrf",
            Self::Invalid { code, .. } => code,
            Self::Conflict(code) | Self::NoModels(code) => code,
            Self::TooLarge => "too-large",
            Self::SlowBody => "slow-body",
            Self::EncodedBody => "encoded-body",
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
            Self::SignInRequired | Self::AccessRequired | Self::VisitorRequired => 401,
            Self::Csrf(_) => 403,
            Self::Invalid { .. } => 422,
            Self::Conflict(_) => 409,
            Self::TooLarge => 413,
            Self::SlowBody => 408,
            Self::EncodedBody => 415,
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

    /// The same in whole seconds, at least one: as `Retry-After` and the texts say it.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after().map(|after| after.as_secs().max(1))
    }

    /// What the text may name as `{$detail}`.
    pub fn detail(&self) -> &str {
        match self {
            Self::Invalid { detail, .. } => detail,
            _ => "",
        }
    }
}

/// When to try again after a fault of the database that passes.
const DATABASE_RETRY: Duration = Duration::from_secs(2);

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        if let Some("22021" | "22P05") = cause.as_database_error().and_then(|error| error.code()).as_deref() {
            // NUL, which Postgres cannot store and nothing in it contains.
            return Self::invalid("text-nul", "");
        }
        if passes(&cause) {
            tracing::warn!(%cause, "the database cannot do this now");
            return Self::Busy { retry_after: DATABASE_RETRY };
        }
        Self::Internal(cause.into())
    }
}

/// Whether the same request may succeed in a moment: the database is away, starting, stopping, full or overloaded, it became
/// a standby, or two transactions were in each other's way. Codes: PostgreSQL's appendix A.
fn passes(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            matches!(
                &*code,
                "55P03" | "55006" | "57014" | "25006" | "25P03" | "25P04" | "58000" | "58030" | "72000" | "XX002"
            ) || ["08", "40", "53", "57P"].iter().any(|class| code.starts_with(class))
        }),
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed => true,
        _ => false,
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
            Refusal::NoSuchSide => Self::NotFound,
            other => Self::Conflict(other.code()),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        match cause.downcast::<sqlx::Error>() {
            Ok(cause) => cause.into(),
            Err(other) => Self::Internal(other),
        }
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error as StdError;
    use std::fmt;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    #[derive(Debug)]
    struct Refused(&'static str);

    impl fmt::Display for Refused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Refused {}

    impl DatabaseError for Refused {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn told(code: &'static str) -> Error {
        sqlx::Error::Database(Box::new(Refused(code))).into()
    }

    #[test]
    fn faults_of_the_database_that_pass_are_told_with_a_time_to_try_again() {
        let passing = [
            "57P01", "57P02", "57P03", "53100", "53200", "53300", "08006", "40001", "40003", "40P01", "57014", "25006",
            "25P03", "25P04", "58000", "08P01",
        ];
        for code in passing {
            assert_eq!((told(code).status(), told(code).retry_after()), (503, Some(DATABASE_RETRY)), "{code}");
        }
        for cause in
            [sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed, sqlx::Error::Io(std::io::Error::other("gone"))]
        {
            assert_eq!(Error::from(cause).status(), 503);
        }
        assert_eq!(Error::from(anyhow::Error::from(sqlx::Error::PoolTimedOut)).status(), 503);
        for code in ["42P01", "23505", "22003", "XX000"] {
            assert_eq!(told(code).status(), 500, "{code}");
        }
    }

    #[test]
    fn a_nul_is_the_senders_mistake() {
        for code in ["22021", "22P05"] {
            assert_eq!((told(code).status(), told(code).code()), (422, "text-nul"));
        }
    }
}
