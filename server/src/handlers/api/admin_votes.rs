//! Administration with a bearer token: the votes.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the parameter's type with its path")]

use actix_web::web::{self, Query};
use actix_web::{HttpResponse, get, patch};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::ErrorBody;
use super::cursor::PageCursor;
use crate::actions::withdraw_vote::WithdrawVote;
use crate::domain::{BattleId, BattleKind, Choice};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::state::AppState;
use crate::store::votes::{self, VoteLine};

/// Which votes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
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
    /// In the voter's words.
    pub comment: String,
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
            comment: line.comment,
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
    operation_id = "adminListVotes", tag = "admin", params(VotesPart),
    responses((status = 200, body = AdminVotes)), security(("admin" = []))
)]
#[get("/admin/votes")]
pub async fn list(_admin: ApiAdmin, arena: web::Data<AppState>, part: Query<VotesPart>) -> Result<HttpResponse, Error> {
    let before = part.cursor.map(|cursor| cursor.0).or(part.before);
    if before.is_some_and(|before| before < 1) {
        return Err(Error::invalid("query", "cursor"));
    }
    let mut lines = votes::page(&arena.db, before, VOTES as i64 + 1).await?;
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
    let vote = WithdrawVote { admin: Some(admin.id), id, withdrawn: said.withdrawn }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(VoteWithdrawn { id, withdrawn: vote.withdrawn_at.is_some() }))
}
