//! Models answer prompts of sets before anybody asks: where answers take minutes, visitors vote at once.
//!
//! Nothing is queued: what is missing is seen from the sets that are to be prepared and from the models that play. A model that is
//! added is caught up with, one whose prompt or settings are changed answers anew. Visitors come first: nothing new is begun while
//! this server writes their answers.

use std::time::Duration;

use futures_util::StreamExt;
use rand::RngExt;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::answering::sampling;
use crate::backends::{ChatEvent, ChatRequest, ErrorKind, Message, Role};
use crate::domain::{Answerer, Parameters, ReplyId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::models::{self, Model};
use crate::store::prepared_answers::{self, Claim, Claimed, Contestants, Ended};
use crate::store::prompt_sets;
use crate::streams::{GenerationRequest, provenance};

/// How often a server looks for what is missing though nothing was changed here: other servers change something too, and models do.
const LOOK_EACH: Duration = Duration::from_secs(30);
/// How often it says that it still works on what it took.
const TOUCH_EACH: Duration = Duration::from_secs(5);
/// How long it waits where a model has no room.
const PAUSE: Duration = Duration::from_secs(10);
/// Answers at once: models answer two hardly slower than one.
const AT_ONCE: usize = 2;
/// The longest that is waited for an answer.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// The longest answer that is kept, in bytes, as in battles.
const MAX_CONTENT: usize = 1024 * 1024;

/// The contestants that play.
pub async fn playing(arena: &AppState) -> sqlx::Result<Vec<Model>> {
    let playing = models::enabled(&arena.db).await?.into_iter().filter(Model::in_rotation);
    Ok(playing.collect())
}

/// Their hashes.
pub fn contestants<'a>(models: impl IntoIterator<Item = &'a Model>) -> Contestants {
    Contestants::new(models.into_iter().map(|model| (model.id, model.settings.contestant_hash())))
}

/// How far a server has come: prompts before need no second look as long as the same contestants answer the same sets.
#[derive(Debug, Default)]
pub struct Place(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    sets: Vec<Uuid>,
    contestants: Contestants,
    after: i64,
}

/// Generates what is missing, for as long as the service runs.
pub async fn follow(arena: AppState) {
    let place = Place::default();
    let work = std::iter::repeat_with(|| one_after_another(&arena, &place)).take(AT_ONCE);
    futures_util::future::join_all(work).await;
}

async fn one_after_another(arena: &AppState, place: &Place) {
    let mut changes = arena.prompts.follow();
    loop {
        match next(arena, place).await {
            Ok(Next::Generated) => {}
            Ok(Next::NothingMissing) => {
                // Woken or not: both look.
                let _ = tokio::time::timeout(LOOK_EACH, changes.changed()).await;
            }
            Ok(Next::NoRoom) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::warn!(%error, "an answer could not be prepared");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What came of looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// An answer is there, or is known to fail.
    Generated,
    /// Nothing is missing that could be generated now.
    NothingMissing,
    /// The model has no room at the moment.
    NoRoom,
}

/// Generates the next answer that is missing.
///
/// # Errors
/// When the database fails: another server goes on after a while.
pub async fn next(arena: &AppState, place: &Place) -> Result<Next, Error> {
    if arena.streams.is_draining() {
        return Ok(Next::NothingMissing);
    }
    let sets = prompt_sets::prepared(&arena.repairs).await?;
    if sets.is_empty() {
        return Ok(Next::NothingMissing);
    }
    let models = playing(arena).await?;
    let all = contestants(models.iter().filter(|model| arena.streams.is_available(model)));
    // Where models take turns in memory, none is loaded for this as long as there is something to do for those that are there.
    let loaded = contestants(models.iter().filter(|model| arena.streams.wait(model) == Some(Duration::ZERO)));
    let owner = Uuid::now_v7();
    let mut claimed = None;
    if loaded != all && !loaded.is_empty() {
        claimed = claim(arena, place, owner, sets.clone(), loaded).await?;
    }
    if claimed.is_none() && !all.is_empty() {
        claimed = claim(arena, place, owner, sets, all).await?;
    }
    let Some(claimed) = claimed else { return Ok(Next::NothingMissing) };
    let generating = tokio::time::timeout(PATIENCE, generate(arena, &claimed));
    tokio::pin!(generating);
    let mut ticks = tokio::time::interval(TOUCH_EACH);
    let ended = loop {
        tokio::select! {
            ended = &mut generating => break ended.unwrap_or(Err(ErrorKind::TotalTimeout)),
            _ = ticks.tick() => prepared_answers::touch(&arena.repairs, owner).await?,
        }
    };
    let ended = match ended {
        Ok(ended) => ended,
        // Nobody was asked: it is as if nobody had tried.
        Err(ErrorKind::QueueFull | ErrorKind::NotReady | ErrorKind::Loading) => {
            prepared_answers::release(&arena.repairs, owner).await?;
            return Ok(Next::NoRoom);
        }
        Err(kind) => Ended { error_code: Some(kind.code().to_owned()), ..Ended::default() },
    };
    prepared_answers::finish(&arena.repairs, owner, &claimed, &ended).await?;
    Ok(Next::Generated)
}

/// Takes an answer that is missing: those that nobody has begun first.
async fn claim(
    arena: &AppState,
    place: &Place,
    owner: Uuid,
    sets: Vec<Uuid>,
    contestants: Contestants,
) -> Result<Option<Claimed>, Error> {
    let seed = rand::rng().random::<u32>() & Parameters::MAX_SEED;
    // One looks at a time: two would find the same.
    let mut known = place.0.lock().await;
    if known.sets != sets || known.contestants != contestants {
        *known = Known { sets, contestants, after: 0 };
    }
    loop {
        let Known { contestants, after, .. } = &mut *known;
        let found = prepared_answers::claim_missing(&arena.repairs, owner, contestants, seed, *after).await?;
        let found = match found {
            Claim::NothingMissing => prepared_answers::claim_open(&arena.repairs, owner, contestants, seed).await?,
            found => found,
        };
        match found {
            Claim::Taken(claimed) => {
                // The next model may lack the same prompt. One that was begun earlier stands before what is known.
                *after = (*after).max(claimed.position - 1);
                return Ok(Some(claimed));
            }
            Claim::Lost => {}
            Claim::NothingMissing => return Ok(None),
        }
    }
}

/// The answer, as a battle would ask for it.
async fn generate(arena: &AppState, claimed: &Claimed) -> Result<Ended, ErrorKind> {
    let messages = vec![Message { role: Role::User, content: claimed.prompt.clone() }];
    let mut events = arena.streams.ask(GenerationRequest {
        model: claimed.model,
        reply: ReplyId(Uuid::now_v7()),
        drawn_seed: claimed.seed,
        request: ChatRequest { messages, sampling: sampling(&Parameters::BATTLE, 0), chat_template: None },
    });
    let (mut content, mut asked, mut answerer) = (String::new(), None, Answerer::default());
    while let Some(event) = events.next().await {
        match event.map_err(|error| error.kind)? {
            ChatEvent::Asked(what) => asked = Some(what),
            ChatEvent::AnsweredBy(who) => answerer = who,
            ChatEvent::Thinking => {}
            ChatEvent::Retracted => content.clear(),
            // Postgres cannot store NUL.
            ChatEvent::Delta { text } => content.push_str(&text.replace('\0', "")),
            ChatEvent::Finished { reason, usage } => {
                let tokens = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
                return Ok(Ended {
                    content,
                    finish_reason: Some(reason.code().to_owned()),
                    error_code: None,
                    prompt_tokens: usage.prompt_tokens.map(tokens),
                    completion_tokens: Some(tokens(usage.completion_tokens)),
                    provenance: asked.and_then(|asked| provenance(&asked, answerer)),
                });
            }
        }
        if content.len() > MAX_CONTENT {
            return Err(ErrorKind::AnswerTooLarge);
        }
    }
    Err(ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests;
