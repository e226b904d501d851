//! Administration with a bearer token: the votes.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the parameter's type with its path")]

use actix_web::web::{self, Query};
use actix_web::{HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::ErrorBody;
use super::cursor::PageCursor;
use crate::actions::withdraw_votes::WithdrawVotes;
use crate::domain::{BattleId, BattleKind, Choice, Reason, VoteFilter, VoteState};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::handlers::admin::votes::criteria;
use crate::state::AppState;
use crate::store::model_names;
use crate::store::vote_changes::{self, ChosenVotes};
use crate::store::vote_list::{self, VoteLine, VotePage};

/// Which votes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VotesPart {
    /// Where to go on: the last page's `next_cursor`.
    #[param(value_type = Option<PageCursor>)]
    cursor: Option<PageCursor>,
    /// The first version's name of it: the number of a vote.
    #[param(ignore)]
    before: Option<i64>,
}

/// Votes, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminVotes {
    /// The votes.
    pub votes: Vec<AdminVote>,
    /// What to ask for next as `cursor`; nothing at the end.
    pub next_cursor: Option<PageCursor>,
}

/// A vote.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminVote {
    /// Its number.
    pub id: i64,
    /// The battle; it may have been deleted since.
    pub battle: BattleId,
    /// The kind of battle.
    pub kind: BattleKind,
    /// Its language.
    pub language: String,
    /// The left model's name.
    pub model_a: String,
    /// The right model's name.
    pub model_b: Option<String>,
    /// What was said.
    pub choice: Choice,
    /// What decided it.
    pub reasons: Vec<Reason>,
    /// In the voter's words.
    pub comment: String,
    /// Who cast it; or, untied from them, what keeps the votes of one person together.
    pub voter: Option<uuid::Uuid>,
    /// Keyed hash of the address, in hexadecimal digits.
    pub address: Option<String>,
    /// Where it stands.
    pub state: VoteState,
    /// Why it does not count.
    pub exclusion_reason: Option<String>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<chrono::DateTime<chrono::Utc>>,
    /// By whom.
    pub withdrawn_by: Option<String>,
    /// When it was cast.
    pub created_at: chrono::DateTime<chrono::Utc>,
}

impl AdminVote {
    fn of(line: VoteLine) -> Self {
        Self {
            id: line.id,
            battle: line.battle,
            kind: line.kind,
            language: line.language,
            model_a: line.model_a,
            model_b: line.model_b,
            choice: line.choice,
            reasons: line.reasons,
            comment: line.comment,
            voter: line.voter,
            address: line.address,
            state: line.state,
            exclusion_reason: line.exclusion_reason,
            withdrawn_at: line.withdrawn_at,
            withdrawn_by: line.withdrawn_by,
            created_at: line.created_at,
        }
    }
}

/// Votes a page.
const VOTES: usize = 50;

/// Votes, newest first.
#[utoipa::path(
    operation_id = "adminListVotes", tag = "admin", params(VotesPart, VoteFilter),
    responses((status = 200, body = AdminVotes)), security(("admin" = []))
)]
#[get("/admin/votes")]
pub async fn list(
    _admin: ApiAdmin,
    arena: web::Data<AppState>,
    part: Query<VotesPart>,
    filter: Query<VoteFilter>,
) -> Result<HttpResponse, Error> {
    let before = part.cursor.map(|cursor| cursor.0).or(part.before);
    if before.is_some_and(|before| before < 1) {
        return Err(Error::invalid("query", "cursor"));
    }
    let criteria = criteria(&filter, &model_names::all(&arena.db).await?)?;
    let page = VotePage { oldest_first: false, after: before, limit: VOTES as i64 + 1 };
    let mut lines = vote_list::page(&arena.db, &criteria, page).await?;
    let has_more = lines.len() > VOTES;
    lines.truncate(VOTES);
    let next_cursor = lines.last().filter(|_| has_more).map(|line| PageCursor(line.id));
    Ok(HttpResponse::Ok().json(AdminVotes { votes: lines.into_iter().map(AdminVote::of).collect(), next_cursor }))
}

/// Whether a vote counts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteChange {
    /// Whether it is withdrawn from the ratings.
    withdrawn: bool,
}

/// Whether a vote counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoteWithdrawn {
    /// The vote's number.
    pub id: i64,
    /// Whether it is withdrawn from the ratings.
    pub withdrawn: bool,
}

/// Withdraws a vote from the ratings, or restores it.
#[utoipa::path(
    operation_id = "adminChangeVote", tag = "admin",
    request_body = VoteChange, params(("id" = i64, Path, description = "The vote's number.")),
    responses((status = 200, body = VoteWithdrawn), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[patch("/admin/votes/{id}")]
pub async fn change(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
    said: web::Json<VoteChange>,
) -> Result<HttpResponse, Error> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    WithdrawVotes::one(Some(admin.id), id, said.withdrawn).run(&arena).await?;
    Ok(HttpResponse::Ok().json(VoteWithdrawn { id, withdrawn: said.withdrawn }))
}

/// Which votes change, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VotesChange {
    /// Whether they are withdrawn from the ratings, or restored.
    withdrawn: bool,
    /// The votes' numbers; without them, all votes that the query's filter finds.
    ids: Option<Vec<i64>>,
    /// Why, for the audit log.
    #[serde(default)]
    note: String,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VotesChanged {
    /// The change's number, to undo it by; nothing where no vote had to change.
    pub change: Option<i64>,
    /// How many votes changed.
    pub votes: i64,
}

/// Withdraws many votes, or restores them, all or none.
#[utoipa::path(
    operation_id = "adminChangeVotes", tag = "admin", request_body = VotesChange, params(VoteFilter),
    responses((status = 200, body = VotesChanged)), security(("admin" = []))
)]
#[post("/admin/votes/changes")]
pub async fn change_many(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    filter: Query<VoteFilter>,
    said: web::Json<VotesChange>,
) -> Result<HttpResponse, Error> {
    if said.ids.is_none() && filter.is_empty() {
        return Err(Error::invalid("json", "ids"));
    }
    let filter = criteria(&filter, &model_names::all(&arena.db).await?)?;
    let VotesChange { withdrawn, ids, note } = said.into_inner();
    let chosen = ChosenVotes { filter, ids, through: None };
    let changed = WithdrawVotes { admin: Some(admin.id), chosen, withdrawn, note }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(VotesChanged { change: changed.change, votes: changed.votes }))
}

/// Undoes a change of many votes.
#[utoipa::path(
    operation_id = "adminUndoVotesChange", tag = "admin",
    params(("id" = i64, Path, description = "The change's number.")),
    responses((status = 200, body = VotesChanged), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[delete("/admin/votes/changes/{id}")]
pub async fn undo_change(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let known = vote_changes::by_id(&arena.db, id).await?.ok_or(Error::NotFound)?;
    let changed = WithdrawVotes::undo(Some(admin.id), id, known.withdrawn).run(&arena).await?;
    Ok(HttpResponse::Ok().json(VotesChanged { change: changed.change, votes: changed.votes }))
}
