//! Ratings as they stood at the end of each day.

use chrono::NaiveDate;
use futures_util::TryStreamExt;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::{BattleKind, Choice, ModelId};

/// A day that has counted votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayVotes {
    pub day: NaiveDate,
    /// How many.
    pub votes: i64,
    /// The sum of their numbers.
    pub numbers: i64,
}

/// A day whose ratings are kept, and what they were computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDay {
    pub day: NaiveDate,
    pub votes: i64,
    pub numbers: i64,
    /// How ratings were measured.
    pub measured: String,
}

/// A counted vote and its day.
#[derive(Debug, Clone)]
pub struct DatedVote {
    pub day: NaiveDate,
    /// Whose it is, where it is known.
    pub voter: Option<Uuid>,
    /// The left model.
    pub model_a: ModelId,
    /// The right model.
    pub model_b: ModelId,
    pub choice: Choice,
}

/// One model at the end of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayRating {
    pub day: NaiveDate,
    pub model: ModelId,
    /// Nothing where votes did not compare it with the others.
    pub rating: Option<f64>,
    /// Half the width of its 95 % interval; nothing where too few people voted to tell.
    pub margin: Option<f64>,
    /// Its votes up to then.
    pub votes: i64,
}

/// The days before `today` that have counted votes.
pub async fn voted_days(db: impl PgExecutor<'_>, kind: BattleKind, today: NaiveDate) -> sqlx::Result<Vec<DayVotes>> {
    sqlx::query_as!(
        DayVotes,
        r#"SELECT (created_at AT TIME ZONE 'UTC')::date AS "day!", count(*) AS "votes!", sum(id)::bigint AS "numbers!"
        FROM votes
        WHERE kind = $1 AND exclusion_reason IS NULL AND withdrawn_at IS NULL AND model_b IS NOT NULL
            AND (created_at AT TIME ZONE 'UTC')::date < $2
        GROUP BY 1 ORDER BY 1"#,
        kind.as_str(),
        today
    )
    .fetch_all(db)
    .await
}

/// The days whose ratings are kept.
pub async fn kept_days(db: impl PgExecutor<'_>, kind: BattleKind) -> sqlx::Result<Vec<KeptDay>> {
    sqlx::query_as!(
        KeptDay,
        "SELECT day, votes, numbers, measured FROM rating_days WHERE kind = $1 ORDER BY day",
        kind.as_str()
    )
    .fetch_all(db)
    .await
}

/// Walks through the counted votes of a kind before `today`, in no order.
pub async fn for_each_dated(
    db: impl PgExecutor<'_>,
    kind: BattleKind,
    today: NaiveDate,
    mut each: impl FnMut(DatedVote),
) -> sqlx::Result<()> {
    let mut rows = sqlx::query_as!(
        DatedVote,
        r#"SELECT (created_at AT TIME ZONE 'UTC')::date AS "day!", coalesce(voter_id, voter_group) AS voter,
            model_a AS "model_a: ModelId", model_b AS "model_b!: ModelId", choice AS "choice: Choice"
        FROM votes
        WHERE kind = $1 AND exclusion_reason IS NULL AND withdrawn_at IS NULL AND model_b IS NOT NULL
            AND (created_at AT TIME ZONE 'UTC')::date < $2"#,
        kind.as_str(),
        today
    )
    .fetch(db);
    while let Some(vote) = rows.try_next().await? {
        each(vote);
    }
    Ok(())
}

/// Forgets the days from one on.
pub async fn forget_from(db: &mut PgConnection, kind: BattleKind, day: NaiveDate) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM rating_days WHERE kind = $1 AND day >= $2", kind.as_str(), day).execute(db).await?;
    Ok(())
}

/// Keeps a day and the ratings of its end.
pub async fn keep(db: &mut PgConnection, kind: BattleKind, day: &KeptDay, ratings: &[DayRating]) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO rating_days (kind, day, votes, numbers, measured) VALUES ($1, $2, $3, $4, $5)",
        kind.as_str(),
        day.day,
        day.votes,
        day.numbers,
        day.measured
    )
    .execute(&mut *db)
    .await?;
    let models: Vec<Uuid> = ratings.iter().map(|row| row.model.0).collect();
    let values: Vec<Option<f64>> = ratings.iter().map(|row| row.rating).collect();
    let margins: Vec<Option<f64>> = ratings.iter().map(|row| row.margin).collect();
    let votes: Vec<i64> = ratings.iter().map(|row| row.votes).collect();
    sqlx::query!(
        "INSERT INTO rating_history (kind, day, model_id, rating, margin, votes)
        SELECT $1, $2, new.model, new.rating, new.margin, new.votes
        FROM unnest($3::uuid[], $4::float8[], $5::float8[], $6::bigint[]) AS new (model, rating, margin, votes)",
        kind.as_str(),
        day.day,
        &models,
        &values as &[Option<f64>],
        &margins as &[Option<f64>],
        &votes
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A model day by day, oldest first.
pub async fn of_model(db: impl PgExecutor<'_>, kind: BattleKind, model: ModelId) -> sqlx::Result<Vec<DayRating>> {
    sqlx::query_as!(
        DayRating,
        r#"SELECT day, model_id AS "model: ModelId", rating, margin, votes FROM rating_history
        WHERE kind = $1 AND model_id = $2 ORDER BY day"#,
        kind.as_str(),
        model.0
    )
    .fetch_all(db)
    .await
}

/// Lets one server alone compute, until the transaction ends; false where another does.
pub async fn try_lock(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "is_ours!""#, LOCK).fetch_one(db).await
}

/// The advisory lock among servers that compute.
const LOCK: i64 = 0x0061_7265_6e61_0023;
