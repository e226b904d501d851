//! Beginning battles, turns and attempts.

use serde_json::Value;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::{AnswerMode, BattleId, BattleKind, BattleMode, ModelId, PairMode, ReplyId, Side, VoterId};

/// A battle to begin.
#[derive(Debug)]
pub struct NewBattle<'a> {
    pub id: BattleId,
    /// How the models were chosen.
    pub kind: BattleKind,
    /// Whose it is.
    pub voter: VoterId,
    /// Left.
    pub model_a: ModelId,
    /// Right.
    pub model_b: Option<ModelId>,
    /// With what probability the pair was drawn.
    pub pair_probability: Option<f64>,
    /// How it was drawn.
    pub mode: PairMode,
    /// The language of the first prompt.
    pub language: &'a str,
    /// Sampling parameters.
    pub parameters: &'a Value,
    /// What the models are told to be; may be empty.
    pub system_prompt: &'a str,
    /// The prompt of a set that it begins with.
    pub set_prompt: Option<SetPrompt<'a>>,
}

/// The prompt of a set that a battle begins with.
#[derive(Debug, Clone, Copy)]
pub struct SetPrompt<'a> {
    pub id: Uuid,
    /// The set's name.
    pub set: &'a str,
    /// Whether the first answers were there beforehand.
    pub is_prepared: bool,
}

/// An attempt to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewReply {
    pub id: ReplyId,
    pub battle: BattleId,
    pub turn: i32,
    pub side: Side,
    /// From 1.
    pub attempt: i32,
    /// Who answers.
    pub model: ModelId,
    /// The seed that it is given.
    pub seed: u32,
    /// The server that will drain it.
    pub owner: Uuid,
    /// Whether an empty answer was retried for it.
    pub after_empty: bool,
    /// How the visitor wants to be answered again, where they do.
    pub mode: Option<AnswerMode>,
}

/// Adds a battle.
pub async fn insert_battle(db: impl PgExecutor<'_>, new: &NewBattle<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO battles (id, kind, voter_id, model_a, model_b, pair_probability, language, parameters, mode,
            chosen_model, exclusion_reason, system_prompt, set_prompt, prompt_set, is_prepared)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.id.0,
        new.kind.as_str(),
        new.voter.0,
        new.model_a.0,
        new.model_b.map(|id| id.0),
        new.pair_probability,
        new.language,
        new.parameters,
        new.mode.mode().as_str(),
        new.mode.chosen().map(|model| model.0),
        new.mode.exclusion_reason(),
        new.system_prompt,
        new.set_prompt.map(|prompt| prompt.id),
        new.set_prompt.map_or("", |prompt| prompt.set),
        new.set_prompt.is_some_and(|prompt| prompt.is_prepared)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Locks a battle until the transaction ends, so that messages, attempts and deletions come one after another. False
/// when there is none.
pub async fn lock(db: impl PgExecutor<'_>, id: BattleId) -> sqlx::Result<bool> {
    let row = sqlx::query!("SELECT id FROM battles WHERE id = $1 FOR UPDATE", id.0).fetch_optional(db).await?;
    Ok(row.is_some())
}

/// The same for one battle of a voter, or for all of them.
pub async fn lock_of_voter(
    db: impl PgExecutor<'_>,
    voter: VoterId,
    battle: Option<BattleId>,
) -> sqlx::Result<Vec<BattleId>> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id: BattleId" FROM battles
        WHERE voter_id = $1 AND ($2::uuid IS NULL OR id = $2) ORDER BY id FOR UPDATE"#,
        voter.0,
        battle.map(|id| id.0)
    )
    .fetch_all(db)
    .await
}

/// Why a turn or an attempt was not added.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// There is one of this number: somebody else was faster, and models answer it already.
    #[error("there is one of this number")]
    Exists,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl InsertError {
    fn unless_added(done: &sqlx::postgres::PgQueryResult) -> Result<(), Self> {
        if done.rows_affected() == 1 { Ok(()) } else { Err(Self::Exists) }
    }
}

/// Adds a turn.
pub async fn insert_turn(
    db: impl PgExecutor<'_>,
    battle: BattleId,
    number: i32,
    prompt: &str,
) -> Result<(), InsertError> {
    let done = sqlx::query!(
        "INSERT INTO turns (battle_id, number, prompt) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        battle.0,
        number,
        prompt
    )
    .execute(db)
    .await?;
    InsertError::unless_added(&done)
}

/// Writes another message in the place of one that could not be answered. A first message that is changed is of no set any more.
pub async fn replace_prompt(db: impl PgExecutor<'_>, battle: BattleId, number: i32, prompt: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH own AS (
            UPDATE battles SET prompt_set = '', is_prepared = false WHERE id = $1 AND $2 = 1 AND prompt_set <> ''
        )
        UPDATE turns SET prompt = $3 WHERE battle_id = $1 AND number = $2",
        battle.0,
        number,
        prompt
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes another message in the place of one that was answered. A first message that is changed is of no set any more.
pub async fn edit_prompt(db: impl PgExecutor<'_>, battle: BattleId, number: i32, prompt: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH own AS (
            UPDATE battles SET prompt_set = '', is_prepared = false WHERE id = $1 AND $2 = 1 AND prompt_set <> ''
        )
        UPDATE turns SET prompt = $3, edits = edits + 1 WHERE battle_id = $1 AND number = $2",
        battle.0,
        number,
        prompt
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Adds an attempt.
pub async fn insert_reply(db: impl PgExecutor<'_>, new: &NewReply) -> Result<(), InsertError> {
    let done = sqlx::query!(
        "INSERT INTO replies (id, battle_id, turn, side, attempt, model_id, seed, owner, after_empty, mode)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        new.id.0,
        new.battle.0,
        new.turn,
        new.side.as_str(),
        new.attempt,
        new.model.0,
        i64::from(new.seed),
        new.owner,
        new.after_empty,
        new.mode.map(AnswerMode::as_str)
    )
    .execute(db)
    .await?;
    InsertError::unless_added(&done)
}

/// How a battle's pair was drawn.
pub async fn mode(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<PairMode> {
    let row = sqlx::query!(
        r#"SELECT mode AS "mode: BattleMode", chosen_model AS "chosen: ModelId" FROM battles WHERE id = $1"#,
        battle.0
    )
    .fetch_one(db)
    .await?;
    Ok(PairMode::of_stored(row.mode, row.chosen))
}

/// Puts another model in the place of one that failed.
pub async fn replace_model(
    db: impl PgExecutor<'_>,
    battle: BattleId,
    side: Side,
    model: ModelId,
    probability: Option<f64>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE battles SET model_a = CASE WHEN $2 = 'a' THEN $3 ELSE model_a END,
            model_b = CASE WHEN $2 = 'b' THEN $3 ELSE model_b END, pair_probability = $4
        WHERE id = $1",
        battle.0,
        side.as_str(),
        model.0,
        probability
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Marks a blind battle in which an answer gave a model away, with the sentence that did.
pub async fn mark_identity(db: impl PgExecutor<'_>, battle: BattleId, sentence: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE battles SET exclusion_reason = 'identity', exclusion_sentence = $2
        WHERE id = $1 AND kind = 'battle' AND exclusion_reason IS NULL
            AND NOT EXISTS (SELECT 1 FROM votes WHERE votes.battle_id = battles.id)",
        battle.0,
        sentence
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Marks a battle of which one side was made to answer again, and the other not.
pub async fn mark_regenerated(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE battles SET exclusion_reason = 'regenerated' WHERE id = $1 AND exclusion_reason IS NULL",
        battle.0
    )
    .execute(db)
    .await?;
    Ok(())
}
