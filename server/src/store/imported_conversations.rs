//! What was said before imported votes.

use std::collections::HashMap;

use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::exports::Conversations;

/// A message as it is stored: role and text.
type Stored = Vec<(String, String)>;

/// The conversations of these battles, as far as they are there.
pub async fn of_battles(db: impl PgExecutor<'_>, battles: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Conversations>> {
    let rows = sqlx::query!(
        r#"SELECT battle_id, messages_a AS "a!: Json<Stored>", messages_b AS "b!: Json<Stored>"
        FROM imported_conversations WHERE battle_id = ANY($1)"#,
        battles
    )
    .fetch_all(db)
    .await?;
    let side = |stored: Json<Stored>| stored.0.into_iter().map(|(role, text)| (role_of(&role), text)).collect();
    Ok(rows.into_iter().map(|row| (row.battle_id, [side(row.a), side(row.b)])).collect())
}

fn role_of(role: &str) -> &'static str {
    if role == "user" { "user" } else { "assistant" }
}

/// Up to so many that came in longer ago, locked.
pub async fn lock_older(transaction: &mut PgConnection, days: i32, limit: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT battle_id FROM imported_conversations WHERE created_at < now() - make_interval(days => $1)
        ORDER BY battle_id LIMIT $2 FOR UPDATE SKIP LOCKED",
        days,
        limit
    )
    .fetch_all(transaction)
    .await
}

/// Deletes these.
pub async fn delete_these(transaction: &mut PgConnection, battles: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM imported_conversations WHERE battle_id = ANY($1)", battles).execute(transaction).await?;
    Ok(())
}
