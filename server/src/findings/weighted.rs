//! Ratings as if all pairs had been drawn alike: see `arena_rating::fit_inverse_propensity`.

use std::collections::HashMap;

use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::ModelId;
use crate::error::Error;
use crate::store::evidence;
use arena_rating::{DrawnVote, Rated, Scale, fit_inverse_propensity};

/// The ratings of all models whose votes were drawn and connect them.
pub async fn ratings(db: &PgPool, center: f64) -> Result<HashMap<ModelId, Rated>, Error> {
    let (mut models, mut numbers): (Vec<ModelId>, HashMap<ModelId, u32>) = Default::default();
    let (mut voters, mut next_voter): (HashMap<Uuid, u32>, u32) = Default::default();
    let mut votes = Vec::new();
    evidence::for_each_drawn(db, |vote| {
        let Some(score) = vote.choice.score_of_a() else { return };
        // Each vote of nobody's is another's.
        let voter = vote.voter.and_then(|voter| voters.get(&voter).copied()).unwrap_or(next_voter);
        if voter == next_voter {
            next_voter += 1;
            if let Some(id) = vote.voter {
                voters.insert(id, voter);
            }
        }
        let [a, b] = [vote.model_a, vote.model_b].map(|model| {
            *numbers.entry(model).or_insert_with(|| {
                models.push(model);
                models.len() as u32 - 1
            })
        });
        votes.push(DrawnVote { voter, a, b, score, probability: vote.probability });
    })
    .await?;
    let scale = Scale { center, ..Scale::default() };
    let count = models.len();
    let fitted = tokio::task::spawn_blocking(move || fit_inverse_propensity(count, &votes, scale)).await;
    let fitted = fitted.map_err(|error| Error::Internal(error.into()))?;
    Ok(fitted.into_iter().map(|(model, rated)| (models[model], rated)).collect())
}
