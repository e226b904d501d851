//! The JSON API: the same actions and rules as the pages, for programs.
//!
//! A visitor is known by the token that `POST /api/v1/visitors` gives, in the header `X-Visitor`; scripts of our own pages
//! are known by their cookie. Administrators send `Authorization: Bearer TOKEN`.

mod admin;
mod admin_votes;
mod battles;
mod body;
mod chat;
mod document;
mod model_schema;
mod models;
mod page;
mod state;
mod stream;
mod visitor;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError};
use serde_json::json;

use crate::error::Error;
use crate::handlers::leaderboard;
use crate::i18n::Locale;
use crate::i18n::error_text;

/// The largest body: a message of 30,000 characters, each escaped as two UTF-16 units, and room for the rest.
const MAX_BODY: usize = 30_000 * 12 + 65_536;

/// Every address of the API.
pub fn configure(app: &mut ServiceConfig) {
    let json = web::JsonConfig::default().limit(MAX_BODY).error_handler(|cause, _| body::refused(&cause).into());
    let query = web::QueryConfig::default().error_handler(|cause, _| Error::invalid("query", cause.to_string()).into());
    let get = || web::get();
    let post = || web::post();
    app.service(resource("/api", &[Method::GET]).route(get().to(page::page)));
    app.service(resource("/api/openapi.json", &[Method::GET]).route(get().to(document::json)));
    app.service(
        web::scope("/api/v1")
            .app_data(json)
            .app_data(query)
            .service(resource("/visitors", &[Method::POST]).route(post().to(visitor::create)))
            .service(resource("/models", &[Method::GET]).route(get().to(models::list)))
            .service(resource("/models/{slug}", &[Method::GET]).route(get().to(models::card)))
            .service(resource("/leaderboard", &[Method::GET]).route(get().to(leaderboard::board_json)))
            .service(resource("/leaderboard/{matrix}", &[Method::GET]).route(get().to(leaderboard::matrix_json)))
            .service(
                resource("/battles", &[Method::GET, Method::POST, Method::DELETE])
                    .route(get().to(battles::list))
                    .route(post().to(battles::start))
                    .route(web::delete().to(battles::delete_all)),
            )
            .service(
                resource("/battles/{id}", &[Method::GET, Method::DELETE])
                    .route(get().to(battles::read))
                    .route(web::delete().to(battles::delete)),
            )
            .service(resource("/battles/{id}/stream", &[Method::GET]).route(get().to(stream::read)))
            .service(resource("/battles/{id}/messages", &[Method::POST]).route(post().to(chat::send)))
            .service(resource("/battles/{id}/stop", &[Method::POST]).route(post().to(chat::stop)))
            .service(resource("/battles/{id}/again", &[Method::POST]).route(post().to(chat::again)))
            .service(resource("/battles/{id}/vote", &[Method::POST]).route(post().to(chat::vote)))
            .service(
                resource("/admin/models", &[Method::GET, Method::POST])
                    .route(get().to(admin::list_models))
                    .route(post().to(admin::register_model)),
            )
            .service(
                resource("/admin/models/{slug}", &[Method::GET, Method::PATCH])
                    .route(get().to(admin::read_model))
                    .route(web::patch().to(admin::change_model)),
            )
            .service(resource("/admin/votes", &[Method::GET]).route(get().to(admin_votes::list_votes)))
            .service(resource("/admin/votes/{id}", &[Method::PATCH]).route(web::patch().to(admin_votes::change_vote))),
    );
}

/// An address that says which methods it takes when it is asked by another.
fn resource(path: &str, methods: &'static [Method]) -> Resource {
    web::resource(path).default_service(web::to(async move |request: HttpRequest| {
        let allowed: Vec<&str> = methods.iter().map(Method::as_str).collect();
        let error = Error::MethodNotAllowed;
        let message = error_text(&error, Locale::of(&request));
        HttpResponse::build(error.status_code())
            .insert_header((ALLOW, allowed.join(", ")))
            .json(json!({ "error": { "code": error.code(), "message": message, "detail": "" } }))
    }))
}
