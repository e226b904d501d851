//! What language models judged: the files that came, and which votes are of them.

use chrono::{DateTime, Utc};
use mixtral_judge::Bias;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::{AdminId, Choice};

/// A judging that is about to be kept.
#[derive(Debug, Clone)]
pub struct NewJudging<'a> {
    pub id: Uuid,
    pub judge: &'a str,
    /// `scores` or `pairs`.
    pub mode: &'a str,
    pub name: &'a str,
    pub bias: &'a Bias,
    pub by: Option<AdminId>,
}

/// Keeps a judging.
pub async fn insert(transaction: &mut PgConnection, new: &NewJudging<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO judgings (id, judge, mode, name, bias, created_by) VALUES ($1, $2, $3, $4, $5, $6)",
        new.id,
        new.judge,
        new.mode,
        new.name,
        Json(new.bias) as _,
        new.by.map(|admin| admin.0)
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Notes which votes are of a judging, by the ids that stand for their battles: each with the battle of people that it may be
/// about. One that another judging brought before stays with that. Gives how many are about a battle that people voted on.
pub async fn insert_votes(
    transaction: &mut PgConnection,
    judging: Uuid,
    own: &[Uuid],
    people: &[Option<Uuid>],
) -> sqlx::Result<u64> {
    let rows = sqlx::query_scalar!(
        r#"INSERT INTO judged_votes (vote_id, judging, people_battle)
        SELECT v.id, $1, p.battle_id FROM unnest($2::uuid[], $3::uuid[]) AS row (own, people)
        JOIN votes v ON v.battle_id = row.own AND v.kind = 'judge'
        LEFT JOIN votes p ON p.battle_id = row.people AND p.kind IN ('battle', 'side_by_side')
        ON CONFLICT (vote_id) DO NOTHING
        RETURNING people_battle IS NOT NULL AS "has_people!""#,
        judging,
        own,
        people as &[Option<Uuid>]
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows.iter().filter(|has_people| **has_people).count() as u64)
}

/// A judging as lists show it.
#[derive(Debug, Clone)]
pub struct Judging {
    pub id: Uuid,
    pub judge: String,
    pub mode: String,
    pub name: String,
    pub bias: Json<Bias>,
    pub created_at: DateTime<Utc>,
    /// Its votes, and those of them that are withdrawn.
    pub votes: i64,
    pub withdrawn: i64,
    /// Its votes about battles that people could vote on too.
    pub about_battles: i64,
}

/// All of them, the newest first.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Judging>> {
    sqlx::query_as!(
        Judging,
        r#"SELECT j.id, j.judge, j.mode, j.name, j.bias AS "bias: Json<Bias>", j.created_at, count(v.id) AS "votes!",
            count(v.id) FILTER (WHERE v.withdrawn_at IS NOT NULL) AS "withdrawn!",
            count(jv.people_battle) AS "about_battles!"
        FROM judgings j LEFT JOIN judged_votes jv ON jv.judging = j.id LEFT JOIN votes v ON v.id = jv.vote_id
        GROUP BY j.id ORDER BY j.created_at DESC, j.id"#
    )
    .fetch_all(db)
    .await
}

/// The numbers of a judging's votes; nothing where there is no such judging.
pub async fn vote_ids(db: impl PgExecutor<'_>, judging: Uuid) -> sqlx::Result<Option<Vec<i64>>> {
    sqlx::query_scalar!(
        r#"SELECT array_remove(array_agg(jv.vote_id), NULL) AS "ids!"
        FROM judgings j LEFT JOIN judged_votes jv ON jv.judging = j.id WHERE j.id = $1 GROUP BY j.id"#,
        judging
    )
    .fetch_optional(db)
    .await
}

/// How often a judge said this where people said that, both seen from the judge's left answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub judge: String,
    pub by_judge: Choice,
    pub by_people: Choice,
    /// Whether people saw the same answer at the left.
    pub is_same_way: bool,
    pub count: i64,
}

/// What judges and people said of the same answers, as far as both votes stand.
pub async fn said_of_same(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Said>> {
    sqlx::query_as!(
        Said,
        r#"SELECT j.judge, v.choice AS "by_judge: Choice", p.choice AS "by_people: Choice",
            v.model_a = p.model_a AS "is_same_way!", count(*) AS "count!"
        FROM judged_votes jv JOIN judgings j ON j.id = jv.judging JOIN votes v ON v.id = jv.vote_id
        JOIN votes p ON p.battle_id = jv.people_battle
        WHERE v.withdrawn_at IS NULL AND p.withdrawn_at IS NULL AND p.exclusion_reason IS NULL
            AND least(v.model_a, v.model_b) = least(p.model_a, p.model_b)
            AND greatest(v.model_a, v.model_b) = greatest(p.model_a, p.model_b)
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"#
    )
    .fetch_all(db)
    .await
}
