//! The two routes that generate.

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use actix_web::{HttpResponse, web};
use futures_util::StreamExt;
use mixtral_engine::EventStream;
use mixtral_engine::request::{Event, FinishReason};

use super::error::ApiError;
use super::protocol::{self, Asked, Reply, read_body};
use super::state::Worker;
use super::streaming::{Streaming, reader_too_slow};

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
    let reply = Reply::new(&asked);
    let Asked { model, request, stream, .. } = asked;
    // Refusals come before the first byte, so that they have their own status.
    let events = match worker.host.submit(&model, request).await {
        Ok(events) => events,
        Err(error) => {
            worker.metrics.refused(error.code);
            return Err(error);
        }
    };
    if stream {
        let body = Streaming::new(worker, model, reply, events).into_body();
        return Ok(HttpResponse::Ok()
            .content_type("text/event-stream; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            // Proxies must pass each token on at once: no buffer, no compression.
            .insert_header(("X-Accel-Buffering", "no"))
            .insert_header(ContentEncoding::Identity)
            .streaming(body));
    }
    whole(&worker, &model, &reply, events).await
}

/// Collects the answer. Should the client hang up, the connection drops this future and with it
/// the events, which cancels the request.
async fn whole(worker: &Worker, model: &str, reply: &Reply, mut events: EventStream) -> Result<HttpResponse, ApiError> {
    let mut answer = String::new();
    let mut all = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Event::Started { .. } => {}
            Event::Text { text, logprobs, .. } => {
                answer.push_str(&text);
                all.extend(logprobs);
            }
            Event::Finished { reason: FinishReason::Cancelled, .. } => return Err(reader_too_slow()),
            Event::Finished { reason, usage, .. } => {
                worker.metrics.finished(model, &usage);
                return Ok(HttpResponse::Ok().json(reply.whole(&answer, &all, reason, &usage)));
            }
            Event::Failed { error } => return Err(ApiError::from_generate(&error)),
        }
    }
    Err(ApiError::from_generate(&mixtral_engine::request::GenerateError::EngineStopped))
}
