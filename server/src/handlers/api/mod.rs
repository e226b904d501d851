//! The JSON API: the same actions and rules as the pages, for programs.
//!
//! Everyone sends `Authorization: Bearer TOKEN`: visitors the token that `POST /api/v1/visitors` gives, administrators one
//! of their own. Scripts of our own pages are known by their cookie.

mod admin;
mod admin_endpoint;
mod admin_files;
mod admin_prompts;
mod admin_replays;
mod admin_results;
mod admin_set_prompts;
mod admin_site;
mod admin_voters;
mod admin_votes;
mod battles;
mod body;
mod chat;
mod cursor;
mod document;
mod leaderboard;
mod model_schema;
mod models;
mod operations;
mod page;
mod schemas;
mod setting_schema;
pub(super) mod state;
mod stream;
mod unknown;
mod visitor;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};

use self::operations::{operations, resource};

/// Every address of the API.
pub fn configure(app: &mut ServiceConfig) {
    app.service(resource("/api", vec![Method::GET]).route(web::get().to(page::page)));
    app.service(resource("/api/openapi.json", vec![Method::GET]).route(web::get().to(document::json)));
    app.service(operations().1);
}
