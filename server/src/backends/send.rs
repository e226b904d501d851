//! One try: sends a request and returns the response if its status is good.

use std::error::Error;
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, Response};
use secrecy::ExposeSecret;

use super::addresses::RefusedByPolicy;
use super::endpoint::Endpoint;
use super::error::{BackendError, ErrorKind};
use super::refusal::read_refusal;

/// As much of a refusal as is read.
const REFUSAL_BYTES: usize = 64 << 10;

/// Sends one request. The caller bounds the time.
pub(super) async fn send(
    client: &Client,
    endpoint: &Endpoint,
    method: Method,
    tail: &str,
    body: Option<&serde_json::Map<String, serde_json::Value>>,
) -> Result<Response, BackendError> {
    let mut request = client.request(method, endpoint.url(tail)).header(ACCEPT, "text/event-stream, application/json");
    if let Some(key) = &endpoint.key {
        request = request.bearer_auth(key.expose_secret());
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.map_err(|error| from_send(&error))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    if status.is_redirection() {
        let mut error = BackendError::new(
            ErrorKind::EndpointNotFound,
            "the server redirects; redirects are not followed: register the address it leads to",
        );
        error.status = Some(status.as_u16());
        return Err(error);
    }
    let retry_after = retry_after(response.headers(), SystemTime::now());
    let body = read_bounded(response, REFUSAL_BYTES).await.unwrap_or_else(|(read, _)| read);
    let mut error = read_refusal(status.as_u16(), &String::from_utf8_lossy(&body))
        .without(endpoint.key.as_ref().map(|key| key.expose_secret()));
    error.retry_after = retry_after;
    Err(error)
}

/// Reads a body up to a bound; what was read comes back with the error too.
pub(super) async fn read_bounded(mut response: Response, bound: usize) -> Result<Vec<u8>, (Vec<u8>, BackendError)> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > bound => {
                let error = format!("the answer is longer than {bound} bytes");
                return Err((body, BackendError::new(ErrorKind::AnswerTooLarge, error)));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err((body, interrupted(&error))),
        }
    }
}

/// The connection broke while the body was read.
pub(super) fn interrupted(error: &reqwest::Error) -> BackendError {
    BackendError::new(ErrorKind::Interrupted, chain(error))
}

fn from_send(error: &reqwest::Error) -> BackendError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<RefusedByPolicy>() {
            return BackendError::new(ErrorKind::AddressRefused, refused.to_string());
        }
        cause = inner.source();
    }
    let kind = match (error.is_connect(), error.is_timeout()) {
        (true, true) => ErrorKind::ConnectTimeout,
        (true, false) => ErrorKind::Unreachable,
        (false, _) => ErrorKind::Interrupted,
    };
    BackendError::new(kind, chain(error))
}

/// An error and its causes in one line, without the URL (its host says enough in the log).
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut cause = Some(error);
    while let Some(inner) = cause {
        let part = inner.to_string();
        if !text.contains(&part) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&part);
        }
        cause = inner.source();
    }
    text
}

/// `Retry-After` in either of its forms.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(value).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Wed, 21 Oct 2015 07:27:30 GMT"), None);
        assert_eq!(read("-1"), None);
        assert_eq!(read("soon"), None);
    }
}
