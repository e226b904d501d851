//! What votes were about: kept beside them, and read into memory by the leaderboards.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use sqlx::{PgConnection, PgExecutor};

use crate::domain::{BattleId, Categories, Category, JudgedTexts, RULES_VERSION, Side, Style, VoteFeatures};

/// The advisory lock of those who write features: numbers are committed in their order.
const FEATURES_LOCK: i64 = 0x0061_7265_6e61_0003;

/// Waits until nobody else writes features, and keeps others from it until the transaction ends.
pub async fn lock(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", FEATURES_LOCK).execute(transaction).await?;
    Ok(())
}

/// The same without waiting: false where somebody else is at it.
pub async fn try_lock(transaction: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "is_ours!""#, FEATURES_LOCK)
        .fetch_one(transaction)
        .await
}

/// Votes above this number whose features are not known, or only by older rules, while their conversations are there; in
/// their order.
pub async fn missing(db: impl PgExecutor<'_>, after: i64, limit: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "SELECT votes.id FROM votes LEFT JOIN vote_features ON vote_features.vote_id = votes.id
        WHERE votes.id > $1 AND (EXISTS (SELECT 1 FROM battles WHERE battles.id = votes.battle_id)
            OR EXISTS (SELECT 1 FROM imported_conversations AS said WHERE said.battle_id = votes.battle_id))
            AND (vote_features.vote_id IS NULL OR vote_features.rules < $2)
        ORDER BY votes.id LIMIT $3",
        after,
        RULES_VERSION,
        limit
    )
    .fetch_all(db)
    .await
}

/// How many of them there are.
pub async fn count_missing(db: impl PgExecutor<'_>, after: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM votes LEFT JOIN vote_features ON vote_features.vote_id = votes.id
        WHERE votes.id > $1 AND (EXISTS (SELECT 1 FROM battles WHERE battles.id = votes.battle_id)
            OR EXISTS (SELECT 1 FROM imported_conversations AS said WHERE said.battle_id = votes.battle_id))
            AND (vote_features.vote_id IS NULL OR vote_features.rules < $2)"#,
        after,
        RULES_VERSION
    )
    .fetch_one(db)
    .await
}

/// The votes on these battles whose features are not known.
pub async fn missing_of(db: impl PgExecutor<'_>, battles: &[BattleId]) -> sqlx::Result<Vec<i64>> {
    let battles: Vec<uuid::Uuid> = battles.iter().map(|battle| battle.0).collect();
    sqlx::query_scalar!(
        "SELECT votes.id FROM votes LEFT JOIN vote_features ON vote_features.vote_id = votes.id
        WHERE votes.battle_id = ANY($1) AND (vote_features.vote_id IS NULL OR vote_features.rules < $2) ORDER BY votes.id",
        &battles,
        RULES_VERSION
    )
    .fetch_all(db)
    .await
}

/// The texts that these votes judged, as far as they are still there.
pub async fn texts(db: impl PgExecutor<'_>, votes: &[i64]) -> sqlx::Result<BTreeMap<i64, JudgedTexts>> {
    let rows = sqlx::query!(
        r#"SELECT votes.id, votes.model_b IS NOT NULL AS "is_pair!", turns.number, turns.prompt, reply.side AS "side?: Side",
            reply.content AS "content?"
        FROM votes JOIN turns ON turns.battle_id = votes.battle_id AND turns.number <= votes.turns
        LEFT JOIN LATERAL (
            SELECT DISTINCT ON (side) side, content FROM replies
            WHERE replies.battle_id = turns.battle_id AND replies.turn = turns.number ORDER BY side, attempt DESC
        ) AS reply ON true
        WHERE votes.id = ANY($1) ORDER BY votes.id, turns.number"#,
        votes
    )
    .fetch_all(db)
    .await?;
    let mut texts: BTreeMap<i64, JudgedTexts> = BTreeMap::new();
    let mut last = None;
    for row in rows {
        let judged = texts.entry(row.id).or_default();
        if row.is_pair {
            judged.answers_b.get_or_insert_default();
        }
        if last.replace((row.id, row.number)) != Some((row.id, row.number)) {
            judged.prompts.push(row.prompt);
        }
        match (row.side, row.content) {
            (Some(Side::A), Some(content)) => judged.answers_a.push(content),
            (Some(Side::B), Some(content)) => judged.answers_b.get_or_insert_default().push(content),
            _ => {}
        }
    }
    Ok(texts)
}

/// Which of these votes were imported, by their battles.
pub async fn imported_battles(db: impl PgExecutor<'_>, votes: &[i64]) -> sqlx::Result<BTreeMap<uuid::Uuid, i64>> {
    let rows = sqlx::query!("SELECT id, battle_id FROM votes WHERE id = ANY($1) AND kind = 'imported'", votes);
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.battle_id, row.id)).collect())
}

/// Keeps the features of votes; in the place of those by older rules.
pub async fn insert(db: impl PgExecutor<'_>, features: &[(i64, VoteFeatures)]) -> sqlx::Result<()> {
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let of_a = |at: usize| features.iter().map(|(_, one)| count(one.style_a.counts()[at])).collect::<Vec<i32>>();
    let of_b = |at: usize| {
        features.iter().map(|(_, one)| one.style_b.map(|style| count(style.counts()[at]))).collect::<Vec<Option<i32>>>()
    };
    let is = |category| features.iter().map(|(_, one)| one.categories.has(category)).collect::<Vec<bool>>();
    let votes: Vec<i64> = features.iter().map(|(vote, _)| *vote).collect();
    sqlx::query!(
        "INSERT INTO vote_features (vote_id, rules, tokens_a, headers_a, lists_a, bold_a, tokens_b, headers_b, lists_b, bold_b,
            is_coding, is_math, is_longer_query, is_multi_turn, is_creative_writing, is_instruction_following, is_refusal)
        SELECT new.vote, $2, new.tokens_a, new.headers_a, new.lists_a, new.bold_a,
            new.tokens_b, new.headers_b, new.lists_b, new.bold_b,
            new.coding, new.math, new.longer, new.turns, new.writing, new.following, new.refusal
        FROM unnest($1::bigint[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[],
            $11::bool[], $12::bool[], $13::bool[], $14::bool[], $15::bool[], $16::bool[], $17::bool[])
            AS new (vote, tokens_a, headers_a, lists_a, bold_a, tokens_b, headers_b, lists_b, bold_b,
                coding, math, longer, turns, writing, following, refusal)
        ON CONFLICT (vote_id) DO UPDATE SET number = DEFAULT, rules = excluded.rules,
            tokens_a = excluded.tokens_a, headers_a = excluded.headers_a, lists_a = excluded.lists_a, bold_a = excluded.bold_a,
            tokens_b = excluded.tokens_b, headers_b = excluded.headers_b, lists_b = excluded.lists_b, bold_b = excluded.bold_b,
            is_coding = excluded.is_coding, is_math = excluded.is_math, is_longer_query = excluded.is_longer_query,
            is_multi_turn = excluded.is_multi_turn, is_creative_writing = excluded.is_creative_writing,
            is_instruction_following = excluded.is_instruction_following, is_refusal = excluded.is_refusal",
        &votes,
        RULES_VERSION,
        &of_a(0),
        &of_a(1),
        &of_a(2),
        &of_a(3),
        &of_b(0) as _,
        &of_b(1) as _,
        &of_b(2) as _,
        &of_b(3) as _,
        &is(Category::Coding),
        &is(Category::Math),
        &is(Category::LongerQuery),
        &is(Category::MultiTurn),
        &is(Category::CreativeWriting),
        &is(Category::InstructionFollowing),
        &is(Category::Refusal)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The number of the newest features, 0 where there are none.
pub async fn newest(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT coalesce(max(number), 0) AS "number!" FROM vote_features"#).fetch_one(db).await
}

/// A row as it is read.
pub(super) struct FeatureRow {
    pub tokens: [Option<i32>; 2],
    pub headers: [Option<i32>; 2],
    pub lists: [Option<i32>; 2],
    pub bold: [Option<i32>; 2],
    /// In the order of [`Category::ALL`].
    pub is: [Option<bool>; 7],
}

impl FeatureRow {
    /// Nothing where the vote has none.
    pub fn features(&self) -> Option<VoteFeatures> {
        // The schema allows no count below 0.
        let count = |count: Option<i32>| Some(count?.try_into().unwrap_or(0));
        let style = |side: usize| {
            Some(Style {
                tokens: count(self.tokens[side])?,
                headers: count(self.headers[side])?,
                lists: count(self.lists[side])?,
                bold: count(self.bold[side])?,
            })
        };
        let categories: Categories =
            Category::ALL.iter().zip(self.is).filter_map(|(category, is)| is?.then_some(*category)).collect();
        Some(VoteFeatures { style_a: style(0)?, style_b: style(1), categories })
    }
}

/// Walks through the features above this number, each with its own and its vote's.
pub async fn for_each_after(
    db: impl PgExecutor<'_>,
    number: i64,
    mut each: impl FnMut(i64, i64, VoteFeatures),
) -> sqlx::Result<()> {
    let mut rows = sqlx::query!("SELECT * FROM vote_features WHERE number > $1", number).fetch(db);
    while let Some(row) = rows.try_next().await? {
        let features = FeatureRow {
            tokens: [Some(row.tokens_a), row.tokens_b],
            headers: [Some(row.headers_a), row.headers_b],
            lists: [Some(row.lists_a), row.lists_b],
            bold: [Some(row.bold_a), row.bold_b],
            is: [
                row.is_coding,
                row.is_math,
                row.is_longer_query,
                row.is_multi_turn,
                row.is_creative_writing,
                row.is_instruction_following,
                row.is_refusal,
            ]
            .map(Some),
        };
        if let Some(features) = features.features() {
            each(row.number, row.vote_id, features);
        }
    }
    Ok(())
}
