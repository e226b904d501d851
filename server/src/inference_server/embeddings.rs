//! The route that makes embeddings.

use actix_web::{HttpResponse, web};
use futures_util::StreamExt;
use mixtral_engine::EventStream;
use mixtral_engine::request::{Event, GenerateError, Usage};

use super::error::ApiError;
use super::protocol::{self, read_body};
use super::state::Worker;

/// So many texts are in the engine's hands at once; the others wait here, so that they fill no queue.
const AT_ONCE: usize = 16;

/// `POST /v1/embeddings`.
pub(super) async fn embeddings(worker: web::Data<Worker>, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let mut asked = protocol::embeddings(read_body(payload).await?)?;
    let requests = std::mem::take(&mut asked.requests);
    let model = asked.model.as_str();
    let worker = &worker;
    let one = async move |request| {
        let events =
            worker.host.submit(model, request).await.inspect_err(|error| worker.metrics.refused(error.code))?;
        read(worker, model, events).await
    };
    // In the order of the texts. Should the client hang up or one of them fail, the others are dropped and cancelled.
    let mut read = futures_util::stream::iter(requests.into_iter().map(one)).buffered(AT_ONCE);
    let (mut data, mut total) = (Vec::new(), Usage::default());
    while let Some(outcome) = read.next().await {
        let (values, usage) = outcome?;
        total.prompt_tokens += usage.prompt_tokens;
        data.push(asked.embedding(data.len(), values)?);
    }
    Ok(HttpResponse::Ok().json(asked.answer(data, &total)))
}

async fn read(worker: &Worker, model: &str, mut events: EventStream) -> Result<(Vec<f32>, Usage), ApiError> {
    let mut embedding = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Event::Started { .. } | Event::Prompt { .. } | Event::Text { .. } => {}
            Event::Embedding { values } => embedding = values,
            Event::Finished { usage, .. } => {
                worker.metrics.finished(model, &usage);
                return Ok((embedding, usage));
            }
            Event::Failed { error } => return Err(ApiError::from_generate(&error)),
        }
    }
    Err(ApiError::from_generate(&GenerateError::EngineStopped))
}
