//! Battles: the page where one begins, the page of one, its deletion.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{html, see_other};
use crate::actions::answering::contestants;
use crate::actions::delete_battle::DeleteBattle;
use crate::actions::read_battle::ReadBattle;
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::domain::{BattleId, Parameters, may_draw};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::limits::Caller;
use crate::state::Arena;
use crate::store::model_names;
use crate::views::{BattlePage, NewBattlePage, Page};

/// A prompt to begin with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Begin {
    prompt: String,
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub struct NoFields {}

/// Where a battle begins.
pub async fn new(
    request: HttpRequest,
    arena: web::Data<Arena>,
    query: web::Query<Begin>,
) -> Result<HttpResponse, Error> {
    let contestants = contestants(&arena.db, &arena.streams).await?;
    let trouble = may_draw(&contestants).err().map(|error| error.code());
    html(&NewBattlePage { page: Page::of(&request), prompt: query.into_inner().prompt, trouble })
}

/// Begins one.
pub async fn start(
    request: HttpRequest,
    arena: web::Data<Arena>,
    visitor: Visitor,
    address: ClientAddress,
    CsrfForm(form): CsrfForm<Begin>,
) -> Result<HttpResponse, Error> {
    let start = StartBattle {
        caller: Caller { voter: visitor.id(), address: address.0 },
        prompt: form.prompt.clone(),
        opponents: Opponents::Drawn,
        parameters: Parameters::BATTLE,
    };
    match start.run(&arena).await {
        Ok(id) => Ok(see_other(&format!("/battle/{id}"))),
        // The page says what to do, and keeps what was written.
        Err(error @ Error::NoModels(code)) => {
            let page = NewBattlePage { page: Page::of(&request), prompt: form.prompt, trouble: Some(code) };
            let mut response = html(&page)?;
            *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            Ok(response)
        }
        Err(error) => Err(error),
    }
}

/// The page of a battle, a comparison or a direct chat: the visitor's own.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<Arena>,
    visitor: Visitor,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let shown = ReadBattle { battle: id, voter: visitor.id() }.run(&arena).await?;
    let names = model_names::of_battle(&arena.db, &shown.battle).await?;
    let mut frame = Page::of(&request);
    let page = |frame| BattlePage::new(frame, &shown, &names);
    frame.path = page(frame.clone()).new_path().to_owned();
    html(&page(frame))
}

/// Deletes one for good.
pub async fn delete(
    arena: web::Data<Arena>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    DeleteBattle { battle: id, voter: visitor.id() }.run(&arena).await?;
    Ok(see_other("/history"))
}
