//! What a visitor voted.

use sqlx::PgExecutor;

use crate::domain::{BattleId, Choice, ModelId, VoterId};

/// A vote on a blind pair.
#[derive(Debug, Clone)]
pub struct OwnVoteRow {
    pub battle: BattleId,
    /// The left model.
    pub model_a: ModelId,
    /// The right model.
    pub model_b: ModelId,
    pub choice: Choice,
}

/// A visitor's newest votes on blind pairs, newest first: those that were given without knowing a name. Whether they count for
/// others does not matter here.
pub async fn blind(db: impl PgExecutor<'_>, voter: VoterId, limit: i64) -> sqlx::Result<Vec<OwnVoteRow>> {
    sqlx::query_as!(
        OwnVoteRow,
        r#"SELECT battle_id AS "battle: BattleId", model_a AS "model_a: ModelId", model_b AS "model_b!: ModelId",
            choice AS "choice: Choice"
        FROM votes WHERE voter_id = $1 AND kind = 'battle' AND exclusion_reason IS NULL AND model_b IS NOT NULL
        ORDER BY created_at DESC, id DESC LIMIT $2"#,
        voter.0,
        limit
    )
    .fetch_all(db)
    .await
}
