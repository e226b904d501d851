//! The administrator who asks: by the session cookie on pages, by a bearer token in the JSON API.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::bearer;
use crate::domain::{Admin, AdminId, IDLE_HOURS, LONGEST_DAYS};
use crate::error::Error;
use crate::keys::token_hash;
use crate::state::AppState;
use crate::store::admins::{self, AdminRow};

/// The cookie's name, before [`crate::config::Config::cookie_name`].
pub const SESSION_COOKIE: &str = "admin";
/// The cookie of somebody who showed the access code, before the same.
pub const ACCESS_COOKIE: &str = "access";

/// An administrator who asks through the JSON API: `Authorization: Bearer TOKEN`.
#[derive(Debug, Clone)]
pub struct ApiAdmin {
    pub id: AdminId,
    pub name: String,
}

type Found<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

fn arena(request: &HttpRequest) -> Result<web::Data<AppState>, Error> {
    let arena = request.app_data::<web::Data<AppState>>().cloned();
    arena.ok_or_else(|| Error::Internal(anyhow::anyhow!("no arena in the request")))
}

impl FromRequest for Admin {
    type Error = Error;
    type Future = Found<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Found<Self> {
        let request = request.clone();
        Box::pin(async move {
            let arena = arena(&request)?;
            let cookie = request.cookie(&arena.config.cookie_name(SESSION_COOKIE)).ok_or(Error::SignInRequired)?;
            let session = token_hash(cookie.value());
            let found = admins::by_session(&arena.db, &session, IDLE_HOURS, LONGEST_DAYS).await?;
            let AdminRow { id, name, .. } = found.ok_or(Error::SignInRequired)?;
            Ok(Self { id, name, session })
        })
    }
}

impl FromRequest for ApiAdmin {
    type Error = Error;
    type Future = Found<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Found<Self> {
        let request = request.clone();
        Box::pin(async move {
            let token = bearer::token(request.headers()).ok_or(Error::SignInRequired)?;
            let found = admins::by_token(&arena(&request)?.db, &token_hash(token)).await?;
            let AdminRow { id, name, .. } = found.ok_or(Error::SignInRequired)?;
            Ok(Self { id, name })
        })
    }
}
