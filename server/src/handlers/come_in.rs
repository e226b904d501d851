//! What follows when somebody has come in, by whichever door.

use actix_web::cookie::time::Duration;
use actix_web::{HttpRequest, HttpResponse};

use super::language::inner_path;
use super::see_other;
use crate::error::Error;
use crate::extract::private_cookie;
use crate::state::AppState;

/// The cookie of what is held for a browser, before [`crate::config::Config::cookie_name`].
pub(super) const HELD_COOKIE: &str = "held";

/// To where somebody wanted to go who has come in: first to what is held for them.
pub(super) fn come_in(request: &HttpRequest, arena: &AppState, next: &str) -> Result<HttpResponse, Error> {
    let Some(held) = request.cookie(&arena.config.cookie_name(HELD_COOKIE)) else {
        return Ok(see_other(inner_path(next)));
    };
    // In the address, so that the page can be loaded again; once told, the cookie is not needed.
    let token: String = held.value().chars().filter(char::is_ascii_hexdigit).take(64).collect();
    let mut response = see_other(&format!("/access/return?held={token}"));
    let mut gone = private_cookie(&arena.config, HELD_COOKIE, String::new(), Duration::ZERO);
    gone.make_removal();
    response.add_cookie(&gone).map_err(|cause| Error::Internal(cause.into()))?;
    Ok(response)
}
