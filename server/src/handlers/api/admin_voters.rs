//! Administration with a bearer token: voters, and what is decided about them.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the parameter's type with its path")]

use actix_web::web::{self, Query};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::admin_votes::VotesChanged;
use super::body::ErrorBody;
use super::cursor::PageCursor;
use crate::actions::decide_voter::DecideVoter;
use crate::actions::watch_voters::MAX_VOTES;
use crate::boards::suspicion::EvidencePath;
use crate::domain::{BattleKind, Choice, VoteState, VoterDecision};
use crate::error::Error;
use crate::extract::ApiAdmin;
use crate::state::AppState;
use crate::store::model_names;
use crate::store::ratings::{self, ALL_LANGUAGES};
use crate::store::voter_reviews::{self, ReviewFilter, VoterReview};

/// Voters a page.
const VOTERS: usize = 50;

/// Which voters are listed.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// All whose votes were looked at.
    #[default]
    All,
    /// Flagged ones that wait for a decision.
    Open,
    /// Those that were ever flagged.
    Flagged,
}

/// Which voters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VotersPart {
    /// Where to go on: the last page's `next_cursor`.
    #[param(value_type = Option<PageCursor>)]
    cursor: Option<PageCursor>,
    /// `all` (the default), `open` or `flagged`.
    #[param(inline)]
    review: Option<Review>,
}

/// Voters, those that wait for a decision first, then by the highest evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminVoters {
    /// The voters.
    pub voters: Vec<AdminVoter>,
    /// What to ask for next as `cursor`; nothing at the end.
    pub next_cursor: Option<PageCursor>,
}

/// Where a voter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoterState {
    /// Votes like others: the votes count.
    Usual,
    /// Flagged: the votes do not count until somebody decides.
    Held,
    /// An administrator let the votes count.
    Accepted,
    /// An administrator withdrew them.
    Withdrawn,
}

/// A voter whose votes were compared with those of others.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminVoter {
    /// Its id.
    pub voter: Uuid,
    /// Where it stands.
    pub state: VoterState,
    /// Votes that were compared.
    pub votes: i64,
    /// The natural logarithm of the e-value now: how much likelier the votes are if this voter does not vote as others do.
    pub evidence: f64,
    /// The highest that it ever was: what flags a voter.
    pub highest_evidence: f64,
    /// When it was flagged first.
    pub flagged_at: Option<DateTime<Utc>>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why, in the administrator's words.
    pub note: String,
}

impl AdminVoter {
    fn of(review: VoterReview) -> Self {
        let state = match (review.decision, review.flagged_at) {
            (Some(VoterDecision::Accepted), _) => VoterState::Accepted,
            (Some(VoterDecision::Withdrawn), _) => VoterState::Withdrawn,
            (None, Some(_)) => VoterState::Held,
            (None, None) => VoterState::Usual,
        };
        Self {
            voter: review.voter,
            state,
            votes: review.votes,
            evidence: review.evidence,
            highest_evidence: review.highest,
            flagged_at: review.flagged_at,
            decided_by: review.decided_by,
            decided_at: review.decided_at,
            note: review.note,
        }
    }
}

/// A voter with their newest votes in blind battles.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminVoterVotes {
    #[serde(flatten)]
    pub voter: AdminVoter,
    /// In the order in which they were cast. Withdrawn ones, and those that could never count, are not among them.
    pub choices: Vec<JudgedVote>,
}

/// A vote and the evidence after it.
#[derive(Debug, Serialize, ToSchema)]
pub struct JudgedVote {
    /// Its number.
    pub id: i64,
    /// The left model's name in addresses.
    pub model_a: String,
    /// The right model's.
    pub model_b: String,
    /// What was voted.
    pub choice: Choice,
    /// Where it stands.
    pub state: VoteState,
    /// The logarithm of the e-value after it.
    pub evidence: f64,
    /// When it was cast.
    pub created_at: DateTime<Utc>,
}

/// Voters whose votes were compared with those of others.
#[utoipa::path(
    operation_id = "adminListVoters", tag = "admin", params(VotersPart),
    responses((status = 200, body = AdminVoters)), security(("admin" = []))
)]
#[get("/admin/voters")]
pub async fn list(
    _admin: ApiAdmin,
    arena: web::Data<AppState>,
    part: Query<VotersPart>,
) -> Result<HttpResponse, Error> {
    let filter = match part.review.unwrap_or_default() {
        Review::All => ReviewFilter::All,
        Review::Open => ReviewFilter::Open,
        Review::Flagged => ReviewFilter::Flagged,
    };
    // The cursor is how many were listed: evidence moves, so there is no place to go on from.
    let skip = part.cursor.map_or(0, |cursor| cursor.0);
    let mut rows = voter_reviews::page(&arena.db, filter, None, skip, VOTERS as i64 + 1).await?;
    let has_more = rows.len() > VOTERS;
    rows.truncate(VOTERS);
    let next_cursor = has_more.then_some(PageCursor(skip + VOTERS as i64));
    Ok(HttpResponse::Ok().json(AdminVoters { voters: rows.into_iter().map(AdminVoter::of).collect(), next_cursor }))
}

/// One voter, and how the evidence grew vote by vote.
#[utoipa::path(
    operation_id = "adminReadVoter", tag = "admin", params(("id" = Uuid, Path, description = "The voter's id.")),
    responses((status = 200, body = AdminVoterVotes), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[get("/admin/voters/{id}")]
pub async fn read(_admin: ApiAdmin, arena: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: Uuid = id.parse().map_err(|_| Error::NotFound)?;
    let review = voter_reviews::page(&arena.db, ReviewFilter::All, Some(id), 0, 1).await?.pop();
    let voter = AdminVoter::of(review.ok_or(Error::NotFound)?);
    let choices = voter_reviews::choices(&arena.db, id, MAX_VOTES).await?;
    let pairs = ratings::of_board(&ratings::pairs(&arena.db, BattleKind::Battle).await?, ALL_LANGUAGES);
    let path = EvidencePath::of(&choices, &pairs);
    let names = model_names::all(&arena.db).await?;
    let slug = |id| names.get(id).map(|model| model.slug.clone()).unwrap_or_default();
    let choices = choices.into_iter().zip(path.logarithms).map(|(vote, evidence)| JudgedVote {
        id: vote.id,
        model_a: slug(vote.model_a),
        model_b: slug(vote.model_b),
        choice: vote.choice,
        state: vote.state,
        evidence,
        created_at: vote.created_at,
    });
    Ok(HttpResponse::Ok().json(AdminVoterVotes { voter, choices: choices.collect() }))
}

/// What may be decided about a voter.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The votes count, and so do those to come. Held ones are released.
    Accepted,
    /// They do not count, nor do those to come.
    Withdrawn,
    /// Nobody has decided: the votes that count are held until somebody does.
    Held,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoterVerdict {
    decision: Verdict,
    /// Why, for the audit log.
    #[serde(default)]
    note: String,
}

/// Decides about a voter: releases their votes, withdraws them, or holds them. All or none of them change.
#[utoipa::path(
    operation_id = "adminDecideVoter", tag = "admin", request_body = VoterVerdict,
    params(("id" = Uuid, Path, description = "The voter's id.")),
    responses((status = 200, body = VotesChanged), (status = 404, body = ErrorBody)), security(("admin" = []))
)]
#[post("/admin/voters/{id}/decision")]
pub async fn decide(
    admin: ApiAdmin,
    arena: web::Data<AppState>,
    id: web::Path<String>,
    said: web::Json<VoterVerdict>,
) -> Result<HttpResponse, Error> {
    let voter = id.parse().map_err(|_| Error::NotFound)?;
    let VoterVerdict { decision, note } = said.into_inner();
    let decision = match decision {
        Verdict::Accepted => Some(VoterDecision::Accepted),
        Verdict::Withdrawn => Some(VoterDecision::Withdrawn),
        Verdict::Held => None,
    };
    let changed = DecideVoter { admin: Some(admin.id), voter, decision, note }.run(&arena).await?;
    Ok(HttpResponse::Ok().json(VotesChanged { change: changed.change, votes: changed.votes }))
}
