//! Server-sent events: what all streams share (headers, permit, keep-alive), and two ways of writing a turn.

pub mod html;
pub mod text;

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::domain::Battle;
use crate::streams::Cursor;

/// How often a comment keeps a quiet connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What is written as events, for one reader.
pub trait EventWriter: 'static {
    /// The next events; `None` after the end, and where the stream breaks off. Whoever asks has taken those before.
    fn next(&mut self) -> impl Future<Output = Option<String>>;
}

/// Where a reader stands: `Last-Event-ID`, else what its address says.
pub fn cursor(request: &HttpRequest, otherwise: &str) -> Option<Cursor> {
    let header = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    header.unwrap_or(otherwise).parse().ok()
}

/// The turn that a reader of a battle follows: the one that it was in, else the newest.
pub fn turn(battle: &Battle, after: Option<Cursor>) -> i32 {
    let newest = battle.last_turn().map_or(1, |turn| turn.number);
    after.map_or(newest, |cursor| cursor.turn).clamp(1, newest)
}

/// The response that carries these events.
pub fn respond(events: impl EventWriter, permit: OwnedSemaphorePermit) -> HttpResponse {
    let state = Follow { events, has_greeted: false, _permit: permit };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache, no-store, no-transform"))
        // A compressed stream would wait in the compressor, a buffered one in the proxy.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream::unfold(state, Follow::next))
}

struct Follow<E> {
    events: E,
    has_greeted: bool,
    _permit: OwnedSemaphorePermit,
}

impl<E: EventWriter> Follow<E> {
    /// The next piece for the reader. Asked for only when the connection has taken the one before; so a reader that
    /// stops reading stops counting as one.
    async fn next(mut self) -> Option<(Result<Bytes, actix_web::Error>, Self)> {
        if !self.has_greeted {
            self.has_greeted = true;
            return Some((Ok(Bytes::from_static(b"retry: 1000\n\n")), self));
        }
        let events = match timeout(KEEP_ALIVE, self.events.next()).await {
            Err(_) => ": still here\n\n".to_owned(),
            Ok(events) => events?,
        };
        Some((Ok(Bytes::from(events)), self))
    }
}
