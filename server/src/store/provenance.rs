//! What answers came from.

use std::collections::HashMap;

use sqlx::PgExecutor;

use crate::domain::{Answerer, BattleId, ReplyId};

/// What an answer came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Who was asked and how, as JSON.
    pub setup: String,
    /// The SHA-256 of that text.
    pub setup_hash: Vec<u8>,
    /// Nothing where none was sent.
    pub seed: Option<i64>,
    /// The SHA-256 of the conversation.
    pub messages_hash: Vec<u8>,
    /// Who answered, as the answer said.
    pub answerer: Answerer,
}

/// What the answers of a battle came from, as far as it was kept.
pub async fn of_battle(db: impl PgExecutor<'_>, battle: BattleId) -> sqlx::Result<HashMap<ReplyId, Provenance>> {
    let rows = sqlx::query!(
        r#"SELECT r.id AS "id: ReplyId", s.setup, s.hash, p.seed, p.messages_hash, p.fingerprint, p.model
        FROM replies r JOIN reply_provenance p ON p.reply = r.id JOIN answer_setups s ON s.hash = p.setup
        WHERE r.battle_id = $1"#,
        battle.0
    )
    .fetch_all(db)
    .await?;
    let kept = rows.into_iter().map(|row| {
        let answerer = Answerer { fingerprint: row.fingerprint, model: row.model };
        let (setup, setup_hash, messages_hash) = (row.setup, row.hash, row.messages_hash);
        (row.id, Provenance { setup, setup_hash, seed: row.seed, messages_hash, answerer })
    });
    Ok(kept.collect())
}
