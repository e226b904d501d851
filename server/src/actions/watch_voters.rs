//! Voters who do not vote as others do are flagged, and their votes held until an administrator decides.
//!
//! Every few seconds the voters of new votes are looked at again, from their first vote on. Whoever was ever flagged stays
//! so: an e-value may be looked at as often as one likes, and at most the stated share of honest voters ever reaches it.

use std::time::Duration;

use serde_json::json;
use sqlx::Acquire;
use uuid::Uuid;

use super::withdraw_votes::change;
use crate::boards::suspicion::EvidencePath;
use crate::domain::{BattleKind, VoteCriteria, VoteState, Withdrawal};
use crate::error::Error;
use crate::state::AppState;
use crate::store::ratings::{self, ALL_LANGUAGES, PairRow};
use crate::store::vote_changes::ChosenVotes;
use crate::store::{audit, voter_reviews, votes};

/// How often voters are looked at.
const EACH: Duration = Duration::from_secs(5);
/// Of a voter the newest so many votes are looked at.
pub const MAX_VOTES: i64 = 2000;

/// Looks at the voters of new votes, for as long as the service runs.
pub async fn run(arena: AppState) {
    let mut seen = None;
    loop {
        tokio::time::sleep(EACH).await;
        match look(&arena, seen).await {
            Ok(newest) => seen = Some(newest),
            Err(error) => tracing::warn!(%error, "voters could not be looked at"),
        }
    }
}

/// Looks at the voters of votes above this number; in the beginning, of those that were never looked at. Gives the number of the newest.
///
/// # Errors
/// When the database fails; the next look begins where this one did.
pub async fn look(arena: &AppState, seen: Option<i64>) -> Result<i64, Error> {
    let db = &arena.repairs;
    let after = match seen {
        Some(seen) => seen,
        None => voter_reviews::newest_seen(db).await?,
    };
    let newest = votes::newest(db).await?;
    if newest == after || arena.site.rules().flag_rate == 0.0 {
        return Ok(newest);
    }
    let voters = voter_reviews::voters_since(db, after).await?;
    if voters.is_empty() {
        return Ok(newest);
    }
    let pairs = ratings::of_board(&ratings::pairs(db, BattleKind::Battle).await?, ALL_LANGUAGES);
    for voter in voters {
        review(arena, voter.0, &pairs).await?;
    }
    Ok(newest)
}

/// Looks at one voter, and holds their votes where they are flagged.
async fn review(arena: &AppState, voter: Uuid, pairs: &[PairRow]) -> Result<(), Error> {
    let mut connection = arena.repairs.acquire().await?;
    let choices = voter_reviews::choices(&mut *connection, voter, MAX_VOTES).await?;
    let path = EvidencePath::of(&choices, pairs);
    let is_flagged = path.is_flagged(arena.site.rules().flag_rate);
    let mut transaction = connection.begin().await?;
    let evidence = path.logarithms.last().copied().unwrap_or(0.0);
    let compared = i64::try_from(path.compared).unwrap_or(i64::MAX);
    let through = choices.last().map_or(0, |choice| choice.id);
    let (highest, db) = (path.highest(), &mut *transaction);
    let noted = voter_reviews::save(db, voter, compared, evidence, highest, is_flagged, through).await?;
    if noted.is_new {
        let detail = json!({ "votes": choices.len(), "evidence": path.highest().exp() });
        audit::record(&mut *transaction, None, "voter.flag", &voter.to_string(), detail).await?;
    }
    let is_counted = choices.iter().any(|choice| choice.state == VoteState::Counted);
    let mut is_moved = false;
    if noted.is_held && is_counted {
        let filter = VoteCriteria { voter: Some(voter), state: Some(VoteState::Counted), ..VoteCriteria::default() };
        let chosen = ChosenVotes { filter, ..ChosenVotes::default() };
        is_moved = change(&mut transaction, None, &chosen, Some(Withdrawal::Flagged), "").await?.change.is_some();
    }
    transaction.commit().await?;
    if is_moved {
        arena.repair_wanted.notify_one();
    }
    Ok(())
}
