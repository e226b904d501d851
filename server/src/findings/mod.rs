//! What is found in votes besides ratings: what the next vote would tell most about, what the models' makings are worth,
//! what voters say decided their votes; and how fast models answer.
//!
//! All of it is computed in the background as votes come in, so that whoever begins a battle or reads a page waits for no fit
//! and no long query: they get what was found last.

mod factors;
mod reasons;
mod weighted;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};

use factors::Counted;
pub use factors::{Factor, FactorKind, Factors, Level};
pub use reasons::{ReasonCount, ReasonTable, Told};

use crate::boards::{BallotFilter, Boards, ReadBoard};
use crate::database::in_time;
use crate::domain::{BattleKind, Candidate, KnownPairs, ModelId, PairMode, PairTable, SamplingError};
use crate::error::Error;
use crate::site::Site;
use crate::store::ratings::{self, ALL_LANGUAGES};
use crate::store::{evidence, models};
use arena_rating::Rated;

/// How often somebody asks whether votes have come in.
const EACH: Duration = Duration::from_secs(2);
/// How long findings are kept while votes come in, and while none do.
const FRESH: Duration = Duration::from_secs(10);
const STALE: Duration = Duration::from_secs(120);
/// How long weighted ratings are kept: they take a walk through all votes.
const WEIGHTED: Duration = Duration::from_secs(600);
/// Pairs whose fewest removals are kept.
const MOST_KEPT: usize = 2000;

/// What was found last. Clones share it.
#[derive(Clone)]
pub struct Evidence {
    site: Site,
    boards: Boards,
    known: Arc<RwLock<Known>>,
    findings: Arc<RwLock<Option<Arc<Findings>>>>,
    removals: Arc<Mutex<HashMap<[ModelId; 2], Removals>>>,
}

/// How few votes, if they were gone, would change an order, and the version of the board that it was computed from.
#[derive(Clone, Copy)]
struct Removals {
    version: i64,
    fewest: Option<u64>,
}

#[derive(Default)]
struct Known {
    version: i64,
    pairs: Arc<KnownPairs>,
}

/// What pages show.
pub struct Findings {
    /// Of which votes.
    version: i64,
    when: Instant,
    /// Of each model.
    pub reasons: HashMap<ModelId, ReasonTable>,
    /// Of each model that answered lately.
    pub speeds: HashMap<ModelId, evidence::Speed>,
    /// Of blind votes.
    pub factors: Factors,
    /// Ratings with each vote weighted by the inverse of the probability that its pair was drawn with.
    pub weighted: Arc<HashMap<ModelId, Rated>>,
    weighted_at: Instant,
}

impl Evidence {
    /// Nothing is found yet.
    #[must_use]
    pub fn new(site: Site, boards: Boards) -> Self {
        Self { site, boards, known: Arc::default(), findings: Arc::default(), removals: Arc::default() }
    }

    /// The pairs that may be drawn now, with their probabilities.
    ///
    /// # Errors
    /// Where there are none, and why.
    pub fn pair_table(&self, candidates: &[Candidate], mode: PairMode) -> Result<PairTable, SamplingError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).pairs.clone();
        PairTable::of(candidates, mode, &known, &self.site.rules().pairs)
    }

    /// What was found last; nothing in the first moments after a start.
    #[must_use]
    pub fn findings(&self) -> Option<Arc<Findings>> {
        self.findings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How few votes, if they were gone, would leave one entry of a board no longer ahead of another: see
    /// [`arena_rating::fewest_removals`]. Kept until the board changes, for it takes a tenth of a second.
    ///
    /// # Errors
    /// When it cannot be computed at all.
    pub async fn fewest_removals(
        &self,
        read: &Arc<ReadBoard>,
        ahead: usize,
        behind: usize,
    ) -> Result<Option<u64>, Error> {
        let pair = [ahead, behind].map(|at| read.board.entries[at].id);
        let kept = self.removals.lock().unwrap_or_else(PoisonError::into_inner).get(&pair).copied();
        if let Some(kept) = kept.filter(|kept| kept.version == read.version) {
            return Ok(kept.fewest);
        }
        let board = read.clone();
        let fewest = tokio::task::spawn_blocking(move || {
            let removed = arena_rating::fewest_removals(&board.board.pairs, ahead, behind)?;
            Some(removed.iter().map(|one| one.2.battles()).sum())
        });
        let fewest: Option<u64> = fewest.await.map_err(|error| Error::Internal(error.into()))?;
        let mut kept = self.removals.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(pair, Removals { version: read.version, fewest });
        Ok(fewest)
    }

    /// Finds anew as votes come in, for as long as the service runs.
    pub async fn follow(self, db: PgPool) {
        let mut ticks = interval(EACH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.refresh(&db).await {
                tracing::warn!(%error, "votes could not be looked through yet");
            }
        }
    }

    /// Finds anew what is no longer what the votes say.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refresh(&self, db: &PgPool) -> Result<(), Error> {
        let version = in_time(ratings::version(db, BattleKind::Battle, ALL_LANGUAGES)).await?;
        if version != self.known.read().unwrap_or_else(PoisonError::into_inner).version {
            let ballots = self.boards.current_ballots(db, BattleKind::Battle).await?;
            let pairs = tokio::task::spawn_blocking(move || {
                let votes = ballots.pair_tallies(&BallotFilter::default());
                drop(ballots);
                KnownPairs::of(&votes)
            });
            let pairs = pairs.await;
            let pairs = Arc::new(pairs.map_err(|error| Error::Internal(error.into()))?);
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known { version, pairs };
        }
        let is_due = self.findings().is_none_or(|found| {
            let age = found.when.elapsed();
            age >= STALE || (found.version != version && age >= FRESH)
        });
        if is_due {
            let found = Arc::new(self.find(db, version).await?);
            *self.findings.write().unwrap_or_else(PoisonError::into_inner) = Some(found);
        }
        Ok(())
    }

    async fn find(&self, db: &PgPool, version: i64) -> Result<Findings, Error> {
        let reasons = reasons::tables(&evidence::reasons(db, BattleKind::Battle).await?);
        let speeds = evidence::speeds(db).await?;
        let models = models::list(db).await?;
        let ballots = self.boards.current_ballots(db, BattleKind::Battle).await?;
        let factors = tokio::task::spawn_blocking(move || {
            let all = BallotFilter::default();
            let counted =
                Counted { models: ballots.models().to_vec(), pairs: ballots.pairs(&all), voters: ballots.voters(&all) };
            drop(ballots);
            Factors::fit(&counted, &models)
        });
        let factors = factors.await.map_err(|error| Error::Internal(error.into()))?;
        let before = self.findings().filter(|found| found.weighted_at.elapsed() < WEIGHTED);
        let (weighted, weighted_at) = match before {
            Some(found) => (found.weighted.clone(), found.weighted_at),
            None => (Arc::new(weighted::ratings(db, self.boards.rules().center).await?), Instant::now()),
        };
        Ok(Findings { version, when: Instant::now(), reasons, speeds, factors, weighted, weighted_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{arena, world};

    #[sqlx::test(migrations = "../migrations")]
    async fn what_votes_say_is_found_and_followed(db: PgPool) {
        let evidence = arena(db.clone()).evidence;
        assert!(evidence.findings().is_none());
        evidence.refresh(&db).await.expect("found");
        assert_eq!(evidence.findings().expect("found").factors.models, 0, "nobody has voted");
        let ids = world(&db, 1000).await;
        let fresh = arena(db.clone()).evidence;
        fresh.refresh(&db).await.expect("found");
        let found = fresh.findings().expect("found");
        // Four models; base and quantisation differ, and the size does not.
        let [quantisation, base] = found.factors.factors.as_slice() else { panic!("{:?}", found.factors.factors) };
        assert_eq!((quantisation.kind, base.kind), (FactorKind::Quantisation, FactorKind::Base));
        let names: Vec<&str> = quantisation.levels.iter().map(|level| level.name.as_str()).collect();
        assert_eq!(names, ["Q8_0", "Q4_K"]);
        let cost = found.factors.against(&quantisation.levels[1], &quantisation.levels[0]).expect("told");
        assert!(cost.coefficient + cost.margin < 0.0, "{cost:?}");
        let told = &found.reasons[&ids[0]];
        assert!(told.votes.won > told.votes.lost && told.reasons[0].1.won == told.votes.won);
        assert!(found.weighted.is_empty(), "nobody drew these pairs");
        // The draw follows at once, pages after a while.
        assert_eq!(evidence.known.read().unwrap().version, 0);
        evidence.refresh(&db).await.expect("found");
        assert!(evidence.known.read().unwrap().version > 0);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn the_fewest_removals_are_kept_until_the_board_changes(db: PgPool) {
        let ids = world(&db, 1000).await;
        let arena = arena(db.clone());
        let key = crate::boards::BoardKey::of(BattleKind::Battle);
        let read = arena.boards.read(&db, &key).await.expect("reads");
        let place = |id| read.board.entries.iter().position(|entry| entry.id == id).expect("rated");
        let (ahead, behind) = (place(ids[0]), place(ids[3]));
        let count = arena.evidence.fewest_removals(&read, ahead, behind).await.expect("computed");
        assert!(count.is_some_and(|count| (1..400).contains(&count)), "{count:?}");
        assert_eq!(arena.evidence.fewest_removals(&read, ahead, behind).await.expect("kept"), count);
        assert_eq!(arena.evidence.fewest_removals(&read, behind, ahead).await.expect("computed"), None);
    }
}
