//! Battles as they stand.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::domain::{BattleId, BattleKind, Choice, ModelId, ReplyId, ReplyStatus, Side, VoterId};

/// A battle with its turns.
#[derive(Debug, Clone)]
pub struct Battle {
    /// Its id.
    pub id: BattleId,
    /// How the models were chosen.
    pub kind: BattleKind,
    /// Whose it is.
    pub voter: VoterId,
    /// Left.
    pub model_a: ModelId,
    /// Right, where there is one.
    pub model_b: Option<ModelId>,
    /// With what probability the pair was drawn.
    pub pair_probability: Option<f64>,
    /// The language of the first prompt.
    pub language: String,
    /// Sampling parameters.
    pub parameters: Value,
    /// Why its vote does not count.
    pub not_counted_because: Option<String>,
    /// When the names were shown.
    pub revealed_at: Option<DateTime<Utc>>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// The vote, if there is one.
    pub vote: Option<Choice>,
    /// Its turns, oldest first.
    pub turns: Vec<Turn>,
}

/// One message and the newest answer of each side.
#[derive(Debug, Clone)]
pub struct Turn {
    /// From 1.
    pub number: i32,
    /// What the visitor wrote.
    pub prompt: String,
    /// The left answer.
    pub a: Option<Reply>,
    /// The right answer.
    pub b: Option<Reply>,
}

impl Turn {
    /// The answer of a side.
    pub fn reply(&self, side: Side) -> Option<&Reply> {
        match side {
            Side::A => self.a.as_ref(),
            Side::B => self.b.as_ref(),
        }
    }
}

impl Battle {
    /// The model of a side.
    pub fn model(&self, side: Side) -> Option<ModelId> {
        match side {
            Side::A => Some(self.model_a),
            Side::B => self.model_b,
        }
    }

    /// The newest turn.
    pub fn last_turn(&self) -> Option<&Turn> {
        self.turns.last()
    }
}

/// One attempt of a side.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its id.
    pub id: ReplyId,
    /// Its turn.
    pub turn: i32,
    /// Its side.
    pub side: Side,
    /// From 1.
    pub attempt: i32,
    /// Who answers.
    pub model: ModelId,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// What has arrived.
    pub content: String,
    /// How many characters of it the browser may see.
    pub released: i32,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// How it failed.
    pub error_code: Option<String>,
    /// Tokens of the conversation.
    pub prompt_tokens: Option<i32>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i32>,
    /// Time to the first token.
    pub first_token_ms: Option<i32>,
    /// Time to the end.
    pub total_ms: Option<i32>,
    /// Whether its server has fallen silent.
    pub is_stale: bool,
}

macro_rules! replies {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            Reply,
            r#"SELECT DISTINCT ON (turn, side) id AS "id: ReplyId", turn, side AS "side: Side", attempt,
                model_id AS "model: ModelId", status AS "status: ReplyStatus", content, released, finish_reason,
                error_code, prompt_tokens, completion_tokens, first_token_ms, total_ms,
                heartbeat_at < now() - make_interval(secs => $1) AS "is_stale!"
            FROM replies "# + $tail + " ORDER BY turn, side, attempt DESC"
            $(, $argument)*
        )
    };
}

/// The battle with this id.
pub async fn find(db: &mut PgConnection, id: BattleId) -> sqlx::Result<Option<Battle>> {
    let row = sqlx::query!(
        r#"SELECT kind AS "kind: BattleKind", battles.voter_id AS "voter: VoterId", battles.model_a AS "model_a: ModelId",
            battles.model_b AS "model_b: ModelId", pair_probability, battles.language, parameters,
            battles.not_counted_because, revealed_at, battles.created_at,
            (SELECT choice FROM votes WHERE votes.battle_id = battles.id) AS "vote: Choice"
        FROM battles WHERE id = $1"#,
        id.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let turns = sqlx::query!("SELECT number, prompt FROM turns WHERE battle_id = $1 ORDER BY number", id.0)
        .fetch_all(&mut *db)
        .await?;
    let mut turns: Vec<Turn> =
        turns.into_iter().map(|turn| Turn { number: turn.number, prompt: turn.prompt, a: None, b: None }).collect();
    let replies = replies!("WHERE battle_id = $2", super::STALE_SECONDS, id.0).fetch_all(&mut *db).await?;
    for reply in replies {
        if let Some(turn) = turns.iter_mut().find(|turn| turn.number == reply.turn) {
            match reply.side {
                Side::A => turn.a = Some(reply),
                Side::B => turn.b = Some(reply),
            }
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
        parameters: row.parameters,
        not_counted_because: row.not_counted_because,
        revealed_at: row.revealed_at,
        created_at: row.created_at,
        vote: row.vote,
        turns,
    }))
}

/// The newest attempt of each side of a turn.
pub async fn replies_of_turn(db: impl sqlx::PgExecutor<'_>, battle: BattleId, turn: i32) -> sqlx::Result<Vec<Reply>> {
    replies!("WHERE battle_id = $2 AND turn = $3", super::STALE_SECONDS, battle.0, turn).fetch_all(db).await
}
