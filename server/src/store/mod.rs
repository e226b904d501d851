//! All SQL. Functions take a connection or a transaction and give checked values.

pub mod activity;
pub mod admin_stats;
pub mod admins;
pub mod audit;
pub mod ballots;
pub mod battles;
pub mod cast_votes;
pub mod ended_sessions;
pub mod evidence;
pub mod exports;
pub mod group_members;
pub mod health;
pub mod held_forms;
pub mod identity;
pub mod imported_conversations;
pub mod imports;
pub mod judge_runs;
pub mod judgings;
pub mod model_names;
pub mod model_results;
pub mod models;
pub mod own_votes;
pub mod pending_votes;
pub mod prepared_answers;
pub mod prompt_draws;
pub mod prompt_sets;
pub mod provenance;
pub mod rating_history;
pub mod ratings;
pub mod replays;
pub mod shares;
pub mod site;
pub mod vote_changes;
pub mod vote_features;
pub mod vote_hashes;
pub mod vote_list;
pub mod voter_reviews;
pub mod voters;
pub mod votes;

use sqlx::PgExecutor;

/// Whether the database answers, and knows our schema.
pub async fn ping(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM models) AS "some!""#).fetch_one(db).await.map(|_| ())
}
