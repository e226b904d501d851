//! An answer as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::web;
use bytes::Bytes;
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

/// The state of one stream.
pub(super) struct Streaming {
    worker: web::Data<Worker>,
    model: String,
    reply: Reply,
    /// Gone once nothing follows.
    events: Option<EventStream>,
    ready: VecDeque<Bytes>,
}

impl Streaming {
    pub(super) fn new(worker: web::Data<Worker>, model: String, reply: Reply, events: EventStream) -> Self {
        let ready = reply.first().as_ref().map(data).into_iter().collect();
        Self { worker, model, reply, events: Some(events), ready }
    }

    /// The body of the response. Dropping it cancels the request.
    pub(super) fn into_body(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut state| async move { state.next().await.map(|bytes| (Ok(bytes), state)) })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            let events = self.events.as_mut()?;
            match timeout(KEEP_ALIVE, events.next()).await {
                Err(_) => return Some(Bytes::from_static(b": waiting\n\n")),
                Ok(event) => self.take(event?),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Started { .. } => {}
            Event::Text { text, logprobs, .. } => {
                let chunk = self.reply.piece(&text, &logprobs);
                self.ready.push_back(data(&chunk));
            }
            Event::Finished { reason: FinishReason::Cancelled, .. } => self.fail(&reader_too_slow()),
            Event::Finished { reason, usage, .. } => {
                self.worker.metrics.finished(&self.model, &usage);
                self.ready.push_back(data(&self.reply.last(reason)));
                self.ready.extend(self.reply.usage(&usage).as_ref().map(data));
                self.ready.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
                self.events = None;
            }
            Event::Failed { error } => self.fail(&ApiError::from_generate(&error)),
        }
    }

    /// The status has been sent long ago: the error is an event, and no `[DONE]` follows it.
    fn fail(&mut self, error: &ApiError) {
        tracing::warn!(model = self.model, %error, "an answer ended badly");
        self.ready.push_back(data(&error.body()));
        self.events = None;
    }
}

/// The engine gave up on a reader that left its events unread.
pub(super) fn reader_too_slow() -> ApiError {
    use actix_web::http::StatusCode;
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "reader_too_slow", "The answer was not read in time.")
}

fn data(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}
