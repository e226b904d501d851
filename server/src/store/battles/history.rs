//! A visitor's own battles.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::domain::{BattleId, BattleKind, Choice, HistoryEntry, ModelId, VoterId};

/// Which battles of a visitor.
#[derive(Debug, Clone, Default)]
pub struct HistoryFilter {
    /// Begun before this moment.
    pub before: Option<DateTime<Utc>>,
    /// Words of one of their messages; empty for all.
    pub words: String,
    pub kind: Option<BattleKind>,
    /// Whether they were voted on.
    pub is_voted: Option<bool>,
    /// Of this model, as far as its name may be known: what was not voted on yet tells nothing.
    pub model: Option<ModelId>,
}

/// The battles of a visitor, newest first, so many.
pub async fn history(
    db: impl sqlx::PgExecutor<'_>,
    voter: VoterId,
    filter: &HistoryFilter,
    limit: i64,
) -> sqlx::Result<Vec<HistoryEntry>> {
    // What stands for anything in a pattern stands for itself here.
    let pattern = filter.words.trim().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    sqlx::query_as!(
        HistoryEntry,
        r#"SELECT battles.id AS "id: BattleId", battles.kind AS "kind: BattleKind", battles.model_a AS "model_a: ModelId",
            battles.model_b AS "model_b: ModelId", left(first.prompt, 300) AS "prompt!",
            (SELECT count(*) FROM turns WHERE battle_id = battles.id) AS "turns!", battles.created_at,
            (SELECT choice FROM votes WHERE votes.battle_id = battles.id) AS "vote: Choice"
        FROM battles JOIN turns AS first ON first.battle_id = battles.id AND first.number = 1
        WHERE battles.voter_id = $1 AND ($2::timestamptz IS NULL OR battles.created_at < $2)
            AND ($4 = '' OR EXISTS (SELECT 1 FROM turns WHERE battle_id = battles.id AND prompt ILIKE '%' || $4 || '%'))
            AND ($5::text IS NULL OR battles.kind = $5)
            AND ($6::boolean IS NULL OR $6 = EXISTS (SELECT 1 FROM votes WHERE votes.battle_id = battles.id))
            AND ($7::uuid IS NULL OR ($7 IN (battles.model_a, battles.model_b)
                AND (battles.kind <> 'battle' OR EXISTS (SELECT 1 FROM votes WHERE votes.battle_id = battles.id))))
        ORDER BY battles.created_at DESC LIMIT $3"#,
        voter.0,
        filter.before,
        limit,
        pattern,
        filter.kind.map(BattleKind::as_str),
        filter.is_voted,
        filter.model.map(|model| model.0)
    )
    .fetch_all(db)
    .await
}

/// Deletes a battle of a visitor with all its texts, and unties its vote. False when the visitor has no such battle.
pub async fn delete(db: &mut PgConnection, voter: VoterId, id: BattleId) -> sqlx::Result<bool> {
    let done =
        sqlx::query!("DELETE FROM battles WHERE id = $1 AND voter_id = $2", id.0, voter.0).execute(&mut *db).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    untie(db, &[id.0]).await?;
    Ok(true)
}

/// Deletes all battles of a visitor. Gives their ids.
pub async fn delete_all(db: &mut PgConnection, voter: VoterId) -> sqlx::Result<Vec<BattleId>> {
    let ids = sqlx::query_scalar!("DELETE FROM battles WHERE voter_id = $1 RETURNING id", voter.0)
        .fetch_all(&mut *db)
        .await?;
    untie(db, &ids).await?;
    Ok(ids.into_iter().map(BattleId).collect())
}

/// At most `limit` battles that began more than `days` ago, locked until the transaction ends.
pub async fn lock_older(db: &mut PgConnection, days: i32, limit: i64) -> sqlx::Result<Vec<BattleId>> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id: BattleId" FROM battles WHERE created_at < now() - make_interval(days => $1)
            AND NOT EXISTS (SELECT 1 FROM pending_votes WHERE battle_id = battles.id)
        ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED"#,
        days,
        limit
    )
    .fetch_all(db)
    .await
}

/// Deletes these battles.
pub async fn delete_these(db: &mut PgConnection, battles: &[BattleId]) -> sqlx::Result<()> {
    let ids: Vec<uuid::Uuid> = battles.iter().map(|battle| battle.0).collect();
    sqlx::query!("DELETE FROM battles WHERE id = ANY($1)", &ids).execute(&mut *db).await?;
    untie(db, &ids).await
}

/// The vote stays for the tables; who gave it and what they wrote goes. Votes that go from one voter together stay together,
/// by a number that nobody can find them by: what it is made with is not kept. They stay on the boards of their voter's groups.
async fn untie(db: &mut PgConnection, battles: &[uuid::Uuid]) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH untied AS (
            UPDATE votes SET voter_group = md5($2::uuid::text || voter_id::text)::uuid, voter_id = NULL, comment = '',
                address_hash = NULL
            FROM (SELECT id AS vote, voter_id AS voter FROM votes WHERE battle_id = ANY($1)) AS before
            WHERE votes.id = before.vote RETURNING before.voter, voter_group
        )
        INSERT INTO group_members (voter, group_name)
        SELECT DISTINCT untied.voter_group, known.group_name FROM untied
        JOIN group_members AS known ON known.voter = untied.voter AND known.is_member",
        battles,
        uuid::Uuid::new_v4()
    )
    .execute(db)
    .await?;
    Ok(())
}
