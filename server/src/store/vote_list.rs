//! Votes as administrators look for them: one by one, and by who cast them.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{BattleId, BattleKind, Choice, Reason, VoteCriteria, VoteState};

/// A line of the administrators' list.
#[derive(Debug, Clone)]
pub struct VoteLine {
    /// The vote's number.
    pub id: i64,
    /// The battle; it may have been deleted since.
    pub battle: BattleId,
    pub kind: BattleKind,
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
    pub voter: Option<Uuid>,
    /// Keyed hash of the address, in hexadecimal digits.
    pub address: Option<String>,
    /// Where it stands.
    pub state: VoteState,
    /// Why it does not count.
    pub exclusion_reason: Option<String>,
    /// The sentence that gave a model away; gone with the battle.
    pub exclusion_sentence: Option<String>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// By whom.
    pub withdrawn_by: Option<String>,
    /// When it was cast.
    pub created_at: DateTime<Utc>,
}

/// A page of votes.
#[derive(Debug, Clone, Copy)]
pub struct VotePage {
    /// Whether the first ones come first, or the newest.
    pub oldest_first: bool,
    /// The number of the vote after which it begins.
    pub after: Option<i64>,
    /// How many at most.
    pub limit: i64,
}

/// The votes of a page that a filter lets through.
pub async fn page(db: impl PgExecutor<'_>, filter: &VoteCriteria, page: VotePage) -> sqlx::Result<Vec<VoteLine>> {
    sqlx::query_as!(
        VoteLine,
        r#"WITH found AS (
            (SELECT v.id FROM votes v
            WHERE NOT $2 AND vote_matches(v, $1) AND v.id < coalesce($3, 9223372036854775807)
            ORDER BY v.id DESC LIMIT $4)
            UNION ALL
            (SELECT v.id FROM votes v WHERE $2 AND vote_matches(v, $1) AND v.id > coalesce($3, 0)
            ORDER BY v.id LIMIT $4)
        )
        SELECT v.id, v.battle_id AS "battle: BattleId", v.kind AS "kind: BattleKind", v.language,
            a.display_name AS model_a, b.display_name AS "model_b?", v.choice AS "choice: Choice",
            v.reasons AS "reasons: Vec<Reason>", v.comment, coalesce(v.voter_id, v.voter_group) AS voter,
            encode(v.address_hash, 'hex') AS address, vote_state(v) AS "state!: VoteState",
            v.exclusion_reason, c.exclusion_sentence AS "exclusion_sentence?", v.withdrawn_at,
            w.name AS "withdrawn_by?", v.created_at
        FROM found JOIN votes v ON v.id = found.id JOIN models a ON a.id = v.model_a
        LEFT JOIN battles c ON c.id = v.battle_id
        LEFT JOIN models b ON b.id = v.model_b
        LEFT JOIN admins w ON w.id = v.withdrawn_by
        ORDER BY CASE WHEN $2 THEN v.id ELSE -v.id END"#,
        Json(filter) as _,
        page.oldest_first,
        page.after,
        page.limit
    )
    .fetch_all(db)
    .await
}

/// How many votes a filter lets through, counted up to `most`.
pub async fn count(db: impl PgExecutor<'_>, filter: &VoteCriteria, most: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT FROM votes v WHERE vote_matches(v, $1) LIMIT $2) AS found"#,
        Json(filter) as _,
        most
    )
    .fetch_one(db)
    .await
}

/// By what votes are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// The voter.
    Voter,
    /// The address that they came from.
    Address,
}

/// In which order groups come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupOrder {
    /// Those with the most votes first.
    Votes,
    /// Those that voted last first.
    Newest,
    /// Those that chose one side most often first.
    Side,
}

/// The votes of one voter, or from one address.
#[derive(Debug, Clone)]
pub struct VoteGroup {
    /// The voter's id, or the hash of the address in hexadecimal digits.
    pub key: String,
    pub votes: i64,
    /// Those that count.
    pub counted: i64,
    /// Those that were taken off the boards.
    pub withdrawn: i64,
    /// Votes for the left answer.
    pub left: i64,
    /// Votes for the right answer.
    pub right: i64,
    /// How many addresses a voter came from, or voters from an address.
    pub others: i64,
    /// The first vote.
    pub first: DateTime<Utc>,
    /// The last one.
    pub last: DateTime<Utc>,
}

/// Votes that a filter lets through, put together; a page of so many after so many.
pub async fn groups(
    db: impl PgExecutor<'_>,
    filter: &VoteCriteria,
    by: GroupBy,
    order: GroupOrder,
    skip: i64,
    limit: i64,
) -> sqlx::Result<Vec<VoteGroup>> {
    sqlx::query_as!(
        VoteGroup,
        r#"SELECT key AS "key!", count(*) AS "votes!", count(*) FILTER (WHERE state = 'counted') AS "counted!",
            count(*) FILTER (WHERE state IN ('withdrawn', 'flagged')) AS "withdrawn!",
            count(*) FILTER (WHERE choice = 'a') AS "left!", count(*) FILTER (WHERE choice = 'b') AS "right!",
            count(DISTINCT other) AS "others!", min(created_at) AS "first!", max(created_at) AS "last!"
        FROM (
            SELECT CASE WHEN $2 THEN coalesce(v.voter_id, v.voter_group)::text ELSE encode(v.address_hash, 'hex') END AS key,
                CASE WHEN $2 THEN encode(v.address_hash, 'hex') ELSE coalesce(v.voter_id, v.voter_group)::text END AS other,
                vote_state(v) AS state, v.choice, v.created_at
            FROM votes v WHERE vote_matches(v, $1)
        ) AS found
        WHERE key IS NOT NULL GROUP BY key
        ORDER BY CASE $3::int WHEN 0 THEN count(*)::float8
            WHEN 1 THEN extract(epoch FROM max(created_at))::float8
            ELSE abs(count(*) FILTER (WHERE choice = 'a') - count(*) FILTER (WHERE choice = 'b'))::float8 END DESC, key
        OFFSET $4 LIMIT $5"#,
        Json(filter) as _,
        by == GroupBy::Voter,
        order as i32,
        skip,
        limit
    )
    .fetch_all(db)
    .await
}
