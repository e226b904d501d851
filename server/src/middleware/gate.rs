//! Who may come in, where an administrator says that not everybody may.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpResponse, web};
use futures_util::StreamExt;

use crate::actions::enter::{ShowCode, may_enter};
use crate::actions::hold_form::HeldForm;
use crate::domain::{Access, Admin};
use crate::error::Error;
use crate::extract::{ACCESS_COOKIE, ApiAdmin, ClientAddress, MAX_FORM_BYTES, Person, Visitor, same_site};
use crate::state::AppState;

/// The header in which programs show the access code.
const HEADER: &str = "x-access-code";
/// Where somebody is told that what they wrote is held.
const HELD: &str = "/access/held";
/// Where messages are sent to.
const MESSAGES: [&str; 3] = ["/battle", "/side-by-side", "/direct"];

/// What everybody may read: the door itself, what the arena says of itself, what machines ask for, and the administration, which
/// has a door of its own.
fn is_open(path: &str) -> bool {
    let pages = [
        "/access",
        HELD,
        "/sign-in",
        "/sign-in/start",
        "/sign-in/callback",
        "/sign-out",
        "/about",
        "/terms",
        "/privacy",
        "/help",
        "/language",
        "/theme",
        "/robots.txt",
        "/favicon.ico",
    ];
    let others = ["/api", "/api/openapi.json", "/metrics", "/health", "/admin"];
    let below = ["/help/", "/static/", "/health/", "/admin/", "/api/v1/admin/"];
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
        Err(Error::AccessRequired) if is_message(&request) => {
            if let Some(form) = written(&mut request).await {
                request.extensions_mut().insert(form);
            }
            lead_to(&mut request, HELD);
            next.call(request).await
        }
        Err(error) => {
            let (request, _) = request.into_parts();
            Ok(ServiceResponse::new(request, HttpResponse::from_error(error)))
        }
    }
}

/// Whether somebody sent a message from a page.
fn is_message(request: &ServiceRequest) -> bool {
    let has = |name, part: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains(part))
    };
    let below =
        |start: &&str| request.path().strip_prefix(*start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    request.method() == Method::POST
        && MESSAGES.iter().any(below)
        && has(ACCEPT, "text/html")
        && has(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// What they wrote; nothing where it is too long, breaks off, or comes from another site.
async fn written(request: &mut ServiceRequest) -> Option<HeldForm> {
    same_site(request.headers()).ok()?;
    let mut payload = request.take_payload();
    let mut body = web::BytesMut::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.ok()?;
        if body.len() + piece.len() > MAX_FORM_BYTES {
            return None;
        }
        body.extend_from_slice(&piece);
    }
    HeldForm::of(request.path(), &body)
}

/// Has another page answer.
fn lead_to(request: &mut ServiceRequest, path: &'static str) {
    let uri = Uri::from_static(path);
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
    request.head_mut().method = Method::GET;
}

async fn passes(request: &mut ServiceRequest, arena: &AppState) -> Result<(), Error> {
    let cookie = request.cookie(&arena.config.cookie_name(ACCESS_COOKIE));
    let visitor = request.extensions().get::<Visitor>().cloned();
    let visitor = visitor.as_ref().map_or("", Visitor::token);
    if may_enter(arena, visitor, cookie.as_ref().map(|cookie| cookie.value())) {
        if arena.site.settings().entry.access == Access::Oidc {
            request.extensions_mut().insert(Person);
        }
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
        for open in [
            "/access",
            "/sign-in",
            "/sign-in/callback",
            "/privacy",
            "/static/css/base.css",
            "/admin/sign-in",
            "/health/live",
            "/api",
        ] {
            assert!(is_open(open), "{open}");
        }
        let closed = ["/", "/battle", "/leaderboard.csv", "/api/v1/battles", "/api/v1/administrator", "/accessible"];
        for closed in closed.into_iter().chain(["/shared/x", "/models", "/access/return", "/adminx", "/staticx"]) {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
