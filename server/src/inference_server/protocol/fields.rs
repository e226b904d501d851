//! A JSON object taken apart field by field: what is wrong is named, and what nobody took is told in the log.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web;
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::inference_server::error::ApiError;

/// The largest request: 50 turns of 30,000 characters, and more.
const BODY_BYTES: usize = 8 << 20;
/// How long a client may take to send it.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Reads a request's body.
pub(in crate::inference_server) async fn read_body(payload: web::Payload) -> Result<Map<String, Value>, ApiError> {
    let read = timeout(BODY_TIME, payload.to_bytes_limited(BODY_BYTES)).await;
    let bytes = match read {
        Ok(Ok(Ok(bytes))) => bytes,
        Ok(Ok(Err(error))) => {
            let message = format!("The request's body did not arrive: {error}");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "incomplete_body", message));
        }
        Ok(Err(_)) => {
            let message = format!("The request's body is larger than {BODY_BYTES} bytes.");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message));
        }
        Err(_) => {
            let message = format!("The request's body did not arrive within {BODY_TIME:?}.");
            return Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message));
        }
    };
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", "The body must be a JSON object.")),
        Err(error) => {
            let message = format!("The body is not JSON: {error}.");
            Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", message))
        }
    }
}

/// The fields that nobody has taken yet. A field that is null is a field that is not there.
pub(in crate::inference_server) struct Fields(Map<String, Value>);

impl Fields {
    pub(in crate::inference_server) fn new(mut fields: Map<String, Value>) -> Self {
        fields.retain(|_, value| !value.is_null());
        Self(fields)
    }

    pub(in crate::inference_server) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    pub(in crate::inference_server) fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::field(name, format!("`{name}` must be a string."))),
        }
    }

    pub(in crate::inference_server) fn required_text(&mut self, name: &str) -> Result<String, ApiError> {
        let text = self.text(name)?;
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| ApiError::field(name, format!("You must provide the parameter `{name}`.")))
    }

    pub(in crate::inference_server) fn flag(&mut self, name: &str) -> Result<bool, ApiError> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(ApiError::field(name, format!("`{name}` must be true or false."))),
        }
    }

    /// The engine checks the range.
    pub(in crate::inference_server) fn number(&mut self, name: &str) -> Result<Option<f32>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                #[expect(clippy::cast_possible_truncation, reason = "settings need no more precision")]
                Some(number) => Ok(Some(number as f32)),
                None => Err(ApiError::field(name, format!("`{name}` must be a number."))),
            },
        }
    }

    pub(in crate::inference_server) fn count(&mut self, name: &str) -> Result<Option<usize>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_u64().and_then(|count| usize::try_from(count).ok()) {
                Some(count) => Ok(Some(count)),
                None => Err(ApiError::field(name, format!("`{name}` must be a whole number, not negative."))),
            },
        }
    }

    /// Takes a field that may only have one value, because this server does nothing else.
    pub(in crate::inference_server) fn only(
        &mut self,
        name: &str,
        good: impl Fn(&Value) -> bool,
        words: &str,
    ) -> Result<(), ApiError> {
        match self.take(name) {
            Some(value) if !good(&value) => {
                Err(ApiError::unsupported(name, format!("`{name}` is not supported here: {words}.")))
            }
            _ => Ok(()),
        }
    }

    /// Takes fields that change nothing about the answer.
    pub(in crate::inference_server) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.0.remove(*name);
        }
    }

    /// Refuses what is left: what asks for it is a part of this program.
    pub(in crate::inference_server) fn refuse_rest(self) -> Result<(), ApiError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(100).collect();
                let message = format!("Unknown or unsupported parameter: `{name}`.");
                Err(ApiError::unsupported(name, message))
            }
        }
    }

    /// Passes over what is left, as other servers do: clients send what some other server knows. The log tells.
    pub(in crate::inference_server) fn finish(self, place: &str) {
        for name in self.0.keys() {
            let name: String = name.chars().take(100).collect();
            tracing::warn!(place, parameter = name, "an unknown parameter is ignored");
        }
    }
}
