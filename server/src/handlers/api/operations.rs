//! Every operation of the API, in one list.

use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::middleware::{Next, from_fn};
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError};
use utoipa::openapi::path::{PathItem, Paths};
use utoipa::openapi::schema::Components;
use utoipa_actix_web::OpenApiFactory;

use super::body::ErrorBody;
use super::unknown::{KnownQueries, refuse_unknown_query};
use super::{
    admin, admin_endpoint, admin_files, admin_prompts, admin_replays, admin_results, admin_set_prompts, admin_site,
    admin_voters, admin_votes, battles, body, chat, leaderboard, models, stream, visitor,
};
use crate::domain::MAX_PROMPT_CHARS;
use crate::error::Error;
use crate::i18n::Locale;

/// The largest body: the longest message, each character escaped as two UTF-16 units, and room for the rest.
const MAX_BODY: usize = MAX_PROMPT_CHARS * 12 + 65_536;

/// Where the operations are.
const PREFIX: &str = "/api/v1";

/// Every operation. One line gives its address and its place in the document.
pub(super) fn operations() -> ((Paths, Components), impl HttpServiceFactory + 'static) {
    let json = web::JsonConfig::default().limit(MAX_BODY).error_handler(|cause, _| body::refused(&cause).into());
    let query = web::QueryConfig::default().error_handler(|cause, _| Error::invalid("query", cause.to_string()).into());
    let mut scope = utoipa_actix_web::scope(PREFIX)
        .app_data(json)
        .app_data(query)
        .service(visitor::create)
        .service(battles::start)
        .service(battles::list)
        .service(battles::read)
        .service(battles::delete)
        .service(battles::delete_all)
        .service(stream::read)
        .service(chat::send)
        .service(chat::edit)
        .service(chat::regenerate)
        .service(chat::stop)
        .service(chat::retry)
        .service(chat::vote)
        .service(chat::undo)
        .service(models::list)
        .service(models::card)
        .service(leaderboard::board)
        .service(leaderboard::matrix)
        .service(admin::list)
        .service(admin::register)
        .service(admin_endpoint::list)
        .service(admin_endpoint::register)
        .service(admin::read)
        .service(admin::change)
        .service(admin_results::attach)
        .service(admin_prompts::list)
        .service(admin_prompts::add)
        .service(admin_prompts::read)
        .service(admin_prompts::change)
        .service(admin_prompts::remove)
        .service(admin_set_prompts::import)
        .service(admin_set_prompts::list)
        .service(admin_set_prompts::remove_prompts)
        .service(admin_set_prompts::retry)
        .service(admin_replays::start)
        .service(admin_replays::read)
        .service(admin_site::read)
        .service(admin_site::change)
        .service(admin_site::end_sessions)
        .service(admin_voters::list)
        .service(admin_voters::read)
        .service(admin_voters::decide)
        .service(admin_files::import)
        .service(admin_files::export)
        .service(admin_votes::list)
        .service(admin_votes::change_many)
        .service(admin_votes::undo_change)
        .service(admin_votes::change);
    let mut schemas = Vec::new();
    scope.schemas(&mut schemas);
    let paths = scope.paths();
    // Behind the operations, so that only requests come here whose method is none of theirs.
    for (path, item) in &paths.paths {
        let rest = resource(path.strip_prefix(PREFIX).unwrap_or(path), methods(item));
        scope = scope.map(|scope| scope.service(rest));
    }
    scope = scope.map(|scope| scope.service(chat::again));
    let known = Rc::new(KnownQueries::of(&paths));
    let scope = scope.wrap(from_fn(move |request, next: Next<BoxBody>| {
        let known = Rc::clone(&known);
        async move { refuse_unknown_query(&known, request, next).await }
    }));
    let mut components = Components::new();
    components.schemas.extend(schemas);
    ((paths, components), scope)
}

fn methods(item: &PathItem) -> Vec<Method> {
    let all = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| method).collect()
}

/// An address that says which methods it takes when it is asked by another.
pub(super) fn resource(path: &str, methods: Vec<Method>) -> Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| {
        let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        async move {
            let error = Error::MethodNotAllowed;
            HttpResponse::build(error.status_code())
                .insert_header((ALLOW, allowed))
                .json(ErrorBody::new(&error, Locale::of(&request)))
        }
    }))
}
