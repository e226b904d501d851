//! Administration with a bearer token: battles whose models are asked the same again.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::ErrorBody;
use crate::actions::replay_battle::ReplayBattle;
use crate::domain::{BattleId, ReplayReport};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::state::AppState;
use crate::store::replays::{self, Replay};

/// A battle whose models are asked the same again.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminReplay {
    /// Its id.
    pub id: Uuid,
    pub battle: BattleId,
    /// Only this turn; nothing for all.
    pub turn: Option<i32>,
    /// `waiting`, `running`, `done` or `failed`.
    pub state: String,
    /// Whether every answer came out the same; nothing before the end.
    pub is_same: Option<bool>,
    /// What came of it so far.
    pub report: ReplayReport,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<Replay> for AdminReplay {
    fn from(replay: Replay) -> Self {
        let is_same = (!replay.is_open()).then(|| replay.state == "done" && replay.report.is_same());
        let Replay { id, battle, turn, state, report, created_at, finished_at } = replay;
        Self { id, battle, turn, state, is_same, report: report.0, created_at, finished_at }
    }
}

/// What is asked again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReplay {
    /// Only this turn, from 1; all without.
    #[serde(default)]
    turn: Option<i32>,
}

/// Asks the models of a battle the same again, with the same seeds and settings, and compares. It goes on in the background;
/// neither battles nor votes change. A replay that waits or runs already is given again.
#[utoipa::path(
    operation_id = "adminReplayBattle", tag = "admin", request_body = NewReplay,
    params(("id" = String, Path, description = "The battle's id.")),
    responses((status = 202, body = AdminReplay, headers(("Location" = String, description = "Where what comes of it is."))),
              (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)),
    security(("admin" = []))
)]
#[post("/admin/battles/{id}/replay")]
pub async fn start(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
    new: web::Json<NewReplay>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let replay = ReplayBattle { admin: Some(admin.id), battle, turn: new.turn }.on(&arena.db).await?;
    let replay = replays::by_id(&arena.db, replay).await?.ok_or(Error::NotFound)?;
    let place = format!("/api/v1/admin/battles/{battle}/replay");
    Ok(HttpResponse::Accepted().insert_header((LOCATION, place)).json(AdminReplay::from(replay)))
}

/// The newest replay of a battle.
#[utoipa::path(
    operation_id = "adminReadReplay", tag = "admin",
    params(("id" = String, Path, description = "The battle's id.")),
    responses((status = 200, body = AdminReplay), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[get("/admin/battles/{id}/replay")]
pub async fn read(_admin: ApiAdmin, arena: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let replay = replays::newest(&arena.db, battle).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().json(AdminReplay::from(replay)))
}
