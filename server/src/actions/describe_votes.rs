//! The features of votes are computed, soon after each was cast, and of older ones while their conversations are there. What
//! is about to be deleted is described before.

use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgPool};

use crate::domain::{BattleId, JudgedTexts, VoteFeatures};
use crate::error::Error;
use crate::store::exports::{Conversation, Conversations};
use crate::store::{imported_conversations, vote_features, votes};

/// How often a server looks for votes that are not described yet.
const EACH: Duration = Duration::from_secs(1);
/// How often all votes are looked at again: an import may bring the conversations of votes that came without.
const ANEW_EACH: Duration = Duration::from_secs(600);
/// Votes of one transaction: their texts are in memory at once.
const BATCH: i64 = 100;
/// Votes are numbered before they are committed: so far back of the newest one, some may still turn up.
const UNSETTLED: i64 = 1000;
/// How often the log tells how far the older votes are.
const TELL_EACH: Duration = Duration::from_secs(10);

/// Describes votes for as long as the service runs: first the older ones, then each that comes.
pub async fn run(db: PgPool) {
    let (mut after, mut begun) = (0, Instant::now());
    loop {
        if begun.elapsed() >= ANEW_EACH {
            (after, begun) = (0, Instant::now());
        }
        if let Err(error) = describe_from(&db, &mut after).await {
            tracing::warn!(%error, "votes could not be described yet");
        }
        tokio::time::sleep(EACH).await;
    }
}

/// Describes the votes above a number that are not described yet, and moves it on to where the next look begins.
///
/// # Errors
/// When the database fails; what was described until then stays.
pub async fn describe_from(db: &PgPool, after: &mut i64) -> Result<(), Error> {
    let (begun, mut told, mut described) = (Instant::now(), Instant::now(), 0);
    let newest = votes::newest(db).await?;
    let mut at = *after;
    loop {
        let mut transaction = db.begin().await?;
        if !vote_features::try_lock(&mut transaction).await? {
            // Another server is at it.
            return Ok(());
        }
        let batch = vote_features::missing(&mut *transaction, at, BATCH).await?;
        let Some(&last) = batch.last() else { break };
        describe(&mut transaction, &batch).await?;
        transaction.commit().await?;
        at = last;
        described += batch.len();
        if told.elapsed() >= TELL_EACH {
            told = Instant::now();
            let left = vote_features::count_missing(db, at).await?;
            tracing::info!(described, left, "describing votes: their style and categories");
        }
    }
    if begun.elapsed() >= TELL_EACH {
        tracing::info!(described, seconds = begun.elapsed().as_secs(), "described votes: their style and categories");
    }
    *after = (*after).max(newest - UNSETTLED);
    Ok(())
}

/// Describes the votes on battles whose texts are about to be deleted in this transaction.
pub(super) async fn before_deletion(transaction: &mut PgConnection, battles: &[BattleId]) -> Result<(), Error> {
    let missing = vote_features::missing_of(&mut *transaction, battles).await?;
    if missing.is_empty() {
        return Ok(());
    }
    vote_features::lock(&mut *transaction).await?;
    describe(transaction, &missing).await
}

/// What an imported vote judged: both sides were asked the same.
fn judged([a, b]: Conversations) -> JudgedTexts {
    let of = |messages: &Conversation, wanted: &str| {
        messages.iter().filter(|(role, _)| *role == wanted).map(|(_, text)| text.clone()).collect::<Vec<String>>()
    };
    JudgedTexts { prompts: of(&a, "user"), answers_a: of(&a, "assistant"), answers_b: Some(of(&b, "assistant")) }
}

async fn describe(transaction: &mut PgConnection, votes: &[i64]) -> Result<(), Error> {
    let mut texts = vote_features::texts(&mut *transaction, votes).await?;
    let imported = vote_features::imported_battles(&mut *transaction, votes).await?;
    if !imported.is_empty() {
        let battles: Vec<_> = imported.keys().copied().collect();
        for (battle, both) in imported_conversations::of_battles(&mut *transaction, &battles).await? {
            texts.insert(imported[&battle], judged(both));
        }
    }
    let features = tokio::task::spawn_blocking(move || {
        texts.into_iter().map(|(vote, texts)| (vote, VoteFeatures::of(&texts))).collect::<Vec<_>>()
    });
    let features = features.await.map_err(|cause| Error::Internal(cause.into()))?;
    vote_features::insert(transaction, &features).await?;
    Ok(())
}
