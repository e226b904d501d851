//! Votes that can still be taken back. Each is claimed before it is counted and removed after: a vote that is claimed cannot
//! be taken back, and one whose server died in between is counted by the next one that looks.

use std::time::Duration;

use sqlx::PgExecutor;

use crate::domain::{BattleId, Choice, Reason, VoterId};

/// What a voter said, until it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenVote {
    /// What was chosen.
    pub choice: Choice,
    /// What decided it.
    pub reasons: Vec<Reason>,
    /// The voter's own words.
    pub comment: String,
    /// Keyed hash of the address.
    pub address_hash: Option<Vec<u8>>,
}

/// Keeps a vote that is final after so long. False when the battle has one already, pending or final: the first one stands.
/// A vote that was settled between two looks of ours is seen by the statement itself; what slips past even that is removed,
/// uncounted, as soon as it is due.
pub async fn insert(
    db: impl PgExecutor<'_>,
    battle: BattleId,
    vote: &GivenVote,
    final_in: Duration,
) -> sqlx::Result<bool> {
    let reasons: Vec<String> = vote.reasons.iter().map(Reason::to_string).collect();
    let done = sqlx::query!(
        "INSERT INTO pending_votes (battle_id, choice, reasons, comment, address_hash, final_at)
        SELECT $1::uuid, $2::text, $3::text[], $4::text, $5::bytea, now() + make_interval(secs => $6)
        WHERE NOT EXISTS (SELECT 1 FROM votes WHERE battle_id = $1) ON CONFLICT DO NOTHING",
        battle.0,
        vote.choice.as_str(),
        &reasons,
        vote.comment,
        vote.address_hash,
        final_in.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Claims a voter's pending vote to be counted: from now on it cannot be taken back.
pub async fn claim(db: impl PgExecutor<'_>, battle: BattleId, voter: VoterId) -> sqlx::Result<Option<GivenVote>> {
    sqlx::query_as!(
        GivenVote,
        r#"UPDATE pending_votes SET is_claimed = true FROM battles
        WHERE battle_id = $1 AND battles.id = battle_id AND battles.voter_id = $2
        RETURNING choice AS "choice: Choice", reasons AS "reasons: Vec<Reason>", comment, address_hash"#,
        battle.0,
        voter.0
    )
    .fetch_optional(db)
    .await
}

/// Removes a pending vote, once the battle has a final one.
pub async fn remove(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM pending_votes WHERE battle_id = $1", battle.0).execute(db).await?;
    Ok(())
}

/// Takes a voter's vote back. False when there is none, or not any more.
pub async fn take_back(db: impl PgExecutor<'_>, battle: BattleId, voter: VoterId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM pending_votes USING battles
        WHERE battle_id = $1 AND NOT is_claimed AND battles.id = battle_id AND battles.voter_id = $2",
        battle.0,
        voter.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The battles whose votes are due, those that waited longest first.
pub async fn due(db: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<Vec<(BattleId, VoterId)>> {
    let rows = sqlx::query!(
        r#"SELECT battle_id AS "battle: BattleId", voter_id AS "voter: VoterId"
        FROM pending_votes JOIN battles ON battles.id = battle_id
        WHERE final_at <= now() OR is_claimed ORDER BY final_at LIMIT $1"#,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.battle, row.voter)).collect())
}

/// Those of a voter's battles that have a pending vote; of this one, or of all.
pub async fn of_voter(
    db: impl PgExecutor<'_>,
    voter: VoterId,
    battle: Option<BattleId>,
) -> sqlx::Result<Vec<BattleId>> {
    sqlx::query_scalar!(
        r#"SELECT battle_id AS "battle: BattleId" FROM pending_votes JOIN battles ON battles.id = battle_id
        WHERE voter_id = $1 AND ($2::uuid IS NULL OR battle_id = $2)"#,
        voter.0,
        battle.map(|id| id.0)
    )
    .fetch_all(db)
    .await
}
