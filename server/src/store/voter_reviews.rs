//! How voters vote, and what administrators decided about those who were flagged.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::ratings::PairRow;
use crate::domain::{AdminId, Choice, ModelId, VoteState, VoterDecision, VoterId};

/// A vote of a voter in a blind battle.
#[derive(Debug, Clone)]
pub struct VoterChoice {
    /// The vote's number.
    pub id: i64,
    /// The left model.
    pub model_a: ModelId,
    /// The right model.
    pub model_b: ModelId,
    pub choice: Choice,
    /// Where it stands.
    pub state: VoteState,
    pub created_at: DateTime<Utc>,
}

/// Voters with votes in blind battles whose numbers are above this.
pub async fn voters_since(db: impl PgExecutor<'_>, after: i64) -> sqlx::Result<Vec<VoterId>> {
    sqlx::query_scalar!(
        r#"SELECT DISTINCT voter_id AS "voter!: VoterId" FROM votes
        WHERE id > $1 AND kind = 'battle' AND voter_id IS NOT NULL AND exclusion_reason IS NULL"#,
        after
    )
    .fetch_all(db)
    .await
}

/// The number of the newest vote that was ever looked at, 0 where none was.
pub async fn newest_seen(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT coalesce(max(through), 0) AS "id!" FROM voter_reviews"#).fetch_one(db).await
}

/// A voter's votes in blind battles, in the order in which they were cast: the newest so many. Votes that an administrator
/// withdrew, or that could never count, are not among them.
pub async fn choices(db: impl PgExecutor<'_>, voter: Uuid, limit: i64) -> sqlx::Result<Vec<VoterChoice>> {
    sqlx::query_as!(
        VoterChoice,
        r#"SELECT id AS "id!", model_a AS "model_a!: ModelId", model_b AS "model_b!: ModelId",
            choice AS "choice!: Choice", state AS "state!: VoteState", created_at AS "created_at!"
        FROM (
            SELECT v.id, v.model_a, v.model_b, v.choice, vote_state(v) AS state, v.created_at FROM votes v
            WHERE (v.voter_id = $1 OR v.voter_group = $1) AND v.kind = 'battle' AND v.exclusion_reason IS NULL
                AND v.withdrawal IS DISTINCT FROM 'admin'
            ORDER BY v.id DESC LIMIT $2
        ) AS newest ORDER BY id"#,
        voter,
        limit
    )
    .fetch_all(db)
    .await
}

/// What is kept of a voter.
#[derive(Debug, Clone)]
pub struct VoterReview {
    pub voter: Uuid,
    /// Votes that were taken into account.
    pub votes: i64,
    /// The natural logarithm of the e-value now.
    pub evidence: f64,
    /// The highest that it ever was.
    pub highest: f64,
    pub flagged_at: Option<DateTime<Utc>>,
    pub decision: Option<VoterDecision>,
    /// Who decided.
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    /// Why, in the administrator's words.
    pub note: String,
}

impl VoterReview {
    /// Whether somebody has to decide.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.flagged_at.is_some() && self.decision.is_none()
    }
}

/// Which reviews a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewFilter {
    /// All voters that were looked at.
    All,
    /// Flagged ones that nobody has decided about.
    Open,
    /// Those that were ever flagged.
    Flagged,
}

/// Reviews with the highest evidence first; a page of so many after so many.
pub async fn page(
    db: impl PgExecutor<'_>,
    filter: ReviewFilter,
    voter: Option<Uuid>,
    skip: i64,
    limit: i64,
) -> sqlx::Result<Vec<VoterReview>> {
    sqlx::query_as!(
        VoterReview,
        r#"SELECT r.voter, r.votes, r.evidence, r.highest, r.flagged_at, r.decision AS "decision: VoterDecision",
            a.name AS "decided_by?", r.decided_at, r.note
        FROM voter_reviews r LEFT JOIN admins a ON a.id = r.decided_by
        WHERE ($1 = 0 OR (r.flagged_at IS NOT NULL AND ($1 = 2 OR r.decision IS NULL)))
            AND ($2::uuid IS NULL OR r.voter = $2)
        ORDER BY (r.flagged_at IS NOT NULL AND r.decision IS NULL) DESC, r.highest DESC, r.voter OFFSET $3 LIMIT $4"#,
        filter as i32,
        voter,
        skip,
        limit
    )
    .fetch_all(db)
    .await
}

/// How many flagged voters wait for a decision.
pub async fn open(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM voter_reviews WHERE flagged_at IS NOT NULL AND decision IS NULL"#
    )
    .fetch_one(db)
    .await
}

/// Notes what a voter's votes say. Gives whether the voter is to be held now: flagged, and not accepted.
pub async fn save(
    transaction: &mut PgConnection,
    voter: Uuid,
    votes: i64,
    evidence: f64,
    highest: f64,
    is_flagged: bool,
    through: i64,
) -> sqlx::Result<Noted> {
    sqlx::query_as!(
        Noted,
        r#"INSERT INTO voter_reviews AS review (voter, votes, evidence, highest, flagged_at, through)
        VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END, $6)
        ON CONFLICT (voter) DO UPDATE SET votes = $2, evidence = $3, highest = greatest(review.highest, $4),
            through = greatest(review.through, $6), checked_at = now(), flagged_at = coalesce(review.flagged_at, CASE WHEN $5 THEN now() END)
        RETURNING (flagged_at IS NOT NULL AND decision IS DISTINCT FROM 'accepted') AS "is_held!",
            coalesce(flagged_at = now(), false) AS "is_new!""#,
        voter,
        votes,
        evidence,
        highest,
        is_flagged,
        through
    )
    .fetch_one(transaction)
    .await
}

/// What a voter's row says after it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// Whether the voter's votes stay off the boards.
    pub is_held: bool,
    /// Whether the voter was flagged by this.
    pub is_new: bool,
}

/// Writes down what an administrator decided; nothing to take it back. False where the voter was never looked at.
pub async fn set_decision(
    transaction: &mut PgConnection,
    voter: Uuid,
    decision: Option<VoterDecision>,
    by: Option<AdminId>,
    note: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE voter_reviews SET decision = $2, decided_by = $3, decided_at = now(), note = $4,
            flagged_at = coalesce(flagged_at, now())
        WHERE voter = $1",
        voter,
        decision.map(VoterDecision::as_str),
        by.map(|admin| admin.0),
        note
    )
    .execute(transaction)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The held votes of blind battles, pair by pair.
pub async fn held_pairs(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<PairRow>> {
    sqlx::query_as!(
        PairRow,
        r#"SELECT least(model_a, model_b) AS "low!: ModelId", greatest(model_a, model_b) AS "high!: ModelId",
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END) AS "wins_low!",
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END) AS "wins_high!",
            count(*) FILTER (WHERE choice = 'tie') AS "ties!", count(*) FILTER (WHERE choice = 'both_bad') AS "both_bad!"
        FROM votes WHERE withdrawn_at IS NOT NULL AND withdrawal = 'flagged' AND kind = 'battle' AND exclusion_reason IS NULL
        GROUP BY 1, 2 ORDER BY 1, 2"#
    )
    .fetch_all(db)
    .await
}
