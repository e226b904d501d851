//! Conversations that are older than the operator keeps them go, as if their visitors had deleted them. Votes stay.

use std::num::NonZeroU32;
use std::time::Duration;

use sqlx::PgPool;

use super::describe_votes;
use crate::domain::BattleId;
use crate::error::Error;
use crate::state::AppState;
use crate::store::{battles, imported_conversations};

/// How often old conversations are looked for.
const EACH: Duration = Duration::from_secs(3600);
/// Conversations of one transaction, so that no lock is held for long.
const BATCH: i64 = 200;

/// Deletes what is older than conversations are kept: now, every hour, and when the site's settings change. Ends never.
pub async fn run(arena: AppState) {
    loop {
        if let Some(days) = arena.site.rules().keep_days {
            match expire(&arena.repairs, days).await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, days, "deleted old conversations"),
                Err(error) => tracing::warn!(%error, "old conversations could not be deleted; trying again in an hour"),
            }
        }
        let _ = tokio::time::timeout(EACH, arena.site.changed()).await;
    }
}

/// Deletes what is older than `days`. Says how many conversations there were.
///
/// # Errors
/// When the database fails; what was deleted until then stays deleted.
pub async fn expire(db: &PgPool, days: NonZeroU32) -> Result<usize, Error> {
    let days = i32::try_from(days.get()).unwrap_or(i32::MAX);
    let mut deleted = 0;
    loop {
        let mut transaction = db.begin().await?;
        let batch = battles::lock_older(&mut transaction, days, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        describe_votes::before_deletion(&mut transaction, &batch).await?;
        battles::delete_these(&mut transaction, &batch).await?;
        transaction.commit().await?;
        deleted += batch.len();
    }
    loop {
        let mut transaction = db.begin().await?;
        let batch = imported_conversations::lock_older(&mut transaction, days, BATCH).await?;
        if batch.is_empty() {
            return Ok(deleted);
        }
        let battles: Vec<BattleId> = batch.iter().copied().map(BattleId).collect();
        describe_votes::before_deletion(&mut transaction, &battles).await?;
        imported_conversations::delete_these(&mut transaction, &batch).await?;
        transaction.commit().await?;
        deleted += batch.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[sqlx::test(migrations = "../migrations")]
    async fn old_conversations_go_and_their_votes_stay_without_a_voter(db: PgPool) {
        let insert = "WITH m AS (INSERT INTO models (id, slug, display_name, kind, path)
                SELECT gen_random_uuid(), 'm' || n, 'M' || n, 'local', '/m' FROM generate_series(1, 2) n RETURNING id),
            v AS (INSERT INTO voters (id) VALUES (gen_random_uuid()) RETURNING id),
            b AS (INSERT INTO battles (id, kind, voter_id, model_a, model_b, created_at)
                SELECT gen_random_uuid(), 'battle', v.id, (SELECT min(id::text)::uuid FROM m), (SELECT max(id::text)::uuid FROM m),
                    now() - make_interval(days => n * 10) FROM v, generate_series(0, 449) n RETURNING *)
            INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, comment)
            SELECT id, voter_id, kind, 'en', model_a, model_b, 'a', 'mine' FROM b";
        sqlx::query(insert).execute(&db).await.unwrap();
        sqlx::query("INSERT INTO turns (battle_id, number, prompt) SELECT id, 1, 'hello' FROM battles")
            .execute(&db)
            .await
            .unwrap();
        let days = NonZeroU32::new(25).unwrap();
        assert_eq!(expire(&db, days).await.unwrap(), 447, "those of today, 10 and 20 days ago stay");
        let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&db).await.unwrap();
        assert_eq!(count("SELECT count(*) FROM battles").await, 3);
        assert_eq!(count("SELECT count(*) FROM turns").await, 3);
        assert_eq!(count("SELECT count(*) FROM votes").await, 450);
        assert_eq!(count("SELECT count(*) FROM votes WHERE voter_id IS NULL AND comment = ''").await, 447);
        let described = "SELECT count(*) FROM vote_features WHERE tokens_a = 0 AND NOT is_coding";
        assert_eq!(count(described).await, 447, "what the votes were about stays");
        assert_eq!(expire(&db, days).await.unwrap(), 0);
    }
}
