//! Replays: the models of a battle are asked the same again, and what they say is compared with what they said.
//!
//! What was asked comes from what was kept with each answer, and from the conversation, whose hash was kept too. One battle is
//! replayed at a time, one answer after another, and visitors come first. Nothing of the battle changes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{Instant, interval, sleep, timeout_at};
use uuid::Uuid;

use super::answering::{asked_at, target_in_turn};
use crate::backends::{BackendError, ChatEvent, ChatRequest, ErrorKind, Setup, Target, messages_hash};
use crate::domain::{
    Answerer, Battle, ModelKind, ModelState, ReplayChange, ReplayObstacle, ReplayReport, ReplayedAnswer,
    ReplayedChange, Reply, ReplyId, ReplyStatus, changes_between,
};
use crate::error::Error;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::store::provenance::{self, Provenance};
use crate::store::replays::{self, Replay};

#[cfg(test)]
mod tests;

/// How often a server looks for one, and says that its own goes on.
const EACH: Duration = Duration::from_secs(1);
/// The longest that a replay takes.
const TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// How long it waits for a moment in which this server writes no answers for visitors.
const MAX_WAIT_FOR_VISITORS: Duration = Duration::from_secs(60);
/// How often it looks for one, and for room at a model.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a model is tried that has no room or is being loaded.
const TRIES: u32 = 15;
/// How often a model is tried whose files are being hashed: after the largest were loaded, that takes minutes.
const HASH_TRIES: u32 = 150;
/// The longest answer that is compared, in bytes, as in battles.
const MAX_CONTENT: usize = 1024 * 1024;

/// Does replays, one after another, for as long as the service runs.
pub async fn follow(arena: AppState) {
    loop {
        sleep(EACH).await;
        if let Err(error) = next(&arena).await {
            tracing::warn!(%error, "a replay could not go on");
        }
    }
}

/// Does the oldest one that nobody does, if there is one. Gives whether there was.
///
/// # Errors
/// When the database fails: another server begins anew after a while.
pub async fn next(arena: &AppState) -> Result<bool, Error> {
    let owner = Uuid::now_v7();
    let Some(replay) = replays::claim(&arena.repairs, owner).await? else { return Ok(false) };
    let report = Mutex::new(ReplayReport::default());
    let asking = ask_all(arena, &replay, &report);
    tokio::pin!(asking);
    let mut ticks = interval(EACH);
    let ended = loop {
        tokio::select! {
            ended = &mut asking => break ended,
            _ = ticks.tick() => {
                let so_far = lock(&report).clone();
                if !replays::save(&arena.repairs, replay.id, owner, &so_far).await? {
                    return Ok(true);
                }
            }
        }
    };
    if let Err(error) = &ended {
        tracing::warn!(battle = %replay.battle, %error, "a replay failed");
    }
    let state = if ended.is_ok() { "done" } else { "failed" };
    let report = lock(&report).clone();
    replays::finish(&arena.repairs, replay.id, owner, state, &report).await?;
    Ok(true)
}

fn lock(report: &Mutex<ReplayReport>) -> MutexGuard<'_, ReplayReport> {
    report.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn ask_all(arena: &AppState, replay: &Replay, report: &Mutex<ReplayReport>) -> Result<(), Error> {
    let ends = Instant::now() + TIMEOUT;
    let battle = replays::battle(&mut *arena.db.acquire().await?, replay.battle).await?.ok_or(Error::NotFound)?;
    let kept = provenance::of_battle(&arena.db, replay.battle).await?;
    let turns = battle.turns.iter().filter(|turn| replay.turn.is_none_or(|number| number == turn.number));
    let replies: Vec<&Reply> = turns.flat_map(|turn| turn.replies.iter().flatten()).collect();
    lock(report).total = replies.len();
    let replayed = Replayed { arena, battle: &battle, kept };
    for reply in replies {
        let model = models::by_id(&arena.db, reply.model).await?;
        let answer = new_answer(reply, model.as_ref());
        let answer = match timeout_at(ends, replayed.ask(reply, model, answer.clone())).await {
            Ok(answer) => answer,
            Err(_) => answer.impossible(ReplayObstacle::TimeUp),
        };
        lock(report).answers.push(answer);
    }
    Ok(())
}

fn new_answer(reply: &Reply, model: Option<&Model>) -> ReplayedAnswer {
    let name = model.map(|model| model.name().to_owned()).unwrap_or_default();
    ReplayedAnswer {
        chars: reply.content.chars().count(),
        is_partial: reply.status != ReplyStatus::Done,
        ..ReplayedAnswer::new(reply.turn, reply.side, name)
    }
}

/// A battle that is replayed.
struct Replayed<'a> {
    arena: &'a AppState,
    battle: &'a Battle,
    kept: HashMap<ReplyId, Provenance>,
}

/// What a model says now.
enum Said {
    Text(String),
    /// Its files are others now: nothing is to be compared.
    OtherFile,
    /// It does not say yet which files those are.
    NotHashed,
}

impl Replayed<'_> {
    /// Asks for an answer again, where that can be done.
    async fn ask(&self, reply: &Reply, model: Option<Model>, mut answer: ReplayedAnswer) -> ReplayedAnswer {
        if reply.status.is_running() {
            return answer.impossible(ReplayObstacle::Unfinished);
        }
        if reply.content.is_empty() {
            return answer.impossible(ReplayObstacle::NoAnswer);
        }
        let kept = self.kept.get(&reply.id);
        let Some((kept, setup)) = kept.and_then(|kept| Some((kept, serde_json::from_str(&kept.setup).ok()?))) else {
            return answer.impossible(ReplayObstacle::NoEvidence);
        };
        let setup: Setup = setup;
        (answer.seed, answer.then) = (kept.seed, kept.answerer.clone());
        let Some(model) = model.filter(|model| model.state != ModelState::Retired) else {
            return answer.impossible(ReplayObstacle::ModelDeleted);
        };
        if kept.seed.is_none() && !setup.is_greedy() {
            return answer.impossible(ReplayObstacle::NoSeed);
        }
        let conversation = asked_at(self.battle, reply.side, reply.turn, reply.mode);
        if messages_hash(&conversation).as_slice() != kept.messages_hash {
            return answer.impossible(ReplayObstacle::ConversationChanged);
        }
        let seed = kept.seed.and_then(|seed| u32::try_from(seed).ok());
        let request = setup.request(conversation, seed);
        self.wait_for_visitors().await;
        let (mut tries, mut hash_tries) = (0, 0);
        while tries < TRIES && hash_tries < HASH_TRIES {
            tries += 1;
            // Where models take turns it waits for its own.
            let Ok((target, _lease)) = target_in_turn(self.arena, &model).await else {
                // One that is not drawn is not loaded either.
                if model.state != ModelState::Enabled {
                    break;
                }
                sleep(PAUSE).await;
                continue;
            };
            if let Some(change) = endpoint_change(&model, &setup, &target) {
                answer.changes.push(change);
                return answer.impossible(ReplayObstacle::EndpointChanged);
            }
            let target = target.without_parameters(&setup.omitted);
            match self.say(target, &request, reply, &mut answer).await {
                Ok(Said::Text(text)) => return answer.compared(&reply.content, &text),
                Ok(Said::OtherFile) => return answer.impossible(ReplayObstacle::FileChanged),
                Ok(Said::NotHashed) => {
                    (tries, hash_tries) = (0, hash_tries + 1);
                    sleep(PAUSE).await;
                }
                Err(error) if is_passing(error.kind) => sleep(PAUSE).await,
                Err(error) => {
                    answer.error = Some(error.kind.code().to_owned());
                    return answer.impossible(ReplayObstacle::Failed);
                }
            }
        }
        let is_unsure = hash_tries == HASH_TRIES;
        answer.impossible(if is_unsure { ReplayObstacle::NotHashed } else { ReplayObstacle::NotReady })
    }

    /// Waits until this server writes no answers for visitors, but not for ever: where there are always some, this is one more.
    async fn wait_for_visitors(&self) {
        let ends = Instant::now() + MAX_WAIT_FOR_VISITORS;
        while self.arena.streams.is_draining() && Instant::now() < ends {
            sleep(PAUSE).await;
        }
    }

    /// Has a model answer, and notes what is another now.
    async fn say(
        &self,
        target: Target,
        request: &ChatRequest,
        reply: &Reply,
        answer: &mut ReplayedAnswer,
    ) -> Result<Said, BackendError> {
        let mut events = self.arena.backends.ask(target, request.clone(), Uuid::now_v7());
        let (mut text, mut reason) = (String::new(), None);
        while let Some(event) = events.next().await {
            match event? {
                ChatEvent::Asked(_) | ChatEvent::Thinking => {}
                ChatEvent::AnsweredBy(who) => {
                    answer.changes = changes_between(&answer.then, &who);
                    let digest = |who: &Answerer| Some(who.engine()?.digest.is_some());
                    let is_unsure = digest(&answer.then) == Some(true) && digest(&who) == Some(false);
                    answer.now = who;
                    if is_unsure {
                        return Ok(Said::NotHashed);
                    }
                    if answer.changes.iter().any(|change| change.what == ReplayChange::File) {
                        return Ok(Said::OtherFile);
                    }
                }
                ChatEvent::Retracted => text.clear(),
                // As it was kept then.
                ChatEvent::Delta { text: more } => text.push_str(&more.replace('\0', "")),
                ChatEvent::Finished { reason: why, .. } => reason = Some(why.code().to_owned()),
            }
            let is_enough = answer.is_partial && text.len() >= reply.content.len();
            if is_enough || text.len() > MAX_CONTENT {
                break;
            }
        }
        if let (Some(then), Some(now)) = (&reply.finish_reason, &reason)
            && then != now
            && !answer.is_partial
        {
            answer.changes.push(ReplayedChange::new(ReplayChange::FinishReason, then, now));
        }
        Ok(Said::Text(text))
    }
}

/// Whether a model may take the same request a moment later.
fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::QueueFull | ErrorKind::NotReady | ErrorKind::Loading | ErrorKind::Overloaded)
}

/// Where an endpoint is another one now.
fn endpoint_change(model: &Model, setup: &Setup, target: &Target) -> Option<ReplayedChange> {
    let named = |base: &str, name: &str| format!("{name} @ {base}");
    let then = named(setup.base_url.as_deref()?, &setup.model);
    let mut now = target.endpoints().map(|endpoint| named(endpoint.base().as_str(), endpoint.model()));
    let first = now.next()?;
    let is_there = first == then || now.any(|one| one == then);
    let is_endpoint = model.kind() == ModelKind::Endpoint;
    (is_endpoint && !is_there).then(|| ReplayedChange::new(ReplayChange::Endpoint, then, first))
}
