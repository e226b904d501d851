//! Votes.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::actions::cast_vote::CastVote;
use crate::actions::hold_vote::HoldVote;
use crate::actions::settle_votes;
use crate::actions::undo_vote::UndoVote;
use crate::domain::{BattleId, Choice, Reason};
use crate::error::Error;
use crate::extract::{ClientAddress, CsrfForm, Visitor};
use crate::handlers::{NoFields, see_other};
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::model_names;

/// A vote as the form sends it.
#[derive(Debug, Deserialize)]
pub struct Ballot {
    choice: Choice,
    #[serde(default, rename = "reason")]
    reasons: Vec<Reason>,
    #[serde(default)]
    comment: String,
}

/// Keeps the vote; its page shows how to take it back, and then the names. A script that asks for JSON votes for good, as
/// by the API.
pub async fn cast(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    address: ClientAddress,
    id: web::Path<String>,
    CsrfForm(ballot): CsrfForm<Ballot>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let vote = CastVote {
        battle,
        caller: Caller { voter: visitor.id(), address: address.0 },
        choice: ballot.choice,
        reasons: ballot.reasons,
        comment: ballot.comment,
    };
    let accept = request.headers().get("accept").and_then(|value| value.to_str().ok()).unwrap_or("");
    if !accept.contains("application/json") {
        HoldVote(vote).run(&arena).await?;
        return Ok(see_other(&panel(battle)));
    }
    let cast = vote.run(&arena).await?;
    let names = model_names::of_vote(&arena.db, &cast.vote).await?;
    let [a, b] = names.map(|name| name.map(|name| json!({ "slug": name.slug, "name": name.display_name })));
    Ok(HttpResponse::Ok().json(json!({
        "choice": cast.vote.choice,
        "created": cast.created,
        "is_counted": cast.vote.is_counted(),
        "exclusion_reason": cast.vote.exclusion_reason,
        "a": a,
        "b": b,
    })))
}

/// Takes the vote back.
pub async fn undo(
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    UndoVote { battle, voter: visitor.id() }.run(&arena).await?;
    Ok(see_other(&panel(battle)))
}

/// Makes the vote final at once.
pub async fn settle(
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    settle_votes::settle(&arena, visitor.id(), Some(battle)).await?;
    Ok(see_other(&panel(battle)))
}

fn panel(battle: BattleId) -> String {
    format!("/battle/{battle}#panel")
}
