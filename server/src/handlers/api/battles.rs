//! Battles: begin, list, read, delete.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the parameter's type with its path")]

use actix_web::http::header::LOCATION;
use actix_web::web::{self, Query};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::{ErrorBody, RateLimited};
use super::cursor::PageCursor;
use super::schemas;
use super::state::{BattleState, ModelName};
use super::visitor::ApiVisitor;
use crate::actions::delete_battle::{DeleteAllBattles, DeleteBattle};
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::domain::{BattleId, BattleKind, Choice, ModelId, ModelState, PairMode, Parameters, Preset, Unchecked};
use crate::error::Error;
use crate::extract::ClientAddress;
use crate::i18n::Locale;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::battles::{self, HistoryFilter};
use crate::store::model_names;
use crate::store::models::{self, Model};

/// What to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewBattle {
    /// Two anonymous models, drawn by the arena.
    Battle {
        /// The first message.
        #[schema(schema_with = schemas::prompt)]
        prompt: String,
        /// How the two are drawn: among all, or among pairs of which one is at least twice as large.
        #[serde(default)]
        draw: Draw,
        /// One of the two, by its slug; the other is drawn, and the vote on such a battle counts on no board.
        #[serde(default)]
        model: Option<String>,
        /// Agrees to the terms, where the arena asks for that before the first battle.
        #[serde(default)]
        agree: bool,
    },
    /// Two models of the visitor's choice, with their names.
    SideBySide {
        /// The first message.
        #[schema(schema_with = schemas::prompt)]
        prompt: String,
        /// The left model, by its slug.
        model_a: String,
        /// The right model, by its slug.
        model_b: String,
        /// How answers are sampled.
        #[serde(default)]
        parameters: NewParameters,
        /// What the models are told before the conversation.
        #[serde(default)]
        #[schema(schema_with = schemas::system_prompt)]
        system_prompt: String,
        /// Agrees to the terms, where the arena asks for that before the first battle.
        #[serde(default)]
        agree: bool,
    },
    /// One model of the visitor's choice.
    Direct {
        /// The first message.
        #[schema(schema_with = schemas::prompt)]
        prompt: String,
        /// The model, by its slug.
        model: String,
        /// How answers are sampled.
        #[serde(default)]
        parameters: NewParameters,
        /// What the models are told before the conversation.
        #[serde(default)]
        #[schema(schema_with = schemas::system_prompt)]
        system_prompt: String,
        /// Agrees to the terms, where the arena asks for that before the first battle.
        #[serde(default)]
        agree: bool,
    },
}

/// Among which pairs a battle is drawn.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// All.
    #[default]
    Random,
    /// A small model and a big one.
    Sizes,
}

/// How answers are sampled. What is not said is up to the model.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewParameters {
    /// 0 always takes the likeliest token.
    #[schema(schema_with = schemas::temperature)]
    temperature: Option<f32>,
    /// Keeps to the likeliest tokens that together have this probability.
    #[schema(schema_with = schemas::top_p)]
    top_p: Option<f32>,
    /// Keeps to so many of the likeliest tokens; 0 for all.
    #[schema(schema_with = schemas::top_k)]
    #[serde(deserialize_with = "whole")]
    top_k: Option<u32>,
    /// Keeps to tokens at least this likely relative to the likeliest.
    #[schema(schema_with = schemas::min_p)]
    min_p: Option<f32>,
    /// Weakens what was said already; 1 does not.
    #[schema(schema_with = schemas::repetition_penalty)]
    repetition_penalty: Option<f32>,
    /// For repeatable answers.
    #[schema(schema_with = schemas::seed)]
    #[serde(deserialize_with = "whole")]
    seed: Option<u32>,
    /// The longest answer.
    #[schema(schema_with = schemas::max_tokens)]
    #[serde(deserialize_with = "whole")]
    max_tokens: Option<u32>,
    /// Settings that belong together; what is said beside them goes before.
    preset: Option<Preset>,
}

/// A whole number, however it is written: to JSON 48 and 48.0 are the same.
fn whole<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    match Option::<f64>::deserialize(from)? {
        None => Ok(None),
        Some(number) if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) => {
            Ok(Some(number as u32))
        }
        Some(_) => Err(serde::de::Error::custom("a whole number is needed")),
    }
}

impl NewParameters {
    fn checked(self) -> Result<Parameters, Error> {
        let Self { temperature, top_p, top_k, min_p, repetition_penalty, seed, max_tokens, preset } = self;
        let said = Unchecked { temperature, top_p, top_k, min_p, repetition_penalty, seed, max_tokens };
        let preset = preset.map(Preset::parameters).unwrap_or_default();
        Parameters::checked(said.or(preset), Parameters::NAMED.max_tokens)
            .map_err(|error| Error::invalid("parameter", error.0))
    }
}

/// The id in an address; what is no id names no battle.
pub(super) fn id_of(text: &str) -> Result<BattleId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

/// Begins a battle, a comparison or a direct chat. The answers go on by themselves: read the stream, or ask for the state.
#[utoipa::path(
    operation_id = "startBattle", tag = "battles", request_body = NewBattle,
    responses(RateLimited, (status = 201, body = BattleState, headers(("Location" = String, description = "Where it is."))),
              (status = 404, body = ErrorBody)),
    security(("visitor" = []))
)]
#[post("/battles")]
pub async fn start(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    address: ClientAddress,
    locale: Locale,
    new: web::Json<NewBattle>,
) -> Result<HttpResponse, Error> {
    let visitor = visitor.0;
    let enabled = models::enabled(&arena.db).await?;
    let (prompt, opponents, parameters, system_prompt, agrees) = match new.into_inner() {
        NewBattle::Battle { prompt, draw, model, agree } => {
            let mode = match (model, draw) {
                (Some(model), _) => PairMode::Chosen(chosen(&enabled, &model)?),
                (None, Draw::Random) => PairMode::Random,
                (None, Draw::Sizes) => PairMode::Sizes,
            };
            (prompt, Opponents::Sampled(mode), Parameters::BATTLE, String::new(), agree)
        }
        NewBattle::SideBySide { prompt, model_a, model_b, parameters, system_prompt, agree } => {
            let opponents = Opponents::Chosen(chosen(&enabled, &model_a)?, chosen(&enabled, &model_b)?);
            (prompt, opponents, parameters.checked()?, system_prompt, agree)
        }
        NewBattle::Direct { prompt, model, parameters, system_prompt, agree } => {
            (prompt, Opponents::One(chosen(&enabled, &model)?), parameters.checked()?, system_prompt, agree)
        }
    };
    let caller = Caller { voter: visitor.id(), address: address.0 };
    let start = StartBattle { caller, prompt, opponents, parameters, system_prompt, agrees };
    let id = start.run(&arena).await?;
    let state = BattleState::read(&arena, locale, &visitor, id).await?;
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/api/v1/battles/{id}"))).json(state))
}

fn chosen(enabled: &[Model], slug: &str) -> Result<ModelId, Error> {
    let found = enabled.iter().find(|model| model.slug == slug && model.state == ModelState::Enabled);
    found.map(|model| model.id).ok_or(Error::NotFound)
}

/// The latest moment that is taken, in microseconds since 1970: some centuries on, and within what Postgres can hold.
const LATEST: i64 = 8_000_000_000_000_000;

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryPart {
    /// Where to go on: the last page's `next_cursor`.
    #[param(value_type = Option<PageCursor>)]
    cursor: Option<PageCursor>,
    /// The first version's name of it: microseconds since 1970.
    #[param(ignore)]
    before: Option<i64>,
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 30)]
    limit: Option<u8>,
}

/// The visitor's battles, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// The battles.
    pub battles: Vec<HistoryLine>,
    /// What to ask for next as `cursor`; nothing at the end.
    pub next_cursor: Option<PageCursor>,
}

/// One battle of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryLine {
    /// Its id.
    pub id: BattleId,
    /// How the models were chosen.
    pub kind: BattleKind,
    /// The first message, its beginning.
    pub prompt: String,
    /// How many turns it has.
    pub turns: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// The vote, once it is final.
    pub vote: Option<Choice>,
    /// The left model; hidden before the vote of a blind battle.
    pub model_a: Option<ModelName>,
    /// The right model; hidden before the vote of a blind battle.
    pub model_b: Option<ModelName>,
}

/// The visitor's own battles, newest first.
#[utoipa::path(
    operation_id = "listBattles", tag = "battles", params(HistoryPart),
    responses((status = 200, body = History)), security(("visitor" = []))
)]
#[get("/battles")]
pub async fn list(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    part: Query<HistoryPart>,
) -> Result<HttpResponse, Error> {
    let limit = part.limit.unwrap_or(30);
    if !(1..=100).contains(&limit) {
        return Err(Error::invalid("query", "limit: 1–100"));
    }
    let before = match part.cursor.map(|cursor| cursor.0).or(part.before) {
        Some(micros) if (0..=LATEST).contains(&micros) => DateTime::from_timestamp_micros(micros),
        Some(_) => return Err(Error::invalid("query", "cursor")),
        None => None,
    };
    let filter = HistoryFilter { before, ..HistoryFilter::default() };
    let limit = usize::from(limit);
    let mut entries = battles::history(&arena.db, visitor.0.id(), &filter, limit as i64 + 1).await?;
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().filter(|_| has_more);
    let next_cursor = last.map(|entry| PageCursor(entry.created_at.timestamp_micros()));
    let names = model_names::of_history(&arena.db, &entries).await?;
    let battles = entries
        .into_iter()
        .zip(names)
        .map(|(entry, [model_a, model_b])| HistoryLine {
            id: entry.id,
            kind: entry.kind,
            model_a: model_a.as_ref().map(ModelName::of),
            model_b: model_b.as_ref().map(ModelName::of),
            prompt: entry.prompt,
            turns: entry.turns,
            created_at: entry.created_at,
            vote: entry.vote,
        })
        .collect();
    Ok(HttpResponse::Ok().json(History { battles, next_cursor }))
}

/// One of the visitor's own battles as it stands.
#[utoipa::path(
    operation_id = "readBattle", tag = "battles",
    params(("id" = BattleId, Path, description = "The battle.")),
    responses((status = 200, body = BattleState), (status = 404, body = ErrorBody)), security(("visitor" = []))
)]
#[get("/battles/{id}")]
pub async fn read(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    locale: Locale,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(BattleState::read(&arena, locale, &visitor.0, id_of(&id)?).await?))
}

/// Deletes a battle with all its texts, for good. A vote stays in the ratings, untied from the visitor.
#[utoipa::path(
    operation_id = "deleteBattle", tag = "battles",
    params(("id" = BattleId, Path, description = "The battle.")),
    responses((status = 204, description = "It is gone."), (status = 404, body = ErrorBody)),
    security(("visitor" = []))
)]
#[delete("/battles/{id}")]
pub async fn delete(
    arena: web::Data<AppState>,
    visitor: ApiVisitor,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    DeleteBattle { battle: id_of(&id)?, voter: visitor.0.id() }.run(&arena).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// How many battles were deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    /// How many.
    pub deleted: usize,
}

/// Deletes all of the visitor's battles with all their texts, for good.
#[utoipa::path(
    operation_id = "deleteAllBattles", tag = "battles",
    responses((status = 200, body = Deleted)), security(("visitor" = []))
)]
#[delete("/battles")]
pub async fn delete_all(arena: web::Data<AppState>, visitor: ApiVisitor) -> Result<HttpResponse, Error> {
    let deleted = DeleteAllBattles { voter: visitor.0.id() }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(Deleted { deleted }))
}
