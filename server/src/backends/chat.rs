//! One answer from beginning to end: tries, timeouts, events, cancellation.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use rand::RngExt;
use reqwest::{Client, Method};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::endpoint::Endpoint;
use super::error::{BackendError, ErrorKind};
use super::event::Item;
use super::reading::Answer;
use super::request::{Body, ChatRequest};
use super::send::send;
use super::shared::Shared;
use super::target::Target;
use crate::backoff::doubled;

/// Events that wait for a slow reader; then the network waits, then the model.
const EVENTS: usize = 64;
/// The pause before the second try, and the longest that we choose ourselves.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_OWN_PAUSE: Duration = Duration::from_secs(8);
/// The longest pause before another try; whoever asks for more is not tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The events of one answer. It always ends with `Finished` or with an error. Dropping it cancels
/// the HTTP request.
#[derive(Debug)]
pub struct ChatStream {
    events: mpsc::Receiver<Item>,
}

impl Stream for ChatStream {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        self.events.poll_recv(context)
    }
}

/// Starts the task that drives the answer.
pub(super) fn start(shared: Arc<Shared>, target: Target, request: ChatRequest, ticket: Uuid) -> ChatStream {
    let (sender, events) = mpsc::channel(EVENTS);
    let permit = shared.permits.clone().try_acquire_owned();
    tokio::spawn(async move {
        let Ok(_permit) = permit else {
            let full = BackendError::new(ErrorKind::QueueFull, "too many answers are under way");
            let _ = sender.send(Err(full)).await;
            return;
        };
        tokio::select! {
            // The reader is gone: leaving this select drops the response and so the connection.
            () = sender.closed() => {}
            result = run(&shared, &target, &request, ticket, &sender) => {
                if let Err(error) = result {
                    let _ = sender.send(Err(error)).await;
                }
            }
        }
    });
    ChatStream { events }
}

/// Goes from server to server until an answer has begun, then reads it to its end.
async fn run(
    shared: &Shared,
    target: &Target,
    request: &ChatRequest,
    ticket: Uuid,
    sender: &mpsc::Sender<Item>,
) -> Result<(), BackendError> {
    let mut failed = Vec::new();
    let mut ends = None;
    loop {
        let is_fit = |at| {
            let key = |at: usize| target.endpoint(at).health_key();
            !failed.contains(&at) && shared.health.is_available(&key(at))
        };
        let seat = shared.queues.seat(target, ticket, !failed.is_empty(), is_fit).await?;
        let endpoint = target.endpoint(seat.at);
        let ends = *ends.get_or_insert_with(|| Instant::now() + endpoint.timeouts.total);
        let has_others = failed.len() + 1 < target.count();
        // Another server is tried before the same one again.
        let retries = if has_others { 0 } else { endpoint.retries };
        let Err((error, has_begun)) = ask(shared, endpoint, request, sender, ends, retries).await else {
            return Ok(());
        };
        // The detail is the endpoint's own words; it goes to the log once, here.
        tracing::warn!(model = endpoint.model(), base = %endpoint.base(), %error, "no answer");
        let broke = matches!(error.kind, ErrorKind::Interrupted | ErrorKind::Unreachable);
        let died = endpoint.is_own_worker() && broke;
        shared.health.failed(&endpoint.health_key(), &error, request.is_short(), died);
        if has_begun || !has_others || !error.kind.counts_against_endpoint() || Instant::now() >= ends {
            return Err(error);
        }
        failed.push(seat.at);
    }
}

/// Tries one server until an answer has begun, then reads it to its end. A failure says whether it had begun.
async fn ask(
    shared: &Shared,
    endpoint: &Endpoint,
    request: &ChatRequest,
    sender: &mpsc::Sender<Item>,
    ends: Instant,
    retries: u32,
) -> Result<(), (BackendError, bool)> {
    let client = shared.client(endpoint).map_err(|error| (error, false))?;
    let mut body = Body::new(endpoint.model(), request).without(&endpoint.omitted);
    let mut tried = 0;
    loop {
        let mut answer = Answer::new(endpoint, sender, ends, request.sampling.max_tokens);
        let error = match attempt(&client, endpoint, &body, &mut answer).await {
            Ok(()) => {
                shared.health.succeeded(&endpoint.health_key());
                return answer.finish().await.map_err(|error| (error, true));
            }
            Err(error) => error,
        };
        if answer.has_begun() {
            return Err((error, true));
        }
        // Some call what they do not take a failure of their own.
        let is_refused = error.kind == ErrorKind::InvalidRequest;
        let is_said = error.kind == ErrorKind::ServerFailed && error.status.is_some();
        if (is_refused || is_said) && body.bend(&error.detail, is_refused) {
            continue;
        }
        let pause = pause(tried, &error);
        let late = Instant::now() + pause >= ends;
        if tried >= retries || !error.kind.is_transient() || pause > LONGEST_PAUSE || late {
            return Err((error, false));
        }
        tracing::debug!(model = endpoint.model(), %error, ?pause, "trying again");
        tried += 1;
        sleep(pause).await;
    }
}

/// One try. The first token's time begins with the request.
async fn attempt(
    client: &Client,
    endpoint: &Endpoint,
    body: &Body,
    answer: &mut Answer<'_>,
) -> Result<(), BackendError> {
    let sent = send(client, endpoint, Method::POST, "chat/completions", Some(body.json()));
    let response = answer.in_time(sent).await??;
    answer.read(response).await
}

/// Doubling pauses with jitter, so that many visitors do not come back at the same moment; or what
/// the endpoint asks for.
fn pause(tried: u32, error: &BackendError) -> Duration {
    let jittered = doubled(FIRST_PAUSE, tried, LONGEST_OWN_PAUSE).mul_f64(rand::rng().random_range(0.5..1.0));
    error.retry_after.map_or(jittered, |asked| asked.max(jittered))
}
