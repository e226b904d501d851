//! Answers as they come: merged, and as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::web;
use bytes::Bytes;
use futures_util::stream::{Map, SelectAll, select_all};
use futures_util::{Stream, StreamExt, stream};
use mixtral_engine::EventStream;
use mixtral_engine::request::{Event, FinishReason};
use serde_json::Value;
use tokio::time::timeout;

use super::error::ApiError;
use super::protocol::Reply;
use super::state::Worker;

/// How often a waiting client hears that the connection lives. Also how a client that is gone is
/// noticed while the prompt is read.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

type Tagged = Box<dyn FnMut(Event) -> (usize, Event) + Send>;

/// The answers of a request on their way: events in, chunks out.
pub(super) struct Answers {
    worker: web::Data<Worker>,
    model: String,
    reply: Reply,
    events: SelectAll<Map<EventStream, Tagged>>,
}

impl Answers {
    pub(super) fn new(worker: web::Data<Worker>, model: String, reply: Reply, events: Vec<EventStream>) -> Self {
        let tagged =
            |(index, events): (usize, EventStream)| events.map(Box::new(move |event| (index, event)) as Tagged);
        Self { worker, model, reply, events: select_all(events.into_iter().enumerate().map(tagged)) }
    }

    /// The chunks before the first event.
    pub(super) fn first(&mut self) -> Vec<Value> {
        self.reply.first()
    }

    /// The chunk of the next event that has one; nothing once all answers are complete.
    ///
    /// # Errors
    /// One of the answers ended badly, and the others with it.
    pub(super) async fn next(&mut self) -> Result<Option<Value>, ApiError> {
        while let Some((index, event)) = self.events.next().await {
            match event {
                Event::Started { .. } | Event::Embedding { .. } => {}
                Event::Prompt { tokens } => {
                    if let Some(chunk) = self.reply.prompt(index, &tokens) {
                        return Ok(Some(chunk));
                    }
                }
                Event::Text { text, logprobs, .. } => return Ok(Some(self.reply.piece(index, &text, &logprobs))),
                Event::Finished { reason: FinishReason::Cancelled, .. } => return Err(reader_too_slow()),
                Event::Finished { reason, usage, .. } => {
                    self.worker.metrics.finished(&self.model, &usage);
                    return Ok(Some(self.reply.last(index, reason, &usage)));
                }
                Event::Failed { error } => return Err(ApiError::from_generate(&error)),
            }
        }
        if self.reply.is_complete() {
            return Ok(None);
        }
        Err(ApiError::from_generate(&mixtral_engine::request::GenerateError::EngineStopped))
    }

    /// Collects the answers. Should the client hang up, the connection drops this future and with it
    /// the events, which cancels the requests.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(super) async fn whole(mut self) -> Result<Value, ApiError> {
        self.first();
        while self.next().await?.is_some() {}
        Ok(self.reply.whole())
    }

    /// The body of a streamed response. Dropping it cancels the requests.
    pub(super) fn into_body(mut self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        let ready = self.first().iter().map(data).collect();
        let streaming = Streaming { answers: Some(self), ready };
        stream::unfold(streaming, |mut state| async move { state.next().await.map(|bytes| (Ok(bytes), state)) })
    }
}

/// The state of one stream.
struct Streaming {
    /// Gone once nothing follows.
    answers: Option<Answers>,
    ready: VecDeque<Bytes>,
}

impl Streaming {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(bytes) = self.ready.pop_front() {
            return Some(bytes);
        }
        let answers = self.answers.as_mut()?;
        match timeout(KEEP_ALIVE, answers.next()).await {
            Err(_) => return Some(Bytes::from_static(b": waiting\n\n")),
            Ok(Ok(Some(chunk))) => return Some(data(&chunk)),
            Ok(Ok(None)) => {
                self.ready.extend(answers.reply.usage().as_ref().map(data));
                self.ready.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
            }
            Ok(Err(error)) => {
                // The status has been sent long ago: the error is an event, and no `[DONE]` follows it.
                tracing::warn!(model = answers.model, %error, "an answer ended badly");
                self.ready.push_back(data(&error.body()));
            }
        }
        self.answers = None;
        self.ready.pop_front()
    }
}

/// The engine gave up on a reader that left its events unread.
fn reader_too_slow() -> ApiError {
    use actix_web::http::StatusCode;
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "reader_too_slow", "The answer was not read in time.")
}

fn data(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}
