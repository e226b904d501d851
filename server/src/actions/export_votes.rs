//! Votes go out into a file, batch by batch. Voters are keyed hashes; conversations only where an administrator says so.

use serde_json::{Map, Value, json};
use sqlx::PgPool;

use crate::domain::{AdminId, BattleKind, VoteCriteria};
use crate::error::Error;
use crate::exchange::{Container, Shape, WriteError, Writer, WrittenVote};
use crate::keys::Keys;
use crate::state::AppState;
use crate::store::exports::{self, ExportRow};
use crate::store::{audit, imported_conversations};

/// Votes of a batch; with conversations, fewer.
const BATCH: i64 = 2000;
const BATCH_OF_CONVERSATIONS: i64 = 100;

/// What is exported, and how.
#[derive(Debug, Clone)]
pub struct ExportVotes {
    /// Who wants it; nobody for the command line.
    pub admin: Option<AdminId>,
    pub filter: VoteCriteria,
    pub shape: Shape,
    pub container: Container,
    pub with_conversations: bool,
}

impl ExportVotes {
    /// Begins the file. That it was asked for is in the audit log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(self, arena: &AppState) -> Result<Export, Error> {
        self.on(&arena.repairs, &arena.keys).await
    }

    /// Begins the file out of a database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn on(self, db: &PgPool, keys: &Keys) -> Result<Export, Error> {
        let mut detail = Map::new();
        if let Ok(Value::Object(filter)) = serde_json::to_value(&self.filter) {
            detail.extend(filter);
        }
        detail.insert("conversations".to_owned(), json!(self.with_conversations));
        audit::record(db, self.admin, "votes.export", self.container.extension(), Value::Object(detail)).await?;
        let writer = Writer::new(self.shape, self.container, self.with_conversations).map_err(failed)?;
        Ok(Export { wanted: self, db: db.clone(), keys: keys.clone(), writer: Some(writer), after: 0, votes: 0 })
    }
}

fn failed(why: WriteError) -> Error {
    Error::Internal(why.into())
}

/// A file on its way.
pub struct Export {
    wanted: ExportVotes,
    db: PgPool,
    keys: Keys,
    writer: Option<Writer>,
    after: i64,
    votes: u64,
}

impl Export {
    /// How many votes were written so far; of preferences, how many pairs.
    #[must_use]
    pub fn votes(&self) -> u64 {
        self.votes
    }

    /// The next bytes of the file; nothing at its end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut writer) = self.writer.take() else { return Ok(None) };
        let limit = if self.wanted.with_conversations { BATCH_OF_CONVERSATIONS } else { BATCH };
        let rows = exports::page(&self.db, &self.wanted.filter, self.after, limit).await?;
        let Some(last) = rows.last() else { return writer.finish().map(Some).map_err(failed) };
        self.after = last.id;
        let mut conversations = match self.wanted.with_conversations {
            true => {
                let battles: Vec<_> = rows.iter().map(|row| row.battle).collect();
                let mut found = exports::conversations(&self.db, &battles).await?;
                found.extend(imported_conversations::of_battles(&self.db, &battles).await?);
                found
            }
            false => Default::default(),
        };
        for row in rows {
            let said = conversations.remove(&row.battle);
            self.votes += u64::from(writer.push(self.written(row, said)).map_err(failed)?);
        }
        let bytes = writer.take().map_err(failed)?;
        self.writer = Some(writer);
        Ok(Some(bytes))
    }

    fn written(&self, row: ExportRow, conversations: Option<exports::Conversations>) -> WrittenVote {
        WrittenVote {
            battle: row.battle,
            model_a: row.model_a,
            model_b: row.model_b,
            choice: row.choice,
            voter: row.voter.map(|voter| self.keys.voter_hash(voter)),
            is_blind: row.kind == BattleKind::Battle,
            language: row.language,
            turns: row.turns,
            prompt_set: row.prompt_set,
            is_prepared: row.is_prepared,
            at: row.created_at,
            conversations,
        }
    }
}
