//! Knows the visitor by a cookie, and gives a new visitor one.

use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};

use crate::extract::{VISITOR_COOKIE, Visitor, visitor_cookie};
use crate::state::AppState;

/// Puts the [`Visitor`] into the request, and the cookie into the response where the browser has none.
pub async fn visitor(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(arena) = request.app_data::<web::Data<AppState>>().cloned() else {
        return next.call(request).await;
    };
    let name = arena.config.cookie_name(VISITOR_COOKIE);
    let visitor = Visitor::from_cookie(request.cookie(&name).as_ref().map(Cookie::value));
    request.extensions_mut().insert(visitor.clone());
    // Files are cached by browsers and proxies: a cookie on them would be shared.
    let wants_cookie = visitor.is_new() && !request.path().starts_with("/static/");
    let mut response = next.call(request).await?;
    let is_page = response
        .headers()
        .get(actix_web::http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if wants_cookie && is_page {
        let cookie = visitor_cookie(&arena.config, visitor.token());
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}
