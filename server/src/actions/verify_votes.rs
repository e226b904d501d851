//! Whether the votes in the database are those that were cast, and the boards those of the votes.

use std::collections::BTreeMap;

use arena_rating::EloSettings;
use sqlx::PgPool;

use crate::domain::{BattleKind, FIRST_HASH, ModelId, VoteHash};
use crate::error::Error;
use crate::evidence::{BoardLine, Problem, Verdict, compare};
use crate::store::ratings::{self, ALL_LANGUAGES};
use crate::store::{model_names, vote_hashes, votes};

/// Votes are chained some seconds after they were cast.
const CHAINED_AFTER_SECONDS: f64 = 120.0;

/// Checks the chain of all votes, the kept counts of all pairs, and Elo where it is not being computed anew.
///
/// # Errors
/// When the database fails.
pub async fn verify_database(db: &PgPool, elo: &EloSettings) -> Result<Verdict, Error> {
    let mut snapshot = ratings::snapshot(db).await?;
    let mut verdict = Verdict::default();
    let mut before: VoteHash = FIRST_HASH;
    vote_hashes::for_each_link(&mut *snapshot, |link| {
        verdict.votes += 1;
        let expected = i64::try_from(verdict.votes).unwrap_or(i64::MAX);
        if link.seq != expected {
            verdict.add(Problem::Missing(expected));
            verdict.votes = link.seq.unsigned_abs();
        }
        let hash: VoteHash = link.hash.try_into().unwrap_or(FIRST_HASH);
        match link.vote {
            None => verdict.add(Problem::Missing(link.seq)),
            Some(vote) if vote.hash(&before) != hash => verdict.add(Problem::Altered(link.id)),
            Some(_) => {}
        }
        before = hash;
    })
    .await?;
    let unchained = vote_hashes::count_unchained(&mut *snapshot, CHAINED_AFTER_SECONDS).await?;
    if unchained > 0 {
        verdict.add(Problem::Unchained(unchained.unsigned_abs()));
    }
    for wrong in votes::wrong_pairs(&mut *snapshot).await? {
        verdict.add(Problem::Pair { pair: wrong.pair, published: wrong.kept, found: wrong.found });
    }
    let names = model_names::all(&mut *snapshot).await?;
    for kind in BattleKind::rated() {
        if ratings::requested_repair(&mut *snapshot, kind).await?.is_some() {
            continue;
        }
        let mut replayed: BTreeMap<ModelId, f64> = BTreeMap::new();
        votes::for_each_counted(&mut *snapshot, kind, 0, i64::MAX, |vote| {
            verdict.counted += 1;
            let rating = |model| replayed.get(model).copied().unwrap_or(elo.initial);
            let (a, b) = elo.update(rating(&vote.model_a), rating(&vote.model_b), vote.score);
            replayed.insert(vote.model_a, a);
            replayed.insert(vote.model_b, b);
        })
        .await?;
        let kept = ratings::elo(&mut *snapshot, kind, ALL_LANGUAGES).await?;
        let line = |model: ModelId, elo: f64| BoardLine {
            model: names.get(model).map(|model| model.slug.clone()).unwrap_or_default(),
            bradley_terry: None,
            standard_error: None,
            elo: Some(elo),
            wins: 0,
            losses: 0,
            ties: 0,
            both_bad: 0,
        };
        // A model all of whose votes were withdrawn stands at the beginning again.
        let found: Vec<BoardLine> =
            kept.iter().map(|row| line(row.model, replayed.get(&row.model).copied().unwrap_or(elo.initial))).collect();
        let kept: Vec<BoardLine> = kept.iter().map(|row| line(row.model, row.rating)).collect();
        verdict.models += found.len();
        compare(&kept, &found, &mut verdict);
    }
    snapshot.commit().await?;
    Ok(verdict)
}
