//! Gives every request an id, and tells the log and the counters how it ended.
//!
//! The log names the route's pattern and never the address itself: an address may hold a one-time link or a search.

use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use tracing::Instrument;
use uuid::Uuid;

use crate::state::AppState;

/// The id of a request: in the log, and in the response as `x-request-id`.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The pattern of the route that serves a request, such as `/battle/{id}`.
pub fn route(request: &actix_web::HttpRequest) -> String {
    request.match_pattern().unwrap_or_else(|| "unmatched".to_owned())
}

/// Wraps a request in a span with its id, and counts it. HEAD is answered as GET is, without the body.
pub async fn request_log(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = Uuid::now_v7();
    request.extensions_mut().insert(RequestId(id));
    let arena = request.app_data::<web::Data<AppState>>().cloned();
    let method = request.method().clone();
    if method == Method::HEAD {
        // Routes know GET only; the connection remembers what was asked and leaves the body out (RFC 9110, 9.3.2).
        request.head_mut().method = Method::GET;
    }
    let began = Instant::now();
    let span = tracing::info_span!("request", id = %id.simple());
    async move {
        let response = next.call(request).await;
        let time = began.elapsed();
        let (route, status) = match &response {
            Ok(response) => (route(response.request()), response.status()),
            // The request itself is gone: it was not answered in time.
            Err(error) => ("unanswered".to_owned(), error.as_response_error().status_code()),
        };
        let status = status.as_u16();
        if let Some(arena) = arena {
            arena.metrics.request(method.as_str(), &route, status, time);
        }
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        if route.starts_with("/static/") || route.starts_with("/health") {
            tracing::debug!(%method, route, status, ms, "answered");
        } else {
            tracing::info!(%method, route, status, ms, "answered");
        }
        let mut response = response?;
        if let Ok(value) = HeaderValue::from_str(&id.simple().to_string()) {
            response.headers_mut().insert(HEADER, value);
        }
        Ok(response)
    }
    .instrument(span)
    .await
}
