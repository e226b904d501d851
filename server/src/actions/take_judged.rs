//! What a language model judged becomes votes of its own kind: all of a file or nothing, and never twice.
//!
//! Each two answers to a prompt are a vote: the one with the higher score won, or the one that won in both orders. Votes on one
//! prompt hang together, so that they are kept as one voter's: intervals are clustered by prompt.

use std::collections::BTreeMap;

use mixtral_judge::{BadFile, Bias, Item, JudgeFile, Mode, Outcome};
use serde_json::json;
use sqlx::Acquire;
use uuid::Uuid;

use super::import_votes::{count_rows, hash_of};
use crate::domain::{AdminId, BattleKind, Choice, language_of};
use crate::error::Error;
use crate::keys::Keys;
use crate::state::AppState;
use crate::store::audit;
use crate::store::imports::{self, NewRow};
use crate::store::judgings::{self, NewJudging};

/// The longest name of a model or judge, as the table of models has it.
const MAX_NAME_CHARS: usize = 120;
/// Between the parts of what identifies a vote.
const SEPARATOR: &[u8] = b"\x1f";

/// A file of `mixtral judge` is taken.
#[derive(Debug, Clone)]
pub struct TakeJudged {
    pub admin: Option<AdminId>,
    /// What the file is called.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Names in it that stand for a model of this arena: its slug.
    pub map: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgedReport {
    pub judge: String,
    /// New votes.
    pub votes: u64,
    /// Votes that were there already.
    pub known: u64,
    /// Pairs of answers without a verdict, or of one model with itself.
    pub without: u64,
    /// New votes about battles that people could vote on too.
    pub about_battles: u64,
    /// Models that are known by their names alone from now on.
    pub models: Vec<String>,
}

/// The votes of a file, ready to be copied.
#[derive(Default)]
struct Rows {
    text: String,
    own: Vec<Uuid>,
    people: Vec<Option<Uuid>>,
    without: u64,
}

impl TakeJudged {
    /// Makes votes of it, on boards of their own.
    ///
    /// # Errors
    /// It is no file of `mixtral judge`, holds no verdict, or a name is mapped to no model: nothing is taken then.
    pub async fn run(self, arena: &AppState) -> Result<JudgedReport, Error> {
        let Self { admin, name, bytes, map } = self;
        let keys = arena.keys.clone();
        let read = tokio::task::spawn_blocking(move || {
            let file = JudgeFile::parse(&bytes).map_err(|bad| match bad {
                BadFile::Json(what) => Error::invalid("judge-file", what),
                BadFile::Format(found) => Error::invalid("judge-format", shortened(&found)),
                BadFile::Verdict(item) => Error::invalid("judge-verdict", shortened(&item)),
            })?;
            let long = file.models.iter().chain([&file.judge]).find(|name| name.chars().count() > MAX_NAME_CHARS);
            if let Some(name) = long {
                return Err(Error::invalid("judge-name", shortened(name)));
            }
            let (rows, bias) = (rows(&file, &keys), Bias::of(&file));
            Ok((file.judge, file.mode, rows, bias))
        });
        let (judge, mode, rows, bias) = read.await.map_err(|cause| Error::Internal(cause.into()))??;
        if rows.own.is_empty() {
            return Err(Error::invalid("judge-empty", ""));
        }
        let mut connection = arena.repairs.acquire().await?;
        let mut transaction = connection.begin().await?;
        imports::insert_table(&mut transaction).await?;
        let mut copy = imports::copy(&mut transaction).await?;
        copy.send(rows.text.into_bytes()).await?;
        copy.finish().await?;
        let counted = count_rows(&mut transaction, BattleKind::Judge, &map, &arena.config.elo).await?;
        let mut report = JudgedReport {
            votes: counted.votes,
            known: (rows.own.len() as u64).saturating_sub(counted.votes + counted.with_one_model),
            without: rows.without + counted.with_one_model,
            about_battles: 0,
            models: counted.models,
            judge,
        };
        // The same file twice leaves no second entry in the list.
        if report.votes > 0 {
            let id = Uuid::now_v7();
            let mode = if mode == Mode::Scores { "scores" } else { "pairs" };
            let new = NewJudging { id, judge: &report.judge, mode, name: &name, bias: &bias, by: admin };
            judgings::insert(&mut transaction, &new).await?;
            report.about_battles = judgings::insert_votes(&mut transaction, id, &rows.own, &rows.people).await?;
        }
        let detail = json!({ "judge": report.judge, "new": report.votes, "known": report.known });
        audit::record(&mut *transaction, admin, "votes.judge", &name, detail).await?;
        transaction.commit().await?;
        arena.repair_wanted.notify_one();
        Ok(report)
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_NAME_CHARS).collect()
}

fn rows(file: &JudgeFile, keys: &Keys) -> Rows {
    let mut rows = Rows::default();
    for item in &file.items {
        let prompt = item.turns.join("\n");
        let language = language_of(&prompt);
        // Two judges agree on a prompt no more than two people do.
        let voter = keys.imported_voter(&format!("judge {} {prompt}", file.judge));
        // FastChat's files write the id of a battle without hyphens.
        let people = Uuid::parse_str(&item.id).ok();
        for (first, second) in item.pairs() {
            let (one, other) = (&item.answers[first], &item.answers[second]);
            let Some(outcome) = item.outcome(file.mode, first, second) else {
                rows.without += 1;
                continue;
            };
            let battle = identity(file, item, first, second);
            let row = NewRow {
                position: rows.own.len() as u64,
                battle,
                voter: Some(voter),
                model_a: &one.model,
                model_b: &other.model,
                choice: match outcome {
                    Outcome::First => Choice::A,
                    Outcome::Second => Choice::B,
                    Outcome::Tie => Choice::Tie,
                },
                language,
                turns: i32::try_from(item.turns.len()).unwrap_or(i32::MAX).max(1),
                at: None,
                conversations: None,
            };
            row.write(&mut rows.text);
            rows.own.push(battle);
            rows.people.push(people.filter(|_| (first, second) == (0, 1)));
        }
    }
    rows
}

/// What makes it the same vote in a longer file, or in one that was written again: who judged which answers to what, and how.
fn identity(file: &JudgeFile, item: &Item, first: usize, second: usize) -> Uuid {
    let mode: &[u8] = if file.mode == Mode::Scores { b"scores" } else { b"pairs" };
    let mut parts: Vec<&[u8]> =
        vec![b"judge", SEPARATOR, file.judge.as_bytes(), SEPARATOR, mode, SEPARATOR, item.id.as_bytes()];
    for turn in &item.turns {
        parts.extend([SEPARATOR, turn.as_bytes()]);
    }
    for answer in [&item.answers[first], &item.answers[second]] {
        parts.extend([SEPARATOR, answer.model.as_bytes()]);
        for turn in &answer.turns {
            parts.extend([SEPARATOR, turn.as_bytes()]);
        }
    }
    uuid::Builder::from_custom_bytes(hash_of(&parts)).into_uuid()
}

#[cfg(test)]
mod tests;
