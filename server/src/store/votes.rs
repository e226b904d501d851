//! Votes: the one that a battle has, and the list of all.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::vote_features::FeatureRow;
use crate::domain::{BattleId, BattleKind, Choice, ModelId, Reason, VoteFeatures};

/// A vote as it was cast.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    /// Its number, in the order in which votes were counted.
    pub id: i64,
    /// The battle; it may have been deleted since.
    pub battle: BattleId,
    /// What kind of battle it was.
    pub kind: BattleKind,
    /// The language of the battle.
    pub language: String,
    /// The left model.
    pub model_a: ModelId,
    /// The right model, where there was one.
    pub model_b: Option<ModelId>,
    /// What was said.
    pub choice: Choice,
    /// What decided it.
    pub reasons: Vec<Reason>,
    /// In the voter's own words.
    pub comment: String,
    /// Why it does not count, if so.
    pub exclusion_reason: Option<String>,
    /// When an administrator withdrew it.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// When it was cast.
    pub created_at: DateTime<Utc>,
}

impl Vote {
    /// Whether it is on a board now.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.model_b.is_some() && self.exclusion_reason.is_none() && self.withdrawn_at.is_none()
    }
}

/// The vote on a battle.
pub async fn by_battle(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<Option<Vote>> {
    sqlx::query_as!(
        Vote,
        r#"SELECT id, battle_id AS "battle: BattleId", kind AS "kind: BattleKind", language,
            model_a AS "model_a: ModelId", model_b AS "model_b: ModelId", choice AS "choice: Choice",
            reasons AS "reasons: Vec<Reason>", comment, exclusion_reason, withdrawn_at, created_at
        FROM votes WHERE battle_id = $1"#,
        battle.0
    )
    .fetch_optional(db)
    .await
}

/// A pair whose kept counts are not those of its votes.
#[derive(Debug, Clone)]
pub struct WrongPair {
    /// Kind of battle, language, and both models' slugs.
    pub pair: String,
    /// Votes that are kept as counted.
    pub kept: i64,
    /// Votes that there are.
    pub found: i64,
}

/// Compares the kept counts of all pairs with their votes.
pub async fn wrong_pairs(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<WrongPair>> {
    sqlx::query_as!(
        WrongPair,
        r#"WITH found AS (
            SELECT kind, language, least(model_a, model_b) AS low, greatest(model_a, model_b) AS high,
                count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END) AS wins_low,
                count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END) AS wins_high,
                count(*) FILTER (WHERE choice = 'tie') AS ties, count(*) FILTER (WHERE choice = 'both_bad') AS both_bad
            FROM votes WHERE exclusion_reason IS NULL AND withdrawn_at IS NULL AND model_b IS NOT NULL
            GROUP BY 1, 2, 3, 4
        ), kept AS (
            SELECT * FROM pair_counts WHERE wins_low + wins_high + ties + both_bad > 0
        )
        SELECT concat_ws(' ', coalesce(k.kind, f.kind), coalesce(k.language, f.language), a.slug, b.slug) AS "pair!",
            coalesce(k.wins_low + k.wins_high + k.ties + k.both_bad, 0) AS "kept!",
            coalesce(f.wins_low + f.wins_high + f.ties + f.both_bad, 0) AS "found!"
        FROM found f FULL JOIN kept k
            ON k.kind = f.kind AND k.language = f.language AND k.model_low = f.low AND k.model_high = f.high
        LEFT JOIN models a ON a.id = coalesce(k.model_low, f.low)
        LEFT JOIN models b ON b.id = coalesce(k.model_high, f.high)
        WHERE (k.wins_low, k.wins_high, k.ties, k.both_bad)
            IS DISTINCT FROM (f.wins_low, f.wins_high, f.ties, f.both_bad)
        ORDER BY 1"#
    )
    .fetch_all(db)
    .await
}

/// Whether there is a vote of this number.
pub async fn exists(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM votes WHERE id = $1) AS "exists!""#, id).fetch_one(db).await
}

/// A counted vote, as a replay needs it.
#[derive(Debug, Clone)]
pub struct CountedVote {
    /// The board's language.
    pub language: String,
    /// The left model.
    pub model_a: ModelId,
    /// The right model.
    pub model_b: ModelId,
    /// The score of the left one.
    pub score: f64,
}

/// Walks through the counted votes of one kind whose numbers are above `after` and up to `last`, in the order in which
/// they were applied.
pub async fn for_each_counted(
    db: impl PgExecutor<'_>,
    kind: BattleKind,
    after: i64,
    last: i64,
    mut each: impl FnMut(CountedVote),
) -> sqlx::Result<()> {
    let mut rows = sqlx::query!(
        r#"SELECT language, model_a AS "model_a: ModelId", model_b AS "model_b!: ModelId", choice AS "choice: Choice"
        FROM votes
        WHERE kind = $1 AND id > $2 AND id <= $3
            AND exclusion_reason IS NULL AND withdrawn_at IS NULL AND model_b IS NOT NULL
        ORDER BY id"#,
        kind.as_str(),
        after,
        last
    )
    .fetch(db);
    while let Some(row) = rows.try_next().await? {
        let Some(score) = row.choice.score_of_a() else { continue };
        each(CountedVote { language: row.language, model_a: row.model_a, model_b: row.model_b, score });
    }
    Ok(())
}

/// A counted vote, whose it is, and what it was about.
#[derive(Debug, Clone)]
pub struct VoterVote {
    pub id: i64,
    /// The voter, or those votes that were untied from one together; nobody where it is not known.
    pub voter: Option<Uuid>,
    /// The board's language.
    pub language: String,
    /// The left model.
    pub model_a: ModelId,
    /// The right model; none in a direct chat.
    pub model_b: Option<ModelId>,
    /// What was chosen.
    pub choice: Choice,
    pub created_at: DateTime<Utc>,
    /// Nothing where they are not computed yet, or the texts were deleted before they could be.
    pub features: Option<VoteFeatures>,
}

/// Walks through the counted votes of one kind whose numbers are above `after`, in their order; of these pairs of models
/// alone, where any are named.
pub async fn for_each_of_voters(
    db: impl PgExecutor<'_>,
    kind: BattleKind,
    after: i64,
    pairs: &[[ModelId; 2]],
    mut each: impl FnMut(VoterVote),
) -> sqlx::Result<()> {
    let (first, second): (Vec<Uuid>, Vec<Uuid>) = pairs.iter().map(|[first, second]| (first.0, second.0)).unzip();
    let mut rows = sqlx::query!(
        r#"SELECT id, coalesce(voter_id, voter_group) AS voter, language, model_a AS "model_a: ModelId",
            model_b AS "model_b: ModelId", choice AS "choice: Choice", created_at,
            tokens_a AS "tokens_a?", headers_a AS "headers_a?", lists_a AS "lists_a?", bold_a AS "bold_a?",
            tokens_b, headers_b, lists_b, bold_b, is_coding AS "is_coding?", is_math AS "is_math?",
            is_longer_query AS "is_longer_query?", is_multi_turn AS "is_multi_turn?",
            is_creative_writing AS "is_creative_writing?", is_instruction_following AS "is_instruction_following?",
            is_refusal AS "is_refusal?"
        FROM votes LEFT JOIN vote_features ON vote_id = id
        WHERE kind = $1 AND id > $2 AND exclusion_reason IS NULL AND withdrawn_at IS NULL
            AND (cardinality($3::uuid[]) = 0 OR EXISTS (
                SELECT 1 FROM unnest($3::uuid[], $4::uuid[]) AS pair (first, second)
                WHERE (model_a = pair.first AND model_b = pair.second)
                    OR (model_a = pair.second AND model_b = pair.first)))
        ORDER BY id"#,
        kind.as_str(),
        after,
        &first,
        &second
    )
    .fetch(db);
    while let Some(row) = rows.try_next().await? {
        let features = FeatureRow {
            tokens: [row.tokens_a, row.tokens_b],
            headers: [row.headers_a, row.headers_b],
            lists: [row.lists_a, row.lists_b],
            bold: [row.bold_a, row.bold_b],
            is: [
                row.is_coding,
                row.is_math,
                row.is_longer_query,
                row.is_multi_turn,
                row.is_creative_writing,
                row.is_instruction_following,
                row.is_refusal,
            ],
        };
        each(VoterVote {
            id: row.id,
            voter: row.voter,
            language: row.language,
            model_a: row.model_a,
            model_b: row.model_b,
            choice: row.choice,
            created_at: row.created_at,
            features: features.features(),
        });
    }
    Ok(())
}

/// How often votes of a kind were withdrawn, and when last: changes whenever one is withdrawn or restored.
pub async fn withdrawals(db: impl PgExecutor<'_>, kind: BattleKind) -> sqlx::Result<(i64, Option<DateTime<Utc>>)> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", max(withdrawn_at) AS last FROM votes
        WHERE kind = $1 AND withdrawn_at IS NOT NULL"#,
        kind.as_str()
    )
    .fetch_one(db)
    .await?;
    Ok((row.count, row.last))
}

/// The number of the newest counted vote of a kind, 0 where there is none.
pub async fn newest_counted(db: impl PgExecutor<'_>, kind: BattleKind) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(max(id), 0) AS "id!" FROM votes
        WHERE kind = $1 AND exclusion_reason IS NULL AND withdrawn_at IS NULL"#,
        kind.as_str()
    )
    .fetch_one(db)
    .await
}

/// The number of the newest vote, 0 where there is none.
pub async fn newest(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT coalesce(max(id), 0) AS "id!" FROM votes"#).fetch_one(db).await
}
