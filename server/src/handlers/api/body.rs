//! What can be wrong with a JSON body, and the shape in which errors are told.

use actix_web::error::JsonPayloadError;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::error::Error;
use crate::i18n::{Locale, error_text};

/// The shape of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// A stable code.
    pub code: String,
    /// What to do about it, in the language of `Accept-Language` (English or Chinese).
    pub message: String,
    /// Which field or value it is about; may be empty.
    pub detail: String,
    /// When to come again, in seconds, where that helps; `Retry-After` says the same.
    pub retry_after: Option<u64>,
}

impl ErrorBody {
    /// What is told of an error, in this language.
    pub fn new(error: &Error, locale: Locale) -> Self {
        Self {
            error: ErrorDetail {
                code: error.code().to_owned(),
                message: error_text(error, locale),
                detail: error.detail().to_owned(),
                retry_after: error.retry_after_seconds(),
            },
        }
    }
}

/// Too many requests; `Retry-After` says when to come again.
#[derive(Debug, Serialize, IntoResponses)]
#[response(status = 429)]
pub struct RateLimited(pub ErrorBody);

/// A body that is no JSON, not of the right shape, or too large.
pub(super) fn refused(cause: &JsonPayloadError) -> Error {
    match cause {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => Error::TooLarge,
        JsonPayloadError::ContentType => Error::invalid("json", "Content-Type: application/json"),
        JsonPayloadError::Deserialize(cause) => Error::invalid("json", cause.to_string()),
        other => Error::invalid("json", other.to_string()),
    }
}
