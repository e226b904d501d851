//! The language of the pages: the visitor's choice, else what the browser prefers.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::error::Error;
use crate::views::Locale;

impl Locale {
    /// The language of a request: the `lang` cookie, else Accept-Language, else English.
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(chosen) = request.cookie("lang").and_then(|cookie| cookie.value().parse().ok()) {
            return chosen;
        }
        let header = request.headers().get("accept-language").and_then(|value| value.to_str().ok()).unwrap_or("");
        Self::preferred(header)
    }
}

impl FromRequest for Locale {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
