//! Votes that are taken off the boards or put back, many by one statement.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use super::ratings::PairChange;
use crate::domain::{AdminId, BattleKind, ModelId, VoteCriteria, Withdrawal};

/// Which votes a change is about.
#[derive(Debug, Clone, Default)]
pub struct ChosenVotes {
    /// What they have in common.
    pub filter: VoteCriteria,
    /// Their numbers; nothing for all that the filter lets through.
    pub ids: Option<Vec<i64>>,
    /// The highest number among them: votes that came later were not seen by who chose.
    pub through: Option<i64>,
}

/// What a change would touch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangePreview {
    /// Votes that are not yet as they are wanted.
    pub votes: i64,
    /// Those of them that would leave the boards, or come back.
    pub rated: i64,
    pub voters: i64,
    /// The highest number among them.
    pub through: i64,
}

/// Says what withdrawing or restoring would touch.
pub async fn preview(db: impl PgExecutor<'_>, chosen: &ChosenVotes, withdrawn: bool) -> sqlx::Result<ChangePreview> {
    sqlx::query_as!(
        ChangePreview,
        r#"SELECT count(*) AS "votes!",
            count(*) FILTER (WHERE v.exclusion_reason IS NULL AND v.model_b IS NOT NULL) AS "rated!",
            count(DISTINCT coalesce(v.voter_id, v.voter_group)) AS "voters!", coalesce(max(v.id), 0) AS "through!"
        FROM votes v
        WHERE vote_matches(v, $1) AND ($2::bigint[] IS NULL OR v.id = ANY($2))
            AND v.id <= coalesce($3, 9223372036854775807) AND may_change(v, $4)"#,
        Json(&chosen.filter) as _,
        chosen.ids.as_deref(),
        chosen.through,
        withdrawn.then_some("admin")
    )
    .fetch_one(db)
    .await
}

/// Begins a change and gives its number.
pub async fn insert(
    transaction: &mut PgConnection,
    admin: Option<AdminId>,
    withdrawn: bool,
    note: &str,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "INSERT INTO vote_changes (admin_id, withdrawn, note) VALUES ($1, $2, $3) RETURNING id",
        admin.map(|id| id.0),
        withdrawn,
        note
    )
    .fetch_one(transaction)
    .await
}

/// Notes how many votes a change touched.
pub async fn set_votes(transaction: &mut PgConnection, change: i64, votes: i64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE vote_changes SET votes = $2 WHERE id = $1", change, votes).execute(transaction).await?;
    Ok(())
}

/// What a change did.
#[derive(Debug, Clone, Default)]
pub struct Changed {
    /// How many votes changed.
    pub votes: i64,
    /// What the boards' pair counts lose or gain by it.
    pub pairs: Vec<PairChange>,
}

/// Withdraws the chosen votes for this reason, or restores them where there is none. A vote that is held because of its
/// voter is withdrawn by an administrator as one that stands.
pub async fn set_withdrawn(
    transaction: &mut PgConnection,
    chosen: &ChosenVotes,
    to: Option<Withdrawal>,
    by: Option<AdminId>,
    change: i64,
) -> sqlx::Result<Changed> {
    let rows = sqlx::query!(
        r#"WITH chosen AS (
            SELECT v.id, v.withdrawn_at IS NOT NULL AS was_off FROM votes v
            WHERE vote_matches(v, $1) AND ($2::bigint[] IS NULL OR v.id = ANY($2))
                AND v.id <= coalesce($3, 9223372036854775807) AND may_change(v, $4)
            ORDER BY v.id FOR UPDATE
        ), changed AS (
            UPDATE votes SET withdrawn_at = CASE WHEN $4::text IS NOT NULL THEN now() END, withdrawn_by = $5::uuid,
                withdrawal = $4, change_id = $6
            FROM chosen WHERE votes.id = chosen.id
            RETURNING votes.kind, votes.language, votes.model_a, votes.model_b, votes.choice, votes.exclusion_reason,
                chosen.was_off = (votes.withdrawn_at IS NOT NULL) AS stays
        )
        SELECT kind AS "kind!: BattleKind", language AS "language!", least(model_a, model_b) AS "low!: ModelId",
            greatest(model_a, model_b) AS "high!: ModelId",
            model_b IS NOT NULL AND exclusion_reason IS NULL AND NOT stays AS "is_moved!", count(*) AS "votes!",
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END) AS "wins_low!",
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END) AS "wins_high!",
            count(*) FILTER (WHERE choice = 'tie') AS "ties!",
            count(*) FILTER (WHERE choice = 'both_bad') AS "both_bad!"
        FROM changed GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4"#,
        Json(&chosen.filter) as _,
        chosen.ids.as_deref(),
        chosen.through,
        to.map(Withdrawal::as_str),
        by.filter(|_| to.is_some()).map(|admin| admin.0),
        change
    )
    .fetch_all(transaction)
    .await?;
    let sign = if to.is_some() { -1 } else { 1 };
    let mut changed = Changed::default();
    for row in rows {
        changed.votes += row.votes;
        if row.is_moved {
            changed.pairs.push(PairChange {
                kind: row.kind,
                language: row.language,
                low: row.low,
                high: row.high,
                wins_low: sign * row.wins_low,
                wins_high: sign * row.wins_high,
                ties: sign * row.ties,
                both_bad: sign * row.both_bad,
            });
        }
    }
    Ok(changed)
}

/// A change of many votes.
#[derive(Debug, Clone)]
pub struct VoteChange {
    pub id: i64,
    /// Who; nobody for the service itself, or when the administrator is gone.
    pub admin: Option<String>,
    /// Whether the votes were withdrawn, or restored.
    pub withdrawn: bool,
    pub votes: i64,
    /// Why, in the administrator's words.
    pub note: String,
    pub created_at: DateTime<Utc>,
}

/// The change of a number.
pub async fn by_id(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<Option<VoteChange>> {
    sqlx::query_as!(
        VoteChange,
        r#"SELECT c.id, a.name AS "admin?", c.withdrawn, c.votes, c.note, c.created_at
        FROM vote_changes c LEFT JOIN admins a ON a.id = c.admin_id WHERE c.id = $1"#,
        id
    )
    .fetch_optional(db)
    .await
}
