//! A turn as server-sent events: what both ways of writing it share (headers, place, keep-alive).

pub mod html;
pub mod text;

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::domain::{Battle, BattleStatus};
use crate::i18n::Locale;
use crate::state::AppState;
use crate::streams::{Cursor, Reader, View};

/// How often a comment keeps a quiet connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A way of writing views of a turn as events, for one reader.
pub trait TurnEvents: Sized + 'static {
    /// Goes on where a reader of this battle is. A place in another turn is no place in this one.
    fn new(locale: Locale, battle: BattleStatus, turn: i32, after: Option<Cursor>) -> Self;

    /// The events that bring the reader from its last view to this one. `has_ended` closes the turn.
    fn of(&mut self, view: &View, has_ended: bool) -> String;
}

/// Where a reader stands: `Last-Event-ID`, else what its address says.
pub fn cursor(request: &HttpRequest, otherwise: &str) -> Option<Cursor> {
    let header = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    header.unwrap_or(otherwise).parse().ok()
}

/// The stream of a battle's turn: the one that the reader was in, else the newest.
pub fn respond<E: TurnEvents>(
    arena: &AppState,
    battle: &Battle,
    locale: Locale,
    after: Option<Cursor>,
    permit: OwnedSemaphorePermit,
) -> HttpResponse {
    let newest = battle.last_turn().map_or(1, |turn| turn.number);
    let turn = after.map_or(newest, |cursor| cursor.turn).clamp(1, newest);
    let state = Follow {
        reader: Reader::new(arena.streams.clone(), battle.id, battle.kind, turn, permit),
        events: E::new(locale, battle.status(), turn, after),
        has_greeted: false,
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache, no-store, no-transform"))
        // A compressed stream would wait in the compressor, a buffered one in the proxy.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream::unfold(state, Follow::next))
}

struct Follow<E> {
    reader: Reader,
    events: E,
    has_greeted: bool,
}

impl<E: TurnEvents> Follow<E> {
    /// The next piece for the reader. Asked for only when the connection has taken the one before; so a reader that
    /// stops reading stops counting as one.
    async fn next(mut self) -> Option<(Result<Bytes, actix_web::Error>, Self)> {
        if !self.has_greeted {
            self.has_greeted = true;
            return Some((Ok(Bytes::from_static(b"retry: 1000\n\n")), self));
        }
        self.reader.touch();
        let events = match timeout(KEEP_ALIVE, self.reader.next()).await {
            Err(_) => ": still here\n\n".to_owned(),
            Ok(Ok(Some(view))) => self.events.of(&view, self.reader.has_ended()),
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a stream broke off; its reader comes again");
                return None;
            }
        };
        Some((Ok(Bytes::from(events)), self))
    }
}
