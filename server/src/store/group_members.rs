//! Which voters are in the groups that have a leaderboard of their own.

use std::collections::{HashMap, HashSet};

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::{BattleKind, VoterId};

/// The advisory lock of those who write: changes are committed in the order of their numbers.
const MEMBERS_LOCK: i64 = 0x0061_7265_6e61_0064;

/// A voter is in these groups now, and in no other.
pub async fn set(transaction: &mut PgConnection, voter: VoterId, groups: &[String]) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", MEMBERS_LOCK).execute(&mut *transaction).await?;
    sqlx::query!(
        "INSERT INTO group_members AS known (voter, group_name) SELECT $1, unnest($2::text[])
        ON CONFLICT (voter, group_name) DO UPDATE SET is_member = true, change = nextval('group_changes')
        WHERE NOT known.is_member",
        voter.0,
        groups
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "UPDATE group_members SET is_member = false, change = nextval('group_changes')
        WHERE voter = $1 AND is_member AND group_name <> ALL($2)",
        voter.0,
        groups
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Forgets who is in any other group.
pub async fn forget_others(db: impl PgExecutor<'_>, groups: &[String]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM group_members WHERE group_name <> ALL($1)", groups).execute(db).await?;
    Ok(())
}

/// The number of the newest change, 0 where there was none.
pub async fn newest(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT coalesce(max(change), 0) AS "change!" FROM group_members"#).fetch_one(db).await
}

/// Votes of a kind that were untied from their voters, who were in groups: by changes after this one. With whom they stay together
/// from then on.
pub async fn untied(db: impl PgExecutor<'_>, kind: BattleKind, after: i64) -> sqlx::Result<Vec<(i64, Uuid)>> {
    let rows = sqlx::query!(
        r#"SELECT votes.id, votes.voter_group AS "voter_group!" FROM votes
        JOIN (SELECT DISTINCT voter FROM group_members WHERE change > $2) AS changed ON changed.voter = votes.voter_group
        WHERE votes.kind = $1 AND votes.voter_id IS NULL"#,
        kind.as_str(),
        after
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.id, row.voter_group)).collect())
}

/// Who is in which group.
pub async fn all(db: impl PgExecutor<'_>) -> sqlx::Result<HashMap<String, HashSet<Uuid>>> {
    let rows = sqlx::query!("SELECT group_name, voter FROM group_members WHERE is_member").fetch_all(db).await?;
    let mut groups: HashMap<String, HashSet<Uuid>> = HashMap::new();
    for row in rows {
        groups.entry(row.group_name).or_default().insert(row.voter);
    }
    Ok(groups)
}
