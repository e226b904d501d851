//! Who may come in, where an administrator says that not everybody may.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpResponse, web};

use crate::actions::enter::{ShowCode, may_enter};
use crate::domain::{Access, Admin};
use crate::error::Error;
use crate::extract::{ACCESS_COOKIE, ApiAdmin, ClientAddress};
use crate::state::AppState;

/// The header in which programs show the access code.
const HEADER: &str = "x-access-code";

/// What everybody may read: the door itself, what the arena says of itself, what machines ask for, and the administration, which
/// has a door of its own.
fn is_open(path: &str) -> bool {
    let pages = ["/access", "/about", "/terms", "/privacy", "/language", "/theme", "/robots.txt", "/favicon.ico"];
    let others = ["/api", "/api/openapi.json", "/metrics", "/health", "/admin"];
    let below = ["/static/", "/health/", "/admin/", "/api/v1/admin/"];
    pages.contains(&path) || others.contains(&path) || below.iter().any(|start| path.starts_with(start))
}

/// Lets pass who may come in.
pub async fn gate(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(arena) = request.app_data::<web::Data<AppState>>().cloned() else {
        return next.call(request).await;
    };
    if arena.site.settings().entry.access == Access::Open || is_open(request.path()) {
        return next.call(request).await;
    }
    match passes(&mut request, &arena).await {
        Ok(()) => next.call(request).await,
        Err(error) => {
            let (request, _) = request.into_parts();
            Ok(ServiceResponse::new(request, HttpResponse::from_error(error)))
        }
    }
}

async fn passes(request: &mut ServiceRequest, arena: &AppState) -> Result<(), Error> {
    let cookie = request.cookie(&arena.config.cookie_name(ACCESS_COOKIE));
    if may_enter(arena, cookie.as_ref().map(|cookie| cookie.value())) {
        return Ok(());
    }
    let code = request.headers().get(HEADER).map(|value| value.to_str().unwrap_or_default().to_owned());
    if let Some(code) = code {
        let address = ClientAddress::of(request.request()).0;
        return ShowCode { code, address }.run(arena).map(|_| ());
    }
    let (request, payload) = request.parts_mut();
    if Admin::from_request(request, payload).await.is_ok() || ApiAdmin::from_request(request, payload).await.is_ok() {
        return Ok(());
    }
    Err(Error::AccessRequired)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_door_and_what_lies_before_it_is_open() {
        for open in ["/access", "/privacy", "/static/css/base.css", "/admin/sign-in", "/health/live", "/api"] {
            assert!(is_open(open), "{open}");
        }
        let closed = ["/", "/battle", "/leaderboard.csv", "/api/v1/battles", "/api/v1/administrator", "/accessible"];
        for closed in closed.into_iter().chain(["/shared/x", "/models", "/history", "/adminx", "/staticx"]) {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
