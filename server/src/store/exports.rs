//! Votes and conversations for files.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{BattleKind, Choice, Side, VoteCriteria};

/// A vote as a file tells it.
#[derive(Debug, Clone)]
pub struct ExportRow {
    /// The vote's number.
    pub id: i64,
    pub battle: Uuid,
    pub kind: BattleKind,
    /// The left model's slug.
    pub model_a: String,
    /// The right model's slug.
    pub model_b: String,
    pub choice: Choice,
    /// The voter, or what keeps their votes together.
    pub voter: Option<Uuid>,
    pub language: String,
    pub turns: i32,
    /// The set that the prompt was of; may be empty.
    pub prompt_set: String,
    /// Whether the answers were there beforehand.
    pub is_prepared: bool,
    pub created_at: DateTime<Utc>,
}

/// The votes on pairs that a filter lets through, by number: so many after this one.
pub async fn page(
    db: impl PgExecutor<'_>,
    filter: &VoteCriteria,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<ExportRow>> {
    sqlx::query_as!(
        ExportRow,
        r#"SELECT v.id, v.battle_id AS battle, v.kind AS "kind: BattleKind", a.slug AS model_a, b.slug AS model_b,
            v.choice AS "choice: Choice", coalesce(v.voter_id, v.voter_group) AS voter, v.language, v.turns,
            v.prompt_set, v.is_prepared, v.created_at
        FROM votes v JOIN models a ON a.id = v.model_a JOIN models b ON b.id = v.model_b
        WHERE v.id > $2 AND vote_matches(v, $1) ORDER BY v.id LIMIT $3"#,
        Json(filter) as _,
        after,
        limit
    )
    .fetch_all(db)
    .await
}

/// The same from the newest down: so many before this one.
pub async fn newest(
    db: impl PgExecutor<'_>,
    filter: &VoteCriteria,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<ExportRow>> {
    sqlx::query_as!(
        ExportRow,
        r#"SELECT v.id, v.battle_id AS battle, v.kind AS "kind: BattleKind", a.slug AS model_a, b.slug AS model_b,
            v.choice AS "choice: Choice", coalesce(v.voter_id, v.voter_group) AS voter, v.language, v.turns,
            v.prompt_set, v.is_prepared, v.created_at
        FROM votes v JOIN models a ON a.id = v.model_a JOIN models b ON b.id = v.model_b
        WHERE v.id < $2 AND vote_matches(v, $1) ORDER BY v.id DESC LIMIT $3"#,
        Json(filter) as _,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

/// Role and text of each message.
pub type Conversation = Vec<(&'static str, String)>;

/// The messages of both sides.
pub type Conversations = [Conversation; 2];

/// The conversations of these battles, as far as they are still there: each prompt, and each side's newest answer to it.
pub async fn conversations(db: impl PgExecutor<'_>, battles: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Conversations>> {
    let rows = sqlx::query!(
        r#"SELECT t.battle_id, t.number, t.prompt, r.side AS "side!: Side", r.content AS "content!"
        FROM turns t JOIN LATERAL (
            SELECT DISTINCT ON (side) side, content FROM replies
            WHERE battle_id = t.battle_id AND turn = t.number ORDER BY side, attempt DESC
        ) r ON true
        WHERE t.battle_id = ANY($1) ORDER BY t.battle_id, t.number, r.side"#,
        battles
    )
    .fetch_all(db)
    .await?;
    let mut found: HashMap<Uuid, Conversations> = HashMap::new();
    for row in rows {
        let messages = &mut found.entry(row.battle_id).or_default()[row.side.index()];
        messages.push(("user", row.prompt));
        messages.push(("assistant", row.content));
    }
    Ok(found)
}
