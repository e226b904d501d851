//! Votes come in out of a file: all of them or none, and never twice.
//!
//! The file is read on a thread of its own and copied into the database while it is read; then one statement adds what is
//! not there yet. Elo follows in the background. Who voted is kept as a keyed hash, to know one person's votes as such.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{Acquire, PgConnection, PgPool};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::domain::{AdminId, BattleKind, ModelId, slug_of};
use crate::error::Error;
use crate::exchange::{self, BadRow, Container, ImportedVote, ReadError, Reading};
use crate::keys::Keys;
use crate::state::AppState;
use crate::store::imports::{self, NewRow};
use crate::store::{audit, model_names, ratings};
use arena_rating::EloSettings;

/// Rows that are sent to the database together.
const BATCH: usize = 2000;
/// The same with what was said: batches wait in memory.
const BATCH_OF_CONVERSATIONS: usize = 100;
/// Bad rows that are told with their numbers.
const MAX_TOLD: usize = 20;

/// What is imported, and how.
#[derive(Clone)]
pub struct ImportVotes {
    /// Who wants it; nobody for the command line.
    pub admin: Option<AdminId>,
    pub file: PathBuf,
    /// What the file is called, where it lies elsewhere for the moment.
    pub name: String,
    /// What it is made of, where its name does not say.
    pub container: Option<Container>,
    /// Names in the file that stand for a model of this arena: its slug.
    pub map: BTreeMap<String, String>,
    /// Whether one bad row is enough to take nothing.
    pub is_strict: bool,
    /// Whether what was said is kept, where the file has it.
    pub with_conversations: bool,
    /// Told how many rows have been read so far.
    pub progress: Arc<dyn Fn(u64) + Send + Sync>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows of the file.
    pub rows: u64,
    /// New votes.
    pub votes: u64,
    /// Votes that were there already.
    pub known: u64,
    /// Rows about something else than a vote.
    pub others: u64,
    /// Rows that hold no vote that can be taken.
    pub bad: u64,
    /// The first of them: number and reason.
    pub told: Vec<(u64, BadRow)>,
    /// Conversations that are kept from now on.
    pub conversations: u64,
    /// Models that are known by their names alone from now on.
    pub models: Vec<String>,
}

/// What the reading thread sends.
type Batch = Vec<(u64, exchange::Row)>;

impl ImportVotes {
    /// Imports into the arena that runs here, whose boards follow at once.
    ///
    /// # Errors
    /// See [`Self::on`].
    pub async fn run(self, arena: &AppState) -> Result<ImportReport, Error> {
        let report = self.on(&arena.repairs, &arena.keys, &arena.config.elo).await?;
        arena.repair_wanted.notify_one();
        Ok(report)
    }

    /// Imports into a database.
    ///
    /// # Errors
    /// When the file cannot be read or is malformed as a whole, a name is mapped to no model, or, where that is asked for,
    /// a row is bad: nothing is imported then.
    pub async fn on(self, db: &PgPool, keys: &Keys, elo: &EloSettings) -> Result<ImportReport, Error> {
        let container = self.container.or_else(|| Container::of(self.name.as_ref()));
        let container = container.ok_or_else(|| Error::invalid("import-format", self.name.clone()))?;
        let mut connection = db.acquire().await?;
        let mut transaction = connection.begin().await?;
        imports::insert_table(&mut transaction).await?;
        let (mut report, taken) = self.copy(&mut transaction, container, keys).await?;
        let counted = count_rows(&mut transaction, BattleKind::Imported, &self.map, elo).await?;
        report.votes = counted.votes;
        report.bad += counted.with_one_model;
        report.known = taken.saturating_sub(counted.votes + counted.with_one_model);
        report.models = counted.models;
        if self.with_conversations {
            report.conversations = imports::insert_conversations(&mut transaction).await?;
        }
        let detail = json!({
            "rows": report.rows, "new": report.votes, "known": report.known, "bad": report.bad,
            "conversations": report.conversations
        });
        audit::record(&mut *transaction, self.admin, "votes.import", &self.name, detail).await?;
        transaction.commit().await?;
        Ok(report)
    }

    /// Reads the file into the transaction's table. Gives how many votes it holds, too.
    async fn copy(
        &self,
        transaction: &mut PgConnection,
        container: Container,
        keys: &Keys,
    ) -> Result<(ImportReport, u64), Error> {
        let (send, mut batches) = mpsc::channel::<Batch>(8);
        let file = self.file.clone();
        let how = Reading { container, with_conversations: self.with_conversations };
        let size = if self.with_conversations { BATCH_OF_CONVERSATIONS } else { BATCH };
        let reading = tokio::task::spawn_blocking(move || {
            let mut batch = Vec::with_capacity(size);
            exchange::read(&file, how, |number, row| {
                batch.push((number, row));
                batch.len() < size || send.blocking_send(std::mem::take(&mut batch)).is_ok()
            })?;
            let _ = send.blocking_send(batch);
            Ok::<(), ReadError>(())
        });
        let mut report = ImportReport::default();
        let mut rows = Rows { keys, seen: HashMap::new(), taken: 0 };
        let mut copy = imports::copy(&mut *transaction).await?;
        let mut refused = None;
        while let Some(batch) = batches.recv().await {
            let mut text = String::with_capacity(batch.len() * 160);
            for (number, row) in batch {
                report.rows += 1;
                match row {
                    Ok(votes) if votes.is_empty() => report.others += 1,
                    Ok(votes) => votes.iter().for_each(|vote| rows.write(vote, &mut text)),
                    Err(bad) => {
                        report.bad += 1;
                        if report.told.len() < MAX_TOLD {
                            report.told.push((number, bad));
                        }
                    }
                }
            }
            if self.is_strict && report.bad > 0 {
                refused = report.told.first().map(|(number, _)| *number);
                break;
            }
            copy.send(text.into_bytes()).await?;
            (self.progress)(report.rows);
        }
        drop(batches);
        let read = reading.await.map_err(|cause| Error::Internal(cause.into()))?;
        if let Some(number) = refused {
            copy.abort("a row is bad").await?;
            return Err(Error::invalid("import-strict", number.to_string()));
        }
        match read {
            Ok(()) => {}
            Err(why) => {
                copy.abort("the file is bad").await?;
                return Err(Error::invalid("import-file", why.to_string()));
            }
        }
        copy.finish().await?;
        Ok((report, rows.taken))
    }
}

/// What came of the rows that a transaction copied.
pub(super) struct CountedRows {
    /// New votes.
    pub votes: u64,
    /// Rows whose two names stand for one model.
    pub with_one_model: u64,
    /// Models that are known by their names alone from now on.
    pub models: Vec<String>,
}

/// Makes votes of the rows that were copied, and counts them on their boards. Elo follows in the background.
pub(super) async fn count_rows(
    transaction: &mut PgConnection,
    kind: BattleKind,
    map: &BTreeMap<String, String>,
    elo: &EloSettings,
) -> Result<CountedRows, Error> {
    let models = name_models(&mut *transaction, map).await?;
    let with_one_model = imports::with_one_model(&mut *transaction).await?.unsigned_abs();
    let added = imports::insert_votes(&mut *transaction, kind).await?;
    if added.votes > 0 {
        ratings::lock_shared(&mut *transaction).await?;
        let boards: BTreeSet<_> = added.pairs.iter().map(|pair| (kind, pair.language.clone())).collect();
        ratings::add_rows(&mut *transaction, &added.pairs, elo.initial).await?;
        ratings::touch(&mut *transaction, &boards.into_iter().collect::<Vec<_>>()).await?;
        ratings::add_pair_counts(&mut *transaction, &added.pairs).await?;
        ratings::request_repair(&mut *transaction, kind).await?;
    }
    Ok(CountedRows { votes: added.votes, with_one_model, models })
}

/// Finds the model of each name, or adds it. Gives the names that were added.
async fn name_models(transaction: &mut PgConnection, map: &BTreeMap<String, String>) -> Result<Vec<String>, Error> {
    let known = model_names::all(&mut *transaction).await?;
    let by_slug = |slug: &str| known.iter().find(|model| model.slug == slug).map(|model| model.id);
    let by_name = |name: &str| {
        let same = |model: &&model_names::ModelName| model.display_name.eq_ignore_ascii_case(name);
        known.iter().find(same).map(|model| model.id)
    };
    let mut added = Vec::new();
    for name in imports::names(transaction).await? {
        let model = match map.get(&name) {
            Some(slug) => by_slug(slug).ok_or_else(|| Error::invalid("import-map", slug.clone()))?,
            None => match by_slug(&name).or_else(|| by_name(&name)).or_else(|| by_slug(&slug_of(&name))) {
                Some(model) => model,
                None => {
                    added.push(name.clone());
                    add_model(transaction, &name).await?
                }
            },
        };
        imports::insert_name(transaction, &name, model).await?;
    }
    Ok(added)
}

/// Adds a model of this name, under the first slug that is free.
async fn add_model(transaction: &mut PgConnection, name: &str) -> Result<ModelId, Error> {
    let id = ModelId(Uuid::now_v7());
    let base = match slug_of(name) {
        slug if slug.is_empty() => "imported".to_owned(),
        slug => slug,
    };
    for number in 1..1000 {
        let slug = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        if imports::insert_model(transaction, id, &slug, name).await? {
            return Ok(id);
        }
    }
    Err(Error::Internal(anyhow::anyhow!("no slug is free for the model {name}")))
}

/// Turns votes into rows of the database.
struct Rows<'a> {
    keys: &'a Keys,
    /// How often each identity that is all of its row was met: equal rows are as many votes.
    seen: HashMap<[u8; 16], u32>,
    taken: u64,
}

impl Rows<'_> {
    fn write(&mut self, vote: &ImportedVote, out: &mut String) {
        let mut hash = hash_of(&[vote.identity.as_bytes()]);
        if vote.identity.contains('\u{1f}') {
            let times = self.seen.entry(hash).or_default();
            hash = hash_of(&[&hash, &times.to_be_bytes()]);
            *times += 1;
        }
        let row = NewRow {
            position: self.taken,
            battle: uuid::Builder::from_custom_bytes(hash).into_uuid(),
            voter: vote.voter.as_deref().map(|voter| self.keys.imported_voter(voter)),
            model_a: &vote.model_a,
            model_b: &vote.model_b,
            choice: vote.choice,
            language: &vote.language,
            turns: vote.turns,
            at: vote.at,
            conversations: vote.conversations.as_ref(),
        };
        row.write(out);
        self.taken += 1;
    }
}

/// What makes an identity of bytes an id of a battle.
pub(super) fn hash_of(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let hash: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|at| hash[at])
}

#[cfg(test)]
mod tests;
