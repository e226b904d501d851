//! The turns of a battle: their stream, further messages, stop, retry.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::page::BattlePage;
use crate::actions::edit_message::EditMessage;
use crate::actions::read_battle::ReadBattle;
use crate::actions::regenerate::Regenerate;
use crate::actions::retry_reply::RetryReply;
use crate::actions::send_message::SendMessage;
use crate::actions::stop_answer::StopAnswers;
use crate::domain::{AnswerMode, BattleId, Side};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::handlers::sse::html::{HtmlEvents, HtmlStream};
use crate::handlers::{NoFields, html_error, keeps_message, see_other, sse};
use crate::i18n::Locale;
use crate::limits::Caller;
use crate::state::AppState;

/// Where a stream goes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct After {
    after: String,
}

/// The turn that the reader is in by `Last-Event-ID`, else by `after`, else the newest, as server-sent events.
pub async fn stream(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    locale: Locale,
    id: web::Path<String>,
    query: web::Query<After>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let permit = arena.streams.reader_permit()?;
    let battle = ReadBattle { battle: id, voter: visitor.id() }.run(&arena).await?.battle;
    let after = sse::cursor(&request, &query.after);
    let turn = sse::turn(&battle, after);
    let reader = arena.turns.follow(&arena.streams, id, battle.kind, turn);
    Ok(sse::respond(HtmlStream { reader, events: HtmlEvents::new(locale, battle.status(), turn) }, permit))
}

#[derive(Debug, Deserialize)]
pub struct Message {
    prompt: String,
}

/// Goes on with a battle. What cannot be sent now comes back with the page, and the reason.
pub async fn send(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    id: web::Path<String>,
    CsrfForm(form): CsrfForm<Message>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let caller = Caller { voter: visitor.id(), address: address.0 };
    let sent = SendMessage { battle, caller, prompt: form.prompt.clone() }.run(&arena).await;
    to_turn(sent, &request, &arena, &visitor, battle, |page, error| page.refuse(error, form.prompt)).await
}

/// Writes the newest message anew. What cannot be taken now comes back with the page, and the reason.
pub async fn edit(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    id: web::Path<String>,
    CsrfForm(form): CsrfForm<Message>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let caller = Caller { voter: visitor.id(), address: address.0 };
    let edited = EditMessage { battle, caller, prompt: form.prompt.clone() }.run(&arena).await;
    to_turn(edited, &request, &arena, &visitor, battle, |page, error| page.refuse_edit(error, form.prompt)).await
}

/// Who answers again, and how.
#[derive(Debug, Deserialize)]
pub struct Anew {
    /// Empty for all.
    #[serde(default)]
    side: String,
    mode: AnswerMode,
}

/// Has the newest message answered again.
pub async fn regenerate(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    id: web::Path<String>,
    CsrfForm(form): CsrfForm<Anew>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let caller = Caller { voter: visitor.id(), address: address.0 };
    let side = match form.side.as_str() {
        "" => None,
        side => Some(side.parse().map_err(|_| Error::NotFound)?),
    };
    let regenerated = Regenerate { battle, caller, side, mode: form.mode }.run(&arena).await;
    to_turn(regenerated, &request, &arena, &visitor, battle, |page, error| {
        let draft = std::mem::take(&mut page.draft);
        page.refuse(error, draft);
    })
    .await
}

/// To the turn that there is now; or, where nothing a person wrote may be lost, the page again with the reason.
async fn to_turn(
    done: Result<i32, Error>,
    request: &HttpRequest,
    arena: &AppState,
    visitor: &Visitor,
    battle: BattleId,
    refuse: impl FnOnce(&mut BattlePage, &Error),
) -> Result<HttpResponse, Error> {
    match done {
        Ok(turn) => Ok(see_other(&format!("/battle/{battle}#turn-{turn}"))),
        Err(error) if keeps_message(&error) => {
            let mut page = BattlePage::read(request, arena, visitor, battle).await?;
            refuse(&mut page, &error);
            html_error(&page, &error)
        }
        Err(error) => Err(error),
    }
}

/// Stops both answers.
pub async fn stop(
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    StopAnswers { battle, voter: visitor.id() }.run(&arena).await?;
    Ok(see_other(&format!("/battle/{battle}")))
}

/// A side that failed.
#[derive(Debug, Deserialize)]
pub struct Failed {
    side: Side,
}

/// Retries a side.
pub async fn retry(
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    id: web::Path<String>,
    CsrfForm(form): CsrfForm<Failed>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let caller = Caller { voter: visitor.id(), address: address.0 };
    RetryReply { battle, caller, side: form.side }.run(&arena).await?;
    Ok(see_other(&format!("/battle/{battle}")))
}
