//! Votes out of files: copied into a table of the transaction's own, then counted by one statement.
//!
//! Queries on that table are not checked at build time: it is not there then. Tests run all of them.

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnection, PgCopyIn};
use sqlx::{Executor, Row};
use uuid::Uuid;

use super::models::IMPORTED_URL;
use super::ratings::PairChange;
use crate::domain::{BattleKind, Choice, ModelId};

/// A vote on its way in.
#[derive(Debug, Clone)]
pub struct NewRow<'a> {
    /// Its place in the file, among those without a time.
    pub position: u64,
    /// Made of what identifies it, so that it is there once.
    pub battle: Uuid,
    /// Keeps the votes of one person together.
    pub voter: Option<Uuid>,
    pub model_a: &'a str,
    pub model_b: &'a str,
    pub choice: Choice,
    pub language: &'a str,
    pub turns: i32,
    pub at: Option<DateTime<Utc>>,
    /// What both sides said, where that is to be kept.
    pub conversations: Option<&'a [Messages; 2]>,
}

/// Role and text of each message.
pub type Messages = Vec<(&'static str, String)>;

impl NewRow<'_> {
    /// Appends the row as Postgres' COPY reads it.
    pub fn write(&self, out: &mut String) {
        use std::fmt::Write;
        // Writing into a String cannot fail.
        let _ = write!(out, "{}\t{}\t", self.position, self.battle);
        match self.voter {
            Some(voter) => _ = write!(out, "{voter}\t"),
            None => out.push_str("\\N\t"),
        }
        for text in [self.model_a, self.model_b, self.choice.as_str(), self.language] {
            escape(text, out);
            out.push('\t');
        }
        _ = write!(out, "{}\t", self.turns);
        match self.at {
            Some(at) => _ = write!(out, "{}", at.format("%Y-%m-%d %H:%M:%S%.6f+00")),
            None => out.push_str("\\N"),
        }
        out.push('\t');
        match self.conversations {
            Some(both) => escape(&serde_json::json!(both).to_string(), out),
            None => out.push_str("\\N"),
        }
        out.push('\n');
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => {}
            c => out.push(c),
        }
    }
}

/// Makes the table that rows are copied into; it goes with the transaction.
pub async fn insert_table(transaction: &mut PgConnection) -> sqlx::Result<()> {
    transaction
        .execute(
            "CREATE TEMP TABLE import_rows (position bigint, battle_id uuid, voter_group uuid, model_a text, model_b text,
                choice text, language text, turns integer, created_at timestamptz, said jsonb) ON COMMIT DROP",
        )
        .await?;
    transaction
        .execute("CREATE TEMP TABLE import_names (name text PRIMARY KEY, model uuid NOT NULL) ON COMMIT DROP")
        .await?;
    Ok(())
}

/// Begins to copy rows, as [`NewRow::write`] writes them.
pub async fn copy(transaction: &mut PgConnection) -> sqlx::Result<PgCopyIn<&mut PgConnection>> {
    transaction.copy_in_raw("COPY import_rows FROM STDIN").await
}

/// The names of all models in the rows.
pub async fn names(transaction: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT model_a FROM import_rows UNION SELECT model_b FROM import_rows ORDER BY 1")
        .fetch_all(transaction)
        .await
}

/// Notes which model a name stands for.
pub async fn insert_name(transaction: &mut PgConnection, name: &str, model: ModelId) -> sqlx::Result<()> {
    let insert = sqlx::query("INSERT INTO import_names (name, model) VALUES ($1, $2)").bind(name).bind(model.0);
    insert.execute(transaction).await?;
    Ok(())
}

/// Adds a model that is known by its name alone and can be asked by nobody. False where the slug is taken.
pub async fn insert_model(transaction: &mut PgConnection, id: ModelId, slug: &str, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO models (id, slug, display_name, kind, state, sampling_weight, base_url, remote_model, description_en, description_zh)
        VALUES ($1, $2, $3, 'endpoint', 'retired', 0, $4, $3,
            'Known by imported votes only; it cannot be asked here.', '只因导入的投票而为人所知，不能在此提问。')
        ON CONFLICT (slug) DO NOTHING",
        id.0,
        slug,
        name,
        IMPORTED_URL
    )
    .execute(transaction)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What came of the rows.
#[derive(Debug, Clone, Default)]
pub struct Added {
    /// New votes.
    pub votes: u64,
    /// What the boards' pair counts gain by them.
    pub pairs: Vec<PairChange>,
}

/// Adds the votes that are not there yet, in the order of time, as votes of this kind.
pub async fn insert_votes(transaction: &mut PgConnection, kind: BattleKind) -> sqlx::Result<Added> {
    let rows = sqlx::query(
        "WITH added AS (
            INSERT INTO votes (battle_id, voter_group, kind, language, model_a, model_b, choice, turns, created_at)
            SELECT row.battle_id, row.voter_group, $1, row.language, a.model, b.model, row.choice, row.turns,
                coalesce(row.created_at, now())
            FROM import_rows AS row JOIN import_names AS a ON a.name = row.model_a
            JOIN import_names AS b ON b.name = row.model_b
            WHERE a.model <> b.model
            ORDER BY row.created_at NULLS LAST, row.position
            ON CONFLICT (battle_id) DO NOTHING
            RETURNING language, model_a, model_b, choice
        )
        SELECT language, least(model_a, model_b) AS low, greatest(model_a, model_b) AS high,
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END) AS wins_low,
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END) AS wins_high,
            count(*) FILTER (WHERE choice = 'tie') AS ties,
            count(*) FILTER (WHERE choice = 'both_bad') AS both_bad
        FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    .bind(kind.as_str())
    .fetch_all(transaction)
    .await?;
    let mut added = Added::default();
    for row in rows {
        let pair = PairChange {
            kind,
            language: row.try_get("language")?,
            low: row.try_get("low")?,
            high: row.try_get("high")?,
            wins_low: row.try_get("wins_low")?,
            wins_high: row.try_get("wins_high")?,
            ties: row.try_get("ties")?,
            both_bad: row.try_get("both_bad")?,
        };
        added.votes += (pair.wins_low + pair.wins_high + pair.ties + pair.both_bad).unsigned_abs();
        added.pairs.push(pair);
    }
    Ok(added)
}

/// Keeps what was said before these votes, those of an earlier import too; says of how many it was not known.
pub async fn insert_conversations(transaction: &mut PgConnection) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "INSERT INTO imported_conversations (battle_id, messages_a, messages_b)
        SELECT DISTINCT ON (battle_id) battle_id, row.said -> 0, row.said -> 1
        FROM import_rows AS row JOIN votes USING (battle_id)
        WHERE row.said IS NOT NULL AND votes.kind = 'imported' ORDER BY battle_id
        ON CONFLICT (battle_id) DO NOTHING",
    )
    .execute(transaction)
    .await?;
    Ok(done.rows_affected())
}

/// How many rows name one model twice, once names are models.
pub async fn with_one_model(transaction: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM import_rows AS row JOIN import_names AS a ON a.name = row.model_a
        JOIN import_names AS b ON b.name = row.model_b WHERE a.model = b.model",
    )
    .fetch_one(transaction)
    .await
}
