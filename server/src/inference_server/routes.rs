//! Every URL of a worker, in one table.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::error::ApiError;
use super::{admin, answers, embeddings, status, tokens};

/// The table.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    let only = |path: &str| web::resource(path).default_service(web::to(wrong));
    app.service(only("/v1/models").route(web::get().to(status::models)))
        .service(only("/v1/models/{model:.+}").route(web::get().to(status::model)))
        .service(only("/v1/chat/completions").route(web::post().to(answers::chat)))
        .service(only("/v1/completions").route(web::post().to(answers::completion)))
        .service(only("/v1/embeddings").route(web::post().to(embeddings::embeddings)))
        .service(only("/tokenize").route(web::post().to(tokens::tokenize)))
        .service(only("/detokenize").route(web::post().to(tokens::detokenize)))
        .service(only("/tokenizer_info").route(web::get().to(tokens::info)))
        .service(only("/health").route(web::get().to(status::health)))
        .service(only("/metrics").route(web::get().to(status::metrics)))
        .service(
            web::resource("/admin/models")
                .route(web::get().to(admin::list))
                .route(web::post().to(admin::load))
                .default_service(web::to(wrong)),
        )
        .service(
            web::resource("/admin/models/{model:.+}")
                .route(web::get().to(admin::one))
                .route(web::delete().to(admin::unload))
                .default_service(web::to(wrong)),
        )
        .default_service(web::to(missing));
}

async fn missing(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let message = format!("Unknown request URL: {} {}.", request.method(), request.path());
    Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_url", message))
}

async fn wrong(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let message = format!("Not allowed to {} on {}.", request.method(), request.path());
    Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message))
}
