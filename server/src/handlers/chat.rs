//! What happens in a battle: the stream, further messages, stop, ask again.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use serde::Deserialize;
use tokio::time::timeout;

use super::battle::NoFields;
use super::see_other;
use crate::actions::ask_again::AskAgain;
use crate::actions::read_battle::read_battle;
use crate::actions::send_message::SendMessage;
use crate::actions::stop_answer::stop_answer;
use crate::app::Arena;
use crate::domain::{BattleId, Prompt, Side};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::i18n::Locale;
use crate::streams::{Cursor, Events, Reader};

/// How often a comment keeps a quiet connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Where a stream goes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct After {
    after: String,
}

/// The newest turn as server-sent events, from where the reader is: `Last-Event-ID`, else `after`.
pub async fn stream(
    request: HttpRequest,
    arena: web::Data<Arena>,
    visitor: Visitor,
    locale: Locale,
    id: web::Path<String>,
    query: web::Query<After>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let permit = arena.streams.reader_permit()?;
    let battle = read_battle(&arena.db, &arena.streams, id, visitor.id()).await?.battle;
    let header = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let after: Option<Cursor> = header.unwrap_or(&query.after).parse().ok();
    let newest = battle.last_turn().map_or(1, |turn| turn.number);
    let turn = after.map_or(newest, |cursor| cursor.turn).clamp(1, newest);
    let state = Follow {
        reader: Reader::new(arena.streams.clone(), id, battle.kind, turn, permit),
        events: Events::new(locale, battle.status(), turn, after),
        has_greeted: false,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache, no-store, no-transform"))
        // A compressed stream would wait in the compressor, a buffered one in the proxy.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream::unfold(state, Follow::next)))
}

struct Follow {
    reader: Reader,
    events: Events,
    has_greeted: bool,
}

impl Follow {
    /// The next piece for the browser. Asked for only when the browser has taken the one before; so a reader that
    /// stops reading stops counting as one.
    async fn next(mut self) -> Option<(Result<Bytes, actix_web::Error>, Self)> {
        if !self.has_greeted {
            self.has_greeted = true;
            return Some((Ok(Bytes::from_static(b"retry: 1000\n\n")), self));
        }
        self.reader.touch();
        let text = match timeout(KEEP_ALIVE, self.reader.next()).await {
            Err(_) => ": still here\n\n".to_owned(),
            Ok(Ok(Some(view))) => self.events.of(&view, self.reader.has_ended()),
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a stream broke off; its reader comes again");
                return None;
            }
        };
        Some((Ok(Bytes::from(text)), self))
    }
}

/// A message.
#[derive(Debug, Deserialize)]
pub struct Message {
    prompt: String,
}

/// Goes on with a battle.
pub async fn send(
    arena: web::Data<Arena>,
    visitor: Visitor,
    address: ClientAddress,
    id: web::Path<String>,
    CsrfForm(form): CsrfForm<Message>,
) -> Result<HttpResponse, Error> {
    arena.limits.check_message(&visitor, address)?;
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let message = SendMessage { battle, voter: visitor.id(), prompt: Prompt::parse(&form.prompt)? };
    let turn = message.run(&arena.db, &arena.streams).await?;
    Ok(see_other(&format!("/battle/{battle}#turn-{turn}")))
}

/// Stops both answers.
pub async fn stop(
    arena: web::Data<Arena>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    stop_answer(&arena.db, &arena.streams, battle, visitor.id()).await?;
    Ok(see_other(&format!("/battle/{battle}")))
}

/// A side that failed.
#[derive(Debug, Deserialize)]
pub struct Failed {
    side: Side,
}

/// Asks a side again.
pub async fn again(
    arena: web::Data<Arena>,
    visitor: Visitor,
    address: ClientAddress,
    id: web::Path<String>,
    CsrfForm(form): CsrfForm<Failed>,
) -> Result<HttpResponse, Error> {
    arena.limits.check_message(&visitor, address)?;
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    AskAgain { battle, voter: visitor.id(), side: form.side }.run(&arena.db, &arena.streams).await?;
    Ok(see_other(&format!("/battle/{battle}")))
}
