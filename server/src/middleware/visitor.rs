//! Knows the visitor by a cookie, and gives a new visitor one.

use actix_web::body::BoxBody;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};

use crate::extract::Visitor;
use crate::state::AppState;

/// How long a browser keeps its history: 400 days, the longest that browsers allow.
const COOKIE_DAYS: i64 = 400;

/// Puts the [`Visitor`] into the request, and the cookie into the response where the browser has none.
pub async fn visitor(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(arena) = request.app_data::<web::Data<AppState>>().cloned() else {
        return next.call(request).await;
    };
    let name = arena.config.cookie_name("visitor");
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
        let cookie = Cookie::build(name, visitor.token().to_owned())
            .path("/")
            .http_only(true)
            .secure(arena.config.is_secure())
            .same_site(SameSite::Lax)
            .max_age(Duration::days(COOKIE_DAYS))
            .finish();
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}
