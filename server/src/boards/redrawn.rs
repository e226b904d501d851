//! Boards whose votes are drawn anew many times: a check of the intervals that anyone may ask for.
//!
//! It costs as much as hundreds of boards. So one is computed at a time, few may wait for their turn, and what was found is
//! shown for a while though votes have come in since.

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::shelf::{Shelf, Version};
use crate::domain::ModelId;
use crate::error::Error;
use arena_rating::Tally;

/// How long a check stands, whatever is voted meanwhile.
const STANDS_FOR: Duration = Duration::from_secs(60);
/// Boards that may be computed or wait for it at once.
const MAX_WAITING: usize = 8;
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Rounds of a small board, and of a large one.
const MOST_ROUNDS: usize = 1000;
const LEAST_ROUNDS: usize = 100;
/// Votes that are drawn and models' cubes that are solved, in all rounds together: about a second's work.
const WORK: u64 = 100_000_000;

/// Whether a board's votes are drawn anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rounds {
    are_wanted: bool,
}

impl Rounds {
    pub const NONE: Self = Self { are_wanted: false };
    pub const SOME: Self = Self { are_wanted: true };

    /// How many, so that the work is bounded.
    pub fn of(self, votes: &[(ModelId, ModelId, Tally)], models: usize) -> usize {
        if !self.are_wanted {
            return 0;
        }
        let one = votes.iter().map(|(_, _, tally)| tally.battles()).sum::<u64>() + (models as u64).pow(3);
        usize::try_from(WORK / one.max(1)).unwrap_or(MOST_ROUNDS).clamp(LEAST_ROUNDS, MOST_ROUNDS)
    }
}

#[derive(Debug)]
struct Found<T> {
    at: Instant,
    result: Arc<T>,
}

/// What was found, and who may compute. Clones share it.
#[derive(Debug)]
pub(super) struct Redrawing<K, T> {
    kept: Shelf<K, Found<T>>,
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

impl<K, T> Clone for Redrawing<K, T> {
    fn clone(&self) -> Self {
        Self { kept: self.kept.clone(), places: self.places.clone(), turn: self.turn.clone() }
    }
}

impl<K, T> Default for Redrawing<K, T> {
    fn default() -> Self {
        let [places, turn] = [MAX_WAITING, 1].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { kept: Shelf::default(), places, turn }
    }
}

impl<K: Clone + Eq + Hash, T: Send + Sync + 'static> Redrawing<K, T> {
    /// What was found within the last minute.
    pub fn standing(&self, key: &K) -> Option<Arc<T>> {
        let found = self.kept.peek(key)?;
        (found.at.elapsed() < STANDS_FOR).then(|| found.result.clone())
    }

    /// What was found of this version, or is found now when it is its turn.
    pub async fn get(
        &self,
        key: &K,
        version: Version,
        compute: impl Future<Output = Result<(Version, T), Error>> + Send + 'static,
    ) -> Result<Arc<T>, Error> {
        let (places, turn) = (self.places.clone(), self.turn.clone());
        let in_turn = async move {
            let _place = places.try_acquire_owned().map_err(|_| Error::Busy { retry_after: RETRY_AFTER })?;
            let _turn = turn.acquire_owned().await.map_err(|cause| Error::Internal(cause.into()))?;
            let (version, result) = compute.await?;
            Ok((version, Found { at: Instant::now(), result: Arc::new(result) }))
        };
        Ok(self.kept.get(key, version, in_turn).await?.result.clone())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn large_boards_are_drawn_less_often_and_none_too_seldom() {
        let votes = |wins| [(ModelId(Uuid::nil()), ModelId(Uuid::nil()), Tally { wins, ..Tally::default() })];
        assert_eq!(Rounds::SOME.of(&votes(100), 2), 1000);
        assert_eq!(Rounds::SOME.of(&votes(200_000), 100), 100);
        assert_eq!(Rounds::SOME.of(&votes(200_000), 10), 497);
        assert_eq!(Rounds::NONE.of(&votes(100), 2), 0);
    }
}
