//! The visitor: a browser, known by a random cookie.

use std::future::{Ready, ready};

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::config::Config;
use crate::domain::VoterId;
use crate::error::Error;

/// The cookie's name, before [`Config::cookie_name`].
pub const VISITOR_COOKIE: &str = "visitor";
/// How long a browser keeps its history: 400 days, the longest that browsers allow.
const COOKIE_DAYS: i64 = 400;

/// A cookie that only the server reads, and that other sites' forms do not bring along.
pub fn private_cookie(config: &Config, name: &str, value: String, life: Duration) -> Cookie<'static> {
    Cookie::build(config.cookie_name(name), value)
        .path("/")
        .http_only(true)
        .secure(config.is_secure())
        .same_site(SameSite::Lax)
        .max_age(life)
        .finish()
}

/// The cookie that makes a browser this visitor's.
pub fn visitor_cookie(config: &Config, token: &str) -> Cookie<'static> {
    private_cookie(config, VISITOR_COOKIE, token.to_owned(), Duration::days(COOKIE_DAYS))
}

/// A visitor whom a provider vouches for: the browser's own cookie says who, and no other token does.
#[derive(Debug, Clone, Copy)]
pub struct Person;

/// A browser. Its cookie is a secret; its id, which the database knows, is a hash of it and gives no way back.
#[derive(Debug, Clone)]
pub struct Visitor {
    token: String,
    is_new: bool,
}

impl Visitor {
    /// The visitor with this cookie, or a new one where there is none or it is malformed.
    pub fn from_cookie(cookie: Option<&str>) -> Self {
        match cookie {
            Some(token) if token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Self { token: token.to_owned(), is_new: false }
            }
            _ => Self { token: crate::keys::random_token(), is_new: true },
        }
    }

    /// The secret that the cookie holds.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether the browser does not have the cookie yet.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The voter's id.
    pub fn id(&self) -> VoterId {
        VoterId::of_token(&self.token)
    }
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let visitor = request.extensions().get::<Self>().cloned();
        ready(visitor.ok_or_else(|| Error::Internal(anyhow::anyhow!("the visitor middleware did not run"))))
    }
}
