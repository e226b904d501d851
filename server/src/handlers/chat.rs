//! What happens in a battle: the stream, further messages, stop, ask again.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::battle::NoFields;
use super::see_other;
use super::sse;
use super::sse::html::HtmlEvents;
use crate::actions::ask_again::AskAgain;
use crate::actions::read_battle::read_battle;
use crate::actions::send_message::SendMessage;
use crate::actions::stop_answer::stop_answer;
use crate::domain::{BattleId, Prompt, Side};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::i18n::Locale;
use crate::state::Arena;

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
    let after = sse::cursor(&request, &query.after);
    Ok(sse::respond::<HtmlEvents>(&arena, &battle, locale, after, permit))
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
    arena.limits.check_message(visitor.id(), address.0)?;
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
    arena.limits.check_message(visitor.id(), address.0)?;
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    AskAgain { battle, voter: visitor.id(), side: form.side }.run(&arena.db, &arena.streams).await?;
    Ok(see_other(&format!("/battle/{battle}")))
}
