//! Public pages of battles.

use sqlx::{PgConnection, PgExecutor};

use super::battles;
use crate::domain::{Battle, BattleId, ShareId, VoterId};

/// Adds a page; gives that of the battle, which may have one already.
pub async fn insert(db: &mut PgConnection, id: ShareId, battle: BattleId) -> sqlx::Result<ShareId> {
    sqlx::query_scalar!(
        r#"INSERT INTO shares (id, battle_id) VALUES ($1, $2)
        ON CONFLICT (battle_id) DO UPDATE SET battle_id = EXCLUDED.battle_id RETURNING id AS "id: ShareId""#,
        id.0,
        battle.0
    )
    .fetch_one(db)
    .await
}

/// The page of a battle.
pub async fn of_battle(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<Option<ShareId>> {
    sqlx::query_scalar!(r#"SELECT id AS "id: ShareId" FROM shares WHERE battle_id = $1"#, battle.0)
        .fetch_optional(db)
        .await
}

/// Takes the page of a visitor's battle away. False where the visitor has no such battle.
pub async fn delete(db: impl PgExecutor<'_>, battle: BattleId, voter: VoterId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "WITH own AS (SELECT id FROM battles WHERE id = $1 AND voter_id = $2),
            gone AS (DELETE FROM shares USING own WHERE shares.battle_id = own.id)
        SELECT id FROM own",
        battle.0,
        voter.0
    );
    Ok(done.fetch_optional(db).await?.is_some())
}

/// The battle of a page.
pub async fn battle(db: &mut PgConnection, id: ShareId) -> sqlx::Result<Option<Battle>> {
    let battle = sqlx::query_scalar!(r#"SELECT battle_id AS "id: BattleId" FROM shares WHERE id = $1"#, id.0)
        .fetch_optional(&mut *db)
        .await?;
    match battle {
        Some(battle) => battles::find(db, battle).await,
        None => Ok(None),
    }
}
