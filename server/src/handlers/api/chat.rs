//! Going on with a battle: messages, stop, retry, vote.

use actix_web::{HttpResponse, delete, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::battles::id_of;
use super::body::{ErrorBody, RateLimited};
use super::schemas;
use super::state::{BattleState, ModelName};
use super::visitor::ApiVisitor;
use crate::actions::cast_vote::CastVote;
use crate::actions::edit_message::EditMessage;
use crate::actions::regenerate::Regenerate;
use crate::actions::retry_reply::RetryReply;
use crate::actions::send_message::SendMessage;
use crate::actions::stop_answer::StopAnswers;
use crate::actions::undo_vote::UndoVote;
use crate::domain::{AnswerMode, BattleId, Choice, Reason, Side};
use crate::error::Error;
use crate::extract::{ClientAddress, Visitor};
use crate::i18n::Locale;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::model_names;

/// A message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// What to say.
    #[schema(schema_with = schemas::prompt)]
    prompt: String,
}

/// Sends another message: one more turn for both sides.
#[utoipa::path(
    operation_id = "sendMessage", tag = "battles", request_body = NewMessage,
    params(("id" = BattleId, Path, description = "The battle.")),
    responses(RateLimited, (status = 201, body = BattleState), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("visitor" = []))
)]
#[post("/battles/{id}/messages")]
pub async fn send(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    address: ClientAddress,
    locale: Locale,
    id: web::Path<String>,
    message: web::Json<NewMessage>,
) -> Result<HttpResponse, Error> {
    let (visitor, battle) = (visitor.0, id_of(&id)?);
    let caller = Caller { voter: visitor.id(), address: address.0 };
    SendMessage { battle, caller, prompt: message.into_inner().prompt }.run(&arena).await?;
    Ok(HttpResponse::Created().json(BattleState::read(&arena, locale, &visitor, battle).await?))
}

/// Writes the newest message anew, before its answers are voted on: every side answers it again.
#[utoipa::path(
    operation_id = "editMessage", tag = "battles", request_body = NewMessage,
    params(("id" = BattleId, Path, description = "The battle.")),
    responses(RateLimited, (status = 200, body = BattleState), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("visitor" = []))
)]
#[post("/battles/{id}/edit")]
pub async fn edit(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    address: ClientAddress,
    locale: Locale,
    id: web::Path<String>,
    message: web::Json<NewMessage>,
) -> Result<HttpResponse, Error> {
    let (visitor, battle) = (visitor.0, id_of(&id)?);
    let caller = Caller { voter: visitor.id(), address: address.0 };
    EditMessage { battle, caller, prompt: message.into_inner().prompt }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(BattleState::read(&arena, locale, &visitor, battle).await?))
}

/// Who answers again, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerAnew {
    /// One side alone, where the names are known: a vote on the pair then counts nowhere. All sides without.
    #[serde(default)]
    side: Option<Side>,
    /// How.
    mode: AnswerMode,
}

/// Has the newest message answered again, before its answers are voted on.
#[utoipa::path(
    operation_id = "regenerate", tag = "battles", request_body = AnswerAnew,
    params(("id" = BattleId, Path, description = "The battle.")),
    responses(RateLimited, (status = 200, body = BattleState), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("visitor" = []))
)]
#[post("/battles/{id}/regenerate")]
pub async fn regenerate(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    address: ClientAddress,
    locale: Locale,
    id: web::Path<String>,
    anew: web::Json<AnswerAnew>,
) -> Result<HttpResponse, Error> {
    let (visitor, battle) = (visitor.0, id_of(&id)?);
    let caller = Caller { voter: visitor.id(), address: address.0 };
    Regenerate { battle, caller, side: anew.side, mode: anew.mode }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(BattleState::read(&arena, locale, &visitor, battle).await?))
}

/// Stops the answers that are being written; what was shown is kept.
#[utoipa::path(
    operation_id = "stopAnswers", tag = "battles",
    params(("id" = BattleId, Path, description = "The battle.")),
    responses((status = 200, body = BattleState), (status = 404, body = ErrorBody)), security(("visitor" = []))
)]
#[post("/battles/{id}/stop")]
pub async fn stop(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    locale: Locale,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let battle = id_of(&id)?;
    StopAnswers { battle, voter: visitor.0.id() }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(BattleState::read(&arena, locale, &visitor.0, battle).await?))
}

/// A side that failed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FailedSide {
    /// Which.
    side: Side,
}

/// Retries a side that failed in passing, was interrupted, was stopped before it said anything, or was empty: that once.
#[utoipa::path(
    operation_id = "retryReply", tag = "battles", request_body = FailedSide,
    params(("id" = BattleId, Path, description = "The battle.")),
    responses(RateLimited, (status = 200, body = BattleState), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("visitor" = []))
)]
#[post("/battles/{id}/retry")]
pub async fn retry(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    address: ClientAddress,
    locale: Locale,
    id: web::Path<String>,
    failed: web::Json<FailedSide>,
) -> Result<HttpResponse, Error> {
    retry_side(&arena, &visitor.0, address, locale, &id, failed.side).await
}

/// The first version's address of [`retry`].
#[post("/battles/{id}/again")]
pub async fn again(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    address: ClientAddress,
    locale: Locale,
    id: web::Path<String>,
    failed: web::Json<FailedSide>,
) -> Result<HttpResponse, Error> {
    retry_side(&arena, &visitor.0, address, locale, &id, failed.side).await
}

async fn retry_side(
    arena: &AppState,
    visitor: &Visitor,
    address: ClientAddress,
    locale: Locale,
    id: &str,
    side: Side,
) -> Result<HttpResponse, Error> {
    let battle = id_of(id)?;
    let caller = Caller { voter: visitor.id(), address: address.0 };
    RetryReply { battle, caller, side }.run(arena).await?;
    Ok(HttpResponse::Ok().json(BattleState::read(arena, locale, visitor, battle).await?))
}

/// A vote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVote {
    /// The judgement: `up` and `down` for direct chats, the others for pairs.
    choice: Choice,
    /// What decided it.
    #[serde(default)]
    #[schema(max_items = 6)]
    reasons: Vec<Reason>,
    /// In the voter's own words.
    #[serde(default)]
    #[schema(schema_with = schemas::comment)]
    comment: String,
}

/// The vote that the battle has now, and who the models were.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoteState {
    /// The judgement that stands: the first one.
    pub choice: Choice,
    /// Whether it is this one; false when the battle had a vote already.
    pub created: bool,
    /// Whether it counts in the ratings.
    pub is_counted: bool,
    /// Why it does not count.
    pub exclusion_reason: Option<String>,
    /// The left model.
    pub model_a: Option<ModelName>,
    /// The right model.
    pub model_b: Option<ModelName>,
}

/// Votes: once a battle, and for good. A second vote changes nothing and tells the first; one that was given on the page and
/// could still be taken back becomes final.
#[utoipa::path(
    operation_id = "castVote", tag = "battles", request_body = NewVote,
    params(("id" = BattleId, Path, description = "The battle.")),
    responses(RateLimited, (status = 200, body = VoteState), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("visitor" = []))
)]
#[post("/battles/{id}/vote")]
pub async fn vote(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    address: ClientAddress,
    id: web::Path<String>,
    new: web::Json<NewVote>,
) -> Result<HttpResponse, Error> {
    let (visitor, battle, new) = (visitor.0, id_of(&id)?, new.into_inner());
    if new.reasons.len() > Reason::ALL.len() {
        return Err(Error::invalid("json", "reasons"));
    }
    let vote = CastVote {
        battle,
        caller: Caller { voter: visitor.id(), address: address.0 },
        choice: new.choice,
        reasons: new.reasons,
        comment: new.comment,
    };
    let cast = vote.run(&arena).await?;
    let [model_a, model_b] = model_names::of_vote(&arena.db, &cast.vote).await?;
    Ok(HttpResponse::Ok().json(VoteState {
        choice: cast.vote.choice,
        created: cast.created,
        is_counted: cast.vote.is_counted(),
        exclusion_reason: cast.vote.exclusion_reason.clone(),
        model_a: model_a.as_ref().map(ModelName::of),
        model_b: model_b.as_ref().map(ModelName::of),
    }))
}

/// Takes back a vote that was given on the page, in the seconds before it is final.
#[utoipa::path(
    operation_id = "undoVote", tag = "battles",
    params(("id" = BattleId, Path, description = "The battle.")),
    responses((status = 200, body = BattleState), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("visitor" = []))
)]
#[delete("/battles/{id}/vote")]
pub async fn undo(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    locale: Locale,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let battle = id_of(&id)?;
    UndoVote { battle, voter: visitor.0.id() }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(BattleState::read(&arena, locale, &visitor.0, battle).await?))
}
