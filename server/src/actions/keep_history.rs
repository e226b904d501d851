//! Ratings are kept day by day, so that pages can show how they moved. All of it comes from the votes: where those of a day
//! changed since (one was withdrawn, or imported), that day and all later ones are computed anew.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use uuid::Uuid;

use crate::boards::BoardRules;
use crate::domain::{BattleKind, Choice, ModelId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::rating_history::{self, DatedVote, DayRating, DayVotes, KeptDay};
use crate::store::{model_names, ratings};
use arena_rating::{Gauge, Pairs, Scale, Tally, Voters, fit_clustered};

/// How often days are looked through.
const EACH: Duration = Duration::from_secs(1800);

/// Keeps the ratings of past days, now and every half hour. Ends never.
pub async fn run(arena: AppState) {
    loop {
        for kind in [BattleKind::Battle, BattleKind::SideBySide] {
            match keep_history(&arena, kind, Utc::now().date_naive()).await {
                Ok(0) => {}
                Ok(days) => tracing::info!(%kind, days, "computed the ratings of past days"),
                Err(error) => tracing::warn!(%kind, %error, "the ratings of past days could not be computed yet"),
            }
        }
        tokio::time::sleep(EACH).await;
    }
}

/// Brings the kept ratings of the days before `today` to what the votes say. Says how many days were computed.
///
/// # Errors
/// When the database fails; nothing is changed then.
pub async fn keep_history(arena: &AppState, kind: BattleKind, today: NaiveDate) -> Result<usize, Error> {
    let mut transaction = arena.repairs.begin().await?;
    if !rating_history::try_lock(&mut transaction).await? {
        return Ok(0);
    }
    let rules = arena.boards.rules();
    let measured = measured(&rules);
    let voted = rating_history::voted_days(&mut *transaction, kind, today).await?;
    let kept = rating_history::kept_days(&mut *transaction, kind).await?;
    let Some(first) = first_difference(&voted, &kept, &measured) else { return Ok(0) };
    // Read in a snapshot of its own, for votes go on; days before today no longer grow.
    let mut snapshot = ratings::snapshot(&arena.repairs).await?;
    let voted = rating_history::voted_days(&mut *snapshot, kind, today).await?;
    let mut votes = Vec::new();
    rating_history::for_each_dated(&mut *snapshot, kind, today, |vote| votes.push(vote)).await?;
    let anchor = match &rules.anchor {
        Some(slug) => model_names::all(&mut *snapshot).await?.iter().find(|model| model.slug == *slug).map(|m| m.id),
        None => None,
    };
    snapshot.commit().await?;
    let days: Vec<DayVotes> = voted.into_iter().filter(|one| one.day >= first).collect();
    let numbered = days.iter().map(|one| one.day).collect();
    let computed = tokio::task::spawn_blocking(move || days_of(votes, numbered, anchor, rules.center)).await;
    let computed = computed.map_err(|error| Error::Internal(error.into()))?;
    rating_history::forget_from(&mut transaction, kind, first).await?;
    for (one, ratings) in days.iter().zip(&computed) {
        let day = KeptDay { day: one.day, votes: one.votes, numbers: one.numbers, measured: measured.clone() };
        rating_history::keep(&mut transaction, kind, &day, ratings).await?;
    }
    transaction.commit().await?;
    Ok(days.len())
}

/// How ratings are measured: where it is something else, they are other numbers.
fn measured(rules: &BoardRules) -> String {
    format!("{} {}", rules.center, rules.anchor.as_deref().unwrap_or("*"))
}

/// The first day whose kept ratings are not those of its votes.
fn first_difference(voted: &[DayVotes], kept: &[KeptDay], measured: &str) -> Option<NaiveDate> {
    let mut kept = kept.iter();
    for one in voted {
        match kept.next() {
            Some(known)
                if (known.day, known.votes, known.numbers) == (one.day, one.votes, one.numbers)
                    && known.measured == measured => {}
            Some(known) => return Some(one.day.min(known.day)),
            None => return Some(one.day),
        }
    }
    kept.next().map(|known| known.day)
}

/// The ratings at the end of each of these days, out of all votes up to then.
fn days_of(
    mut votes: Vec<DatedVote>,
    days: Vec<NaiveDate>,
    anchor: Option<ModelId>,
    center: f64,
) -> Vec<Vec<DayRating>> {
    votes.sort_by_key(|vote| vote.day);
    let (mut models, mut voters): (Vec<ModelId>, HashMap<Uuid, u32>) = Default::default();
    let mut places: HashMap<ModelId, usize> = HashMap::new();
    let mut next_voter = 0_u32;
    let mut place = |id| {
        *places.entry(id).or_insert_with(|| {
            models.push(id);
            models.len() - 1
        })
    };
    let listed: Vec<(u32, usize, usize, f64)> = votes
        .iter()
        .map(|vote| {
            // Each vote of nobody's is another's.
            let known = vote.voter.and_then(|voter| voters.get(&voter).copied());
            let voter = known.unwrap_or(next_voter);
            if voter == next_voter {
                next_voter += 1;
                if let Some(id) = vote.voter {
                    voters.insert(id, voter);
                }
            }
            (voter, place(vote.model_a), place(vote.model_b), vote.choice.score_of_a().unwrap_or(0.5))
        })
        .collect();
    let anchor = anchor.and_then(|anchor| models.iter().position(|&model| model == anchor));
    let scale = Scale { center, gauge: anchor.map_or(Gauge::VoteWeighted, Gauge::Anchor), ..Scale::default() };
    let mut pairs = Pairs::new(models.len());
    let mut counted = 0;
    let of_day = |day: NaiveDate| {
        let until = votes.partition_point(|vote| vote.day <= day);
        for (vote, &(_, a, b, _)) in votes[counted..until].iter().zip(&listed[counted..until]) {
            pairs.add(a, b, tally(vote.choice));
        }
        counted = until;
        let voters = Voters::from_votes(next_voter as usize, listed[..until].iter().copied());
        let fit = fit_clustered(&pairs, Some(&voters), scale);
        let row = |(model, standing): (usize, &arena_rating::Standing)| {
            let rated = standing.rated().filter(|rated| rated.group == 0);
            let votes = pairs.total(model).battles() as i64;
            let margin = rated.map(|rated| rated.margin).filter(|margin| margin.is_finite());
            let rating = rated.map(|rated| rated.rating);
            (votes > 0).then_some(DayRating { day, model: models[model], rating, margin, votes })
        };
        fit.standings.iter().enumerate().filter_map(row).collect()
    };
    days.into_iter().map(of_day).collect()
}

fn tally(choice: Choice) -> Tally {
    let none = Tally::default();
    match choice {
        Choice::A => Tally { wins: 1, ..none },
        Choice::B => Tally { losses: 1, ..none },
        Choice::BothBad => Tally { both_bad: 1, ..none },
        Choice::Tie | Choice::Up | Choice::Down => Tally { ties: 1, ..none },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 7, n).unwrap()
    }

    #[test]
    fn days_are_computed_from_the_first_one_that_changed() {
        let voted = |n, votes| DayVotes { day: day(n), votes, numbers: 10 * votes };
        let kept = |n, votes| KeptDay { day: day(n), votes, numbers: 10 * votes, measured: "1000 *".into() };
        let days = [voted(1, 3), voted(2, 5), voted(4, 1)];
        let all = [kept(1, 3), kept(2, 5), kept(4, 1)];
        assert_eq!(first_difference(&days, &all, "1000 *"), None);
        assert_eq!(first_difference(&days, &all[..2], "1000 *"), Some(day(4)), "a new day");
        assert_eq!(first_difference(&days, &all, "1200 *"), Some(day(1)), "measured otherwise");
        assert_eq!(first_difference(&[voted(1, 3), voted(2, 4)], &all, "1000 *"), Some(day(2)), "one was withdrawn");
        assert_eq!(first_difference(&[voted(1, 3), voted(4, 1)], &all, "1000 *"), Some(day(2)), "all of a day were");
        assert_eq!(first_difference(&days[..2], &all, "1000 *"), Some(day(4)), "all of the last were");
        assert_eq!(first_difference(&[], &all, "1000 *"), Some(day(1)));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn past_days_follow_the_votes_and_are_computed_once(db: sqlx::PgPool) {
        let ids = crate::testing::world(&db, 400).await;
        let arena = crate::testing::arena(db.clone());
        let today = Utc::now().date_naive();
        let keep = async || keep_history(&arena, BattleKind::Battle, today).await.expect("computed");
        assert_eq!((keep().await, keep().await), (10, 0));
        let of = async || rating_history::of_model(&db, BattleKind::Battle, ids[0]).await.expect("reads");
        let before = of().await;
        assert_eq!(before.len(), 10);
        assert!(before.windows(2).all(|two| two[0].votes < two[1].votes && two[0].day < two[1].day));
        // The end of the last day is the board as it is now.
        let key = crate::boards::BoardKey::of(BattleKind::Battle);
        let board = arena.boards.read(&db, &key).await.expect("reads");
        let entry = board.board.entries.iter().find(|entry| entry.id == ids[0]).expect("rated");
        let (rated, last) = (entry.standing.rated().expect("rated"), before.last().expect("ten days"));
        let near = |one: f64, other: Option<f64>| other.is_some_and(|other| (one - other).abs() < 1e-3);
        assert!(near(rated.rating, last.rating) && near(rated.margin, last.margin), "{rated:?} and {last:?}");
        // A vote of six days ago is withdrawn: five days before it stay, it and all later ones are computed anew.
        sqlx::query(
            "UPDATE votes SET withdrawn_at = now() WHERE id = (SELECT max(id) FROM votes
            WHERE created_at < now() - interval '5 days' AND created_at > now() - interval '6 days')",
        )
        .execute(&db)
        .await
        .expect("withdrawn");
        let again = keep().await;
        assert!((5..=6).contains(&again), "{again}");
        assert_eq!(of().await[..4], before[..4]);
    }

    #[test]
    fn each_day_is_what_its_votes_and_all_before_come_to() {
        let [a, b, c] = [1, 2, 3].map(|n| ModelId(Uuid::from_u128(n)));
        let vote = |n, model_a, model_b, choice, voter| DatedVote {
            day: day(n),
            voter: Some(Uuid::from_u128(voter)),
            model_a,
            model_b,
            choice,
        };
        let votes = vec![
            vote(3, b, c, Choice::Tie, 4),
            vote(1, a, b, Choice::A, 1),
            vote(1, a, b, Choice::B, 2),
            vote(2, b, a, Choice::B, 3),
        ];
        let found = days_of(votes, vec![day(1), day(2), day(3)], None, 1000.0);
        let of = |at: usize, model| found[at].iter().find(|row| row.model == model).copied();
        assert_eq!(of(0, a).and_then(|row| row.rating), Some(1000.0));
        let (won, lost) = (of(1, a).unwrap(), of(1, b).unwrap());
        // Two wins of three: log 2 apart, in points.
        let apart = won.rating.unwrap() - lost.rating.unwrap();
        assert!((apart - 400.0 * 2_f64.log10()).abs() < 1e-6 && won.votes == 3, "{apart}");
        assert_eq!(of(1, c), None, "it had no vote yet");
        assert!(of(2, c).is_some_and(|row| row.rating.is_some() && row.votes == 1));
        // A later day alone is the same as in a row.
        let votes = vec![vote(1, a, b, Choice::A, 1), vote(1, a, b, Choice::B, 2), vote(2, b, a, Choice::B, 3)];
        assert_eq!(days_of(votes, vec![day(2)], None, 1000.0), [found[1].clone()]);
    }
}
