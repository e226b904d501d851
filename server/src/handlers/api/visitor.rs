//! Who asks: a program with a visitor's token, or a script of our own pages with the cookie.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::bearer;
use crate::error::Error;
use crate::extract::{Person, Visitor};
use crate::keys::random_token;

/// A known visitor. Unlike a browser, a program that shows no token is not given one in passing: it would lose it.
#[derive(Debug, Clone)]
pub struct ApiVisitor(pub Visitor);

impl FromRequest for ApiVisitor {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(find(request).map(Self).ok_or(Error::VisitorRequired))
    }
}

fn find(request: &HttpRequest) -> Option<Visitor> {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or(""));
    // The header of the first version is still taken.
    // Where people sign in, each is one visitor: no token makes them another.
    let is_person = request.extensions().get::<Person>().is_some();
    let token = bearer::token(request.headers()).or_else(|| header("x-visitor")).filter(|_| !is_person);
    let visitor = match token {
        Some(token) => Visitor::from_cookie(Some(token)),
        // A cookie comes along by itself, so it counts only where the browser says that our own page asks.
        None if header("sec-fetch-site").is_none_or(|site| site == "same-origin") => {
            request.extensions().get::<Visitor>().cloned()?
        }
        None => return None,
    };
    (!visitor.is_new()).then_some(visitor)
}

/// A new visitor.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewVisitor {
    /// The secret token, for `Authorization: Bearer TOKEN`. Who has it sees and deletes this visitor's battles.
    #[schema(min_length = 64, max_length = 64)]
    pub visitor: String,
}

/// A token for a new visitor. Nothing is stored before its first battle.
#[utoipa::path(
    operation_id = "createVisitor", tag = "visitors",
    responses((status = 201, body = NewVisitor)), security(())
)]
#[post("/visitors")]
pub async fn create() -> HttpResponse {
    HttpResponse::Created().insert_header(("cache-control", "no-store")).json(NewVisitor { visitor: random_token() })
}
