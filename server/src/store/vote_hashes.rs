//! The chain of votes as it is kept.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::{BattleKind, ChainedVote, Choice, FIRST_HASH, ModelId, Reason, VoteHash};

/// The advisory lock among those who lengthen the chain.
const CHAIN_LOCK: i64 = 0x0061_7265_6e61_0003;

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many votes are chained.
    pub votes: i64,
    /// The hash of the last one.
    pub hash: VoteHash,
}

/// Waits until nobody else lengthens the chain, and keeps others from it until the transaction ends.
pub async fn lock(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", CHAIN_LOCK).execute(transaction).await?;
    Ok(())
}

/// The end of the chain now.
pub async fn head(db: impl PgExecutor<'_>) -> sqlx::Result<Head> {
    let last = sqlx::query!("SELECT seq, hash FROM vote_hashes ORDER BY seq DESC LIMIT 1").fetch_optional(db).await?;
    Ok(match last {
        Some(row) => Head { votes: row.seq, hash: row.hash.try_into().unwrap_or(FIRST_HASH) },
        None => Head { votes: 0, hash: FIRST_HASH },
    })
}

/// Votes that are not chained yet, by number: so many with numbers above this.
pub async fn unchained(db: impl PgExecutor<'_>, above: i64, limit: i64) -> sqlx::Result<Vec<ChainedVote>> {
    sqlx::query_as!(
        ChainedVote,
        r#"SELECT v.id, v.battle_id AS battle, v.kind AS "kind: BattleKind", v.language, v.model_a AS "model_a: ModelId",
            v.model_b AS "model_b: ModelId", v.choice AS "choice: Choice", v.reasons AS "reasons: Vec<Reason>", v.turns,
            v.exclusion_reason, v.created_at
        FROM votes v
        WHERE v.id > $1 AND NOT EXISTS (SELECT 1 FROM vote_hashes h WHERE h.vote_id = v.id)
        ORDER BY v.id LIMIT $2"#,
        above,
        limit
    )
    .fetch_all(db)
    .await
}

/// How many votes that are older than this have no hash.
pub async fn count_unchained(db: impl PgExecutor<'_>, older_than_seconds: f64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM votes v
        WHERE v.created_at < now() - make_interval(secs => $1)
            AND NOT EXISTS (SELECT 1 FROM vote_hashes h WHERE h.vote_id = v.id)"#,
        older_than_seconds
    )
    .fetch_one(db)
    .await
}

/// Lengthens the chain: the first vote gets the number after `after`.
pub async fn insert(transaction: &mut PgConnection, after: i64, votes: &[i64], hashes: &[Vec<u8>]) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO vote_hashes (seq, vote_id, hash)
        SELECT $1 + new.place, new.vote, new.hash
        FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS new (vote, hash, place)",
        after,
        votes,
        hashes
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// A link of the chain, with the vote that it was made of where that is still there.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// The number of its vote.
    pub id: i64,
    pub hash: Vec<u8>,
    pub vote: Option<ChainedVote>,
    /// Whether the vote is off the boards now.
    pub is_withdrawn: bool,
    /// The voter, or what keeps their votes together.
    pub voter: Option<Uuid>,
}

/// Walks through the chain from its beginning.
pub async fn for_each_link(db: impl PgExecutor<'_>, mut each: impl FnMut(Link)) -> sqlx::Result<()> {
    let mut rows = sqlx::query!(
        r#"SELECT h.seq, h.vote_id, h.hash, v.battle_id AS "battle?", v.kind AS "kind?: BattleKind",
            v.language AS "language?", v.model_a AS "model_a?: ModelId", v.model_b AS "model_b?: ModelId",
            v.choice AS "choice?: Choice", v.reasons AS "reasons?: Vec<Reason>", v.turns AS "turns?",
            v.exclusion_reason, v.created_at AS "created_at?: DateTime<Utc>",
            v.withdrawn_at IS NOT NULL AS "is_withdrawn!", coalesce(v.voter_id, v.voter_group) AS voter
        FROM vote_hashes h LEFT JOIN votes v ON v.id = h.vote_id ORDER BY h.seq"#
    )
    .fetch(db);
    while let Some(row) = rows.try_next().await? {
        let vote = match (row.battle, row.kind, row.language, row.model_a, row.choice, row.created_at) {
            (Some(battle), Some(kind), Some(language), Some(model_a), Some(choice), Some(created_at)) => {
                Some(ChainedVote {
                    id: row.vote_id,
                    battle,
                    kind,
                    language,
                    model_a,
                    model_b: row.model_b,
                    choice,
                    reasons: row.reasons.unwrap_or_default(),
                    turns: row.turns.unwrap_or_default(),
                    exclusion_reason: row.exclusion_reason,
                    created_at,
                })
            }
            _ => None,
        };
        let (is_withdrawn, voter) = (row.is_withdrawn, row.voter);
        each(Link { seq: row.seq, id: row.vote_id, hash: row.hash, vote, is_withdrawn, voter });
    }
    Ok(())
}
