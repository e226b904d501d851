//! An administrator takes a vote off the boards, or puts it back.
//!
//! Elo depends on the order of all votes, so that one vote less means a replay of those that
//! remain. No vote is counted meanwhile; a million votes take a few seconds.

use std::collections::HashMap;

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use crate::domain::{AdminId, BattleKind, ModelId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::audit;
use crate::store::ratings::{self, ALL_LANGUAGES, EloRow};
use crate::store::votes::{self, Vote};
use arena_rating::EloSettings;

/// Whether a vote is to be on the boards.
#[derive(Debug, Clone, Copy)]
pub struct WithdrawVote {
    /// Who wants it; nobody in tests.
    pub admin: Option<AdminId>,
    /// The number of the vote.
    pub id: i64,
    /// Off the boards, or back.
    pub withdrawn: bool,
}

impl WithdrawVote {
    /// Takes the vote off the boards or puts it back, and gives it as it is now. To say the same twice changes nothing.
    ///
    /// # Errors
    /// When there is no such vote.
    pub async fn run(self, arena: &AppState) -> Result<Vote, Error> {
        set_withdrawn(&arena.db, &arena.config.elo, self).await
    }
}

async fn set_withdrawn(db: &PgPool, elo: &EloSettings, wanted: WithdrawVote) -> Result<Vote, Error> {
    let WithdrawVote { admin, id, withdrawn } = wanted;
    let mut transaction = db.begin().await?;
    ratings::lock_exclusive(&mut transaction).await?;
    let vote = votes::lock(&mut transaction, id).await?.ok_or(Error::NotFound)?;
    if vote.withdrawn_at.is_some() == withdrawn {
        return Ok(vote);
    }
    votes::set_withdrawn(&mut transaction, id, withdrawn, admin.filter(|_| withdrawn)).await?;
    if let (Some(model_b), None) = (vote.model_b, &vote.exclusion_reason) {
        let by = if withdrawn { -1 } else { 1 };
        let models = [vote.model_a, model_b];
        ratings::add_pair_counts(&mut transaction, vote.kind, &vote.language, models, vote.choice, by).await?;
        replay(&mut transaction, elo, vote.kind).await?;
    }
    let action = if withdrawn { "vote.withdraw" } else { "vote.restore" };
    let detail = json!({ "battle": vote.battle, "choice": vote.choice });
    audit::record(&mut *transaction, admin, action, &id.to_string(), detail).await?;
    let vote = votes::lock(&mut transaction, id).await?.ok_or(Error::NotFound)?;
    transaction.commit().await?;
    Ok(vote)
}

/// Computes all Elo ratings of one kind anew from its counted votes. The caller holds
/// [`ratings::lock_exclusive`].
async fn replay(transaction: &mut PgConnection, elo: &EloSettings, kind: BattleKind) -> Result<(), Error> {
    let mut boards: HashMap<String, HashMap<ModelId, f64>> = HashMap::new();
    boards.insert(ALL_LANGUAGES.to_owned(), HashMap::new());
    votes::for_each_counted(&mut *transaction, kind, |vote| {
        if !boards.contains_key(&vote.language) {
            boards.insert(vote.language.clone(), HashMap::new());
        }
        for language in [ALL_LANGUAGES, &vote.language] {
            let Some(board) = boards.get_mut(language) else { continue };
            let rating = |model| board.get(model).copied().unwrap_or(elo.initial);
            let (a, b) = elo.update(rating(&vote.model_a), rating(&vote.model_b), vote.score);
            board.insert(vote.model_a, a);
            board.insert(vote.model_b, b);
        }
    })
    .await?;
    let row = |language: &String, (model, rating): (ModelId, f64)| EloRow { language: language.clone(), model, rating };
    let rows: Vec<EloRow> = boards
        .into_iter()
        .flat_map(|(language, board)| board.into_iter().map(move |entry| row(&language, entry)).collect::<Vec<_>>())
        .collect();
    ratings::reset(transaction, kind, elo.initial).await?;
    ratings::set(transaction, kind, &rows).await?;
    Ok(())
}
