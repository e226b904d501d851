//! What stands before every route: the token, the drain, and a count of what was answered.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{ResponseError, web};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::ApiError;
use super::state::Worker;
use crate::bearer;

/// Lets a request through or refuses it.
pub(super) async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(worker) = request.app_data::<web::Data<Worker>>().cloned() else {
        return Err(actix_web::error::ErrorInternalServerError("the worker's state is missing"));
    };
    let route = request.match_pattern().unwrap_or_else(|| "other".to_owned());
    let refusal = if !has_token(&request, worker.token.expose_secret()) {
        Some(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            "Incorrect or missing API key: send the worker's token as `Authorization: Bearer …`.",
        ))
    } else if worker.host.is_draining() && request.method() == actix_web::http::Method::POST {
        Some(ApiError::unavailable("shutting_down", "The worker is shutting down.", 5))
    } else {
        None
    };
    let response = match refusal {
        Some(error) => request.into_response(error.error_response()),
        None => match next.call(request).await {
            Ok(response) => response.map_into_boxed_body(),
            Err(error) => return Err(error),
        },
    };
    worker.metrics.answered(route, response.status().as_u16());
    Ok(response)
}

/// Compares digests in constant time, so that neither the token's length nor its beginning shows.
fn has_token(request: &ServiceRequest, token: &str) -> bool {
    let given = bearer::token(request.headers()).unwrap_or_default();
    Sha256::digest(given).ct_eq(&Sha256::digest(token)).into()
}
