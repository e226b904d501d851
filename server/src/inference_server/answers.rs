//! The routes that generate.

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use actix_web::{HttpResponse, web};

use super::error::ApiError;
use super::protocol::{self, Asked, Reply, read_body};
use super::state::Worker;
use super::streaming::Answers;

/// `POST /v1/chat/completions`.
pub(super) async fn chat(worker: web::Data<Worker>, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let asked = protocol::chat(read_body(payload).await?)?;
    answer(worker, asked).await
}

/// `POST /v1/completions`.
pub(super) async fn completion(worker: web::Data<Worker>, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let asked = protocol::completion(read_body(payload).await?)?;
    answer(worker, asked).await
}

async fn answer(worker: web::Data<Worker>, asked: Asked) -> Result<HttpResponse, ApiError> {
    let reply = Reply::new(&asked, worker.host.weights(&asked.model));
    let Asked { model, requests, stream, .. } = asked;
    // Refusals come before the first byte, so that they have their own status; what was taken before is cancelled.
    let mut events = Vec::with_capacity(requests.len());
    for request in requests {
        match worker.host.submit(&model, request).await {
            Ok(taken) => events.push(taken),
            Err(error) => {
                worker.metrics.refused(error.code);
                return Err(error);
            }
        }
    }
    let answers = Answers::new(worker, model, reply, events);
    if !stream {
        return Ok(HttpResponse::Ok().json(answers.whole().await?));
    }
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Proxies must pass each token on at once: no buffer, no compression.
        .insert_header(("X-Accel-Buffering", "no"))
        .insert_header(ContentEncoding::Identity)
        .streaming(answers.into_body()))
}
