//! Battles as they stand.

use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::mark_stale;
use crate::domain::{
    AnswerMode, Battle, BattleId, BattleKind, Choice, ModelId, Parameters, PendingVote, Reply, ReplyId, ReplyStatus,
    Side, Turn, VoterId,
};

macro_rules! replies {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            Reply,
            r#"SELECT DISTINCT ON (turn, side) id AS "id: ReplyId", turn, side AS "side: Side", attempt, after_empty,
                mode AS "mode: AnswerMode", model_id AS "model: ModelId", status AS "status: ReplyStatus", content, released, finish_reason,
                error_code, prompt_tokens, completion_tokens, first_token_ms, total_ms,
                heartbeat_at < now() - make_interval(secs => $1) AS "is_stale!"
            FROM replies "# + $tail + " ORDER BY turn, side, attempt DESC"
            $(, $argument)*
        )
    };
}

/// The battle of this visitor; another's does not exist for them. An answer whose server has fallen silent is marked as
/// interrupted first, so that nobody waits for it.
pub async fn of_voter(db: &mut PgConnection, id: BattleId, voter: VoterId) -> sqlx::Result<Option<Battle>> {
    let Some(battle) = find(db, id).await?.filter(|battle| battle.belongs_to(voter)) else { return Ok(None) };
    if !battle.is_stale() {
        return Ok(Some(battle));
    }
    mark_stale(&mut *db, Some(id)).await?;
    find(db, id).await
}

/// A battle, whoever's it is.
pub(in crate::store) async fn find(db: &mut PgConnection, id: BattleId) -> sqlx::Result<Option<Battle>> {
    let row = sqlx::query!(
        r#"SELECT battles.kind AS "kind: BattleKind", battles.voter_id AS "voter: VoterId", battles.model_a AS "model_a: ModelId",
            battles.model_b AS "model_b: ModelId", battles.pair_probability, battles.language,
            battles.parameters AS "parameters: Json<Parameters>", battles.system_prompt, battles.prompt_set,
            battles.is_prepared, battles.exclusion_reason, battles.created_at,
            votes.choice AS "vote?: Choice", votes.turns AS "judged_turns?",
            pending.choice AS "pending_choice?: Choice",
            extract(epoch FROM pending.final_at - now())::float8 AS seconds_left
        FROM battles LEFT JOIN pending_votes AS pending ON pending.battle_id = battles.id
        LEFT JOIN votes ON votes.battle_id = battles.id
        WHERE battles.id = $1"#,
        id.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let turns = sqlx::query!("SELECT number, prompt, edits FROM turns WHERE battle_id = $1 ORDER BY number", id.0)
        .fetch_all(&mut *db)
        .await?;
    let mut turns: Vec<Turn> =
        turns.into_iter().map(|turn| Turn { edits: turn.edits, ..Turn::new(turn.number, turn.prompt) }).collect();
    let replies = replies!("WHERE battle_id = $2", super::STALE_SECONDS, id.0).fetch_all(&mut *db).await?;
    for reply in replies {
        if let Some(turn) = turns.iter_mut().find(|turn| turn.number == reply.turn) {
            let place = reply.side.index();
            turn.replies[place] = Some(reply);
        }
    }
    Ok(Some(Battle {
        id,
        kind: row.kind,
        voter: row.voter,
        model_a: row.model_a,
        model_b: row.model_b,
        pair_probability: row.pair_probability,
        language: row.language,
        parameters: row.parameters.0,
        system_prompt: row.system_prompt,
        prompt_set: row.prompt_set,
        is_prepared: row.is_prepared,
        exclusion_reason: row.exclusion_reason,
        created_at: row.created_at,
        vote: row.vote,
        judged_turns: row.judged_turns.and_then(|turns| usize::try_from(turns).ok()).unwrap_or(0),
        pending_vote: row
            .pending_choice
            .map(|choice| PendingVote { choice, seconds_left: row.seconds_left.unwrap_or(0.0) }),
        turns,
    }))
}

/// The newest attempt of each side of a turn; marks those whose servers have fallen silent, as [`of_voter`] does.
pub async fn replies_of_turn(db: &PgPool, battle: BattleId, turn: i32) -> sqlx::Result<Vec<Reply>> {
    let read = || replies!("WHERE battle_id = $2 AND turn = $3", super::STALE_SECONDS, battle.0, turn).fetch_all(db);
    let rows = read().await?;
    if !rows.iter().any(Reply::has_lost_its_server) {
        return Ok(rows);
    }
    mark_stale(db, Some(battle)).await?;
    read().await
}

/// The models that were asked in the newest battles, the last one first.
pub async fn asked_last(db: impl PgExecutor<'_>, battles: i64) -> sqlx::Result<Vec<ModelId>> {
    // Ids of battles are in the order of their beginnings.
    let pairs =
        sqlx::query!("SELECT model_a, model_b FROM battles ORDER BY id DESC LIMIT $1", battles).fetch_all(db).await?;
    let mut models = Vec::new();
    for id in pairs.into_iter().flat_map(|pair| [Some(pair.model_a), pair.model_b]).flatten().map(ModelId) {
        if !models.contains(&id) {
            models.push(id);
        }
    }
    Ok(models)
}
