//! What happened day by day, for the administrators' charts. Days are those of UTC.

use chrono::NaiveDate;
use sqlx::PgExecutor;

use crate::domain::{ModelId, UNTRIED};

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub day: NaiveDate,
    /// Battles, comparisons and chats begun.
    pub battles: i64,
    /// Votes cast here.
    pub votes: i64,
    /// Answers that models were asked for.
    pub replies: i64,
    /// Answers that failed.
    pub failed: i64,
}

/// How fast a model began to answer on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstTokens {
    pub model: ModelId,
    pub day: NaiveDate,
    /// The median in milliseconds, of those that answered.
    pub median_ms: Option<f64>,
    pub replies: i64,
    pub failed: i64,
}

/// The last days, oldest first, today among them; each is there, also where nothing happened.
pub async fn days(db: impl PgExecutor<'_>, days: i32) -> sqlx::Result<Vec<Day>> {
    let untried: Vec<String> = UNTRIED.map(str::to_owned).to_vec();
    sqlx::query_as!(
        Day,
        r#"WITH last AS (SELECT (now() AT TIME ZONE 'UTC')::date AS today),
            begun AS (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n FROM battles
                WHERE created_at > now() - make_interval(days => $1 + 1) GROUP BY 1),
            cast_votes AS (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n FROM votes
                WHERE created_at > now() - make_interval(days => $1 + 1) AND kind <> 'imported' GROUP BY 1),
            asked AS (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n,
                    count(*) FILTER (WHERE status = 'failed') AS failed FROM replies
                WHERE created_at > now() - make_interval(days => $1 + 1) AND coalesce(error_code, '') <> ALL ($2)
                GROUP BY 1)
        SELECT day AS "day!", coalesce(begun.n, 0) AS "battles!", coalesce(cast_votes.n, 0) AS "votes!",
            coalesce(asked.n, 0) AS "replies!", coalesce(asked.failed, 0) AS "failed!"
        FROM last, generate_series(0, $1 - 1) AS back, LATERAL (SELECT today - back AS day) AS days
            LEFT JOIN begun USING (day) LEFT JOIN cast_votes USING (day) LEFT JOIN asked USING (day)
        ORDER BY day"#,
        days,
        &untried as &[String]
    )
    .fetch_all(db)
    .await
}

/// How fast models began to answer on each of the last days, oldest first.
pub async fn first_tokens(db: impl PgExecutor<'_>, days: i32) -> sqlx::Result<Vec<FirstTokens>> {
    let untried: Vec<String> = UNTRIED.map(str::to_owned).to_vec();
    sqlx::query_as!(
        FirstTokens,
        r#"SELECT model_id AS "model: ModelId", (created_at AT TIME ZONE 'UTC')::date AS "day!",
            percentile_cont(0.5) WITHIN GROUP (ORDER BY first_token_ms) FILTER (WHERE status = 'done') AS median_ms,
            count(*) AS "replies!", count(*) FILTER (WHERE status = 'failed') AS "failed!"
        FROM replies
        WHERE created_at >= date_trunc('day', now(), 'UTC') - make_interval(days => $1 - 1)
            AND coalesce(error_code, '') <> ALL ($2)
        GROUP BY 1, 2 ORDER BY 1, 2"#,
        days,
        &untried as &[String]
    )
    .fetch_all(db)
    .await
}
