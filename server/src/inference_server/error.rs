//! Refusals in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use mixtral_engine::request::{GenerateError, SubmitError};
use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) param: Option<String>,
    pub(super) retry_after: Option<u32>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), param: None, retry_after: None }
    }

    /// The request is wrong in this field.
    pub(super) fn field(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::new(StatusCode::BAD_REQUEST, "invalid_value", message) }
    }

    /// The request asks for what this server does not do.
    pub(super) fn unsupported(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: "unsupported_parameter", ..Self::field(param, message) }
    }

    pub(super) fn unknown_model(name: &str) -> Self {
        Self {
            param: Some("model".into()),
            ..Self::new(StatusCode::NOT_FOUND, "model_not_found", format!("The model `{name}` does not exist."))
        }
    }

    pub(super) fn unavailable(code: &'static str, message: impl Into<String>, retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message) }
    }

    /// What the engine says to a request.
    pub(super) fn from_submit(error: &SubmitError) -> Self {
        let message = error.to_string();
        match error {
            SubmitError::UnknownModel(name) => Self::unknown_model(name),
            SubmitError::QueueFull { .. } => Self::unavailable("queue_full", message, 2),
            SubmitError::PromptTooLong { tokens, at_least, limit } => {
                let at_least = if *at_least { "at least " } else { "" };
                // The words by which clients know this error.
                let context = limit + 1;
                let message = format!(
                    "This model's maximum context length is {context} tokens. However, your prompt has \
                     {at_least}{tokens} tokens, and at least one must be left for the answer. Please shorten it."
                );
                Self {
                    param: Some("messages".into()),
                    ..Self::new(StatusCode::BAD_REQUEST, "context_length_exceeded", message)
                }
            }
            SubmitError::BadRequest { field, message } => Self::field(field.clone(), message.clone()),
            SubmitError::TemplateFailed(_) => Self {
                param: Some("messages".into()),
                ..Self::new(StatusCode::BAD_REQUEST, "chat_template_failed", message)
            },
            SubmitError::TemplateCrashed(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "chat_template_crashed", message)
            }
            SubmitError::ShuttingDown => Self::unavailable("shutting_down", message, 5),
        }
    }

    /// What becomes of an answer that ended badly.
    pub(super) fn from_generate(error: &GenerateError) -> Self {
        let message = error.to_string();
        match error {
            GenerateError::Unloaded | GenerateError::ShutDown => Self::unavailable("unloaded", message, 5),
            GenerateError::EngineStopped => Self::unavailable("engine_stopped", message, 5),
            GenerateError::Model(cause) if is_memory(cause) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "out_of_memory", message)
            }
            GenerateError::Model(_) | GenerateError::NotFinite(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "model_failed", message)
            }
        }
    }

    /// The body, also sent as an event in the middle of a stream.
    pub(super) fn body(&self) -> Value {
        let kind = match self.status.as_u16() {
            401 => "authentication_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}})
    }
}

fn is_memory(cause: &str) -> bool {
    let cause = cause.to_lowercase();
    cause.contains("out of memory") || cause.contains("out_of_memory")
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        response.json(self.body())
    }
}
