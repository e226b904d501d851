//! Judgings that the arena does itself: models answer, the judge judges, and in the end all of it becomes votes.
//!
//! A run is a row that whichever server has room takes. Each prompt that is through is kept at once: where the server dies,
//! another one goes on from there. Errors that pass are waited out; others of three prompts in a row end the run.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use mixtral_judge::{FORMAT, Item, JudgeFile, Mode, Question, Reader};
use uuid::Uuid;

use self::ask::{Asker, Gap};
use super::take_judged::TakeJudged;
use crate::domain::ModelId;
use crate::error::Error;
use crate::state::AppState;
use crate::store::judge_runs::{self, ClaimedRun};
use crate::store::models::{self, Model};

mod ask;
#[cfg(test)]
mod tests;

/// How often a server looks for a run, and says that its own goes on.
const EACH: Duration = Duration::from_secs(2);
/// Prompts at once: visitors' battles come first.
const AT_ONCE: usize = 2;
/// So many prompts in a row that fail for good: nothing is to be hoped from the next one.
const IN_A_ROW: usize = 3;

/// Does runs, one after another, for as long as the service runs.
pub async fn follow(arena: AppState) {
    loop {
        tokio::time::sleep(EACH).await;
        if let Err(error) = next(&arena).await {
            tracing::warn!(%error, "a judging could not go on");
        }
    }
}

/// Does the oldest run that nobody does, if there is one. Gives whether there was.
///
/// # Errors
/// When the database fails: another server goes on after a while.
pub async fn next(arena: &AppState) -> Result<bool, Error> {
    let owner = Uuid::now_v7();
    let Some(run) = judge_runs::claim(&arena.repairs, owner).await? else { return Ok(false) };
    let ended = Running { arena, run: &run, owner }.all().await?;
    judge_runs::finish(&arena.repairs, run.id, owner, ended.state, ended.error.as_deref()).await?;
    Ok(true)
}

/// How a run ended.
struct Ended {
    state: &'static str,
    error: Option<String>,
}

struct Running<'a> {
    arena: &'a AppState,
    run: &'a ClaimedRun,
    owner: Uuid,
}

impl Running<'_> {
    async fn all(&self) -> Result<Ended, Error> {
        let failed = |error: &str| Ended { state: "failed", error: Some(error.to_owned()) };
        let models = models::list(&self.arena.db).await?;
        let find = |id: ModelId| models.iter().find(|model| model.id == id).cloned();
        let setup = &self.run.setup.0;
        let answering: Option<Vec<Model>> = setup.models.iter().map(|id| find(*id)).collect();
        let (Some(judge), Some(answering)) = (find(self.run.judge), answering) else { return Ok(failed("not-ready")) };
        let mode = if self.run.mode == "pairs" { Mode::Pairs } else { Mode::Scores };
        let requests = AtomicI64::new(self.run.requests);
        let reader = Reader::new().map_err(|cause| Error::Internal(cause.into()))?;
        let asker = Asker {
            arena: self.arena,
            judge: &judge,
            models: &answering,
            reader: &reader,
            mode,
            wording: setup.wording,
            requests: &requests,
            max_requests: setup.max_requests,
        };
        let ended = self.ask(&asker).await?;
        // What is there counts, however it ended.
        let items: BTreeMap<i32, Item> = judge_runs::items(&self.arena.db, self.run.id).await?.into_iter().collect();
        self.take(judge.name(), mode, items.into_values().collect()).await?;
        Ok(ended)
    }

    /// Has all prompts answered and judged that are not through yet.
    async fn ask(&self, asker: &Asker<'_>) -> Result<Ended, Error> {
        let known = judge_runs::items(&self.arena.db, self.run.id).await?;
        let is_known = |number: usize| known.iter().any(|(known, _)| usize::try_from(*known) == Ok(number));
        let todo: Vec<(usize, &Question)> =
            self.run.setup.questions.iter().enumerate().filter(|(number, _)| !is_known(*number)).collect();
        let one = |(number, question)| async move { (number, asker.item(number, question).await) }.boxed();
        let asked: Vec<BoxFuture<'_, _>> = todo.into_iter().map(one).collect();
        let mut asked = stream::iter(asked).buffer_unordered(AT_ONCE);
        let mut ticks = tokio::time::interval(EACH);
        let mut in_a_row = 0;
        loop {
            let through = tokio::select! {
                through = asked.next() => through,
                _ = ticks.tick() => {
                    let requests = asker.requests.load(Ordering::Relaxed);
                    if judge_runs::save_progress(&self.arena.repairs, self.run.id, self.owner, requests).await? {
                        return Ok(Ended { state: "stopped", error: None });
                    }
                    continue;
                }
            };
            let Some((number, (item, gap))) = through else { return Ok(Ended { state: "done", error: None }) };
            match gap {
                None | Some(Gap::Unread) => in_a_row = 0,
                Some(Gap::Budget) => return Ok(Ended { state: "stopped", error: Some("budget".to_owned()) }),
                Some(Gap::Backend(kind)) => {
                    in_a_row += 1;
                    if in_a_row >= IN_A_ROW {
                        return Ok(Ended { state: "failed", error: Some(kind.code().to_owned()) });
                    }
                }
            }
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            judge_runs::insert_item(&self.arena.repairs, self.run.id, number, &item).await?;
            let requests = asker.requests.load(Ordering::Relaxed);
            if judge_runs::save_progress(&self.arena.repairs, self.run.id, self.owner, requests).await? {
                return Ok(Ended { state: "stopped", error: None });
            }
        }
    }

    /// Makes votes of what was judged.
    async fn take(&self, judge: &str, mode: Mode, items: Vec<Item>) -> Result<(), Error> {
        let mut models: Vec<String> = Vec::new();
        for answer in items.iter().flat_map(|item| &item.answers) {
            if !models.contains(&answer.model) {
                models.push(answer.model.clone());
            }
        }
        let file = JudgeFile { format: FORMAT.to_owned(), judge: judge.to_owned(), mode, models, items };
        let taken = TakeJudged {
            admin: self.run.created_by,
            name: format!("arena {}", self.run.created_at.format("%Y-%m-%d %H:%M UTC")),
            bytes: serde_json::to_vec(&file).map_err(|cause| Error::Internal(cause.into()))?,
            map: BTreeMap::new(),
        };
        match taken.run(self.arena).await {
            // Nothing was judged: there is nothing to count.
            Ok(_) | Err(Error::Invalid { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
