//! Every URL of the service, in one table.

use actix_web::web::{self, ServiceConfig};

use crate::error::Error;
use crate::handlers::{home, language, statics};

/// The table.
pub fn configure(app: &mut ServiceConfig) {
    app.route("/", web::get().to(home::page))
        .route("/language", web::post().to(language::choose))
        .route("/static/{path:.*}", web::get().to(statics::file))
        .route("/favicon.ico", web::get().to(statics::favicon))
        .default_service(web::to(async || Err::<actix_web::HttpResponse, _>(Error::NotFound)));
}
