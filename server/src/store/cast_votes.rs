//! Casting votes: many by one statement, so that no lock is held while the service thinks.

use arena_rating::EloSettings;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::ballots::JudgedBattle;
use super::ratings::BOARDS_LOCK;
use crate::domain::{Choice, Reason};

/// A vote that the rules allow, with the battle that they were asked about.
#[derive(Debug, Clone, Serialize)]
pub struct AllowedVote {
    #[serde(flatten)]
    pub battle: JudgedBattle,
    /// What was chosen.
    pub choice: Choice,
    /// What decided it.
    pub reasons: Vec<Reason>,
    /// The voter's own words.
    pub comment: String,
    /// Keyed hash of the address, as Postgres writes bytes: `\x` and hexadecimal digits.
    pub address_hash: Option<String>,
    /// What the left model scored, where the vote counts.
    pub score: Option<f64>,
}

/// What became of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastOutcome {
    /// It is kept, and moved the ratings where it counts.
    Cast {
        /// Its number.
        id: i64,
        /// When.
        at: DateTime<Utc>,
    },
    /// The battle has one already.
    Voted,
    /// The battle is not as it was judged: another turn or attempt, another reason not to count, or gone.
    Changed,
}

#[derive(Serialize)]
struct Placed<'a> {
    place: usize,
    /// It is cast while no turn has followed those that it judges.
    newest_turn: i32,
    #[serde(flatten)]
    vote: &'a AllowedVote,
}

struct OutcomeRow {
    place: i32,
    outcome: String,
    vote: Option<i64>,
    cast_at: Option<DateTime<Utc>>,
}

fn placed<'a>((place, vote): (usize, &&'a AllowedVote)) -> Placed<'a> {
    Placed { place, newest_turn: vote.battle.turns, vote }
}

/// Casts votes, in this order, all in one transaction; says what became of each. No two may be of one battle.
///
/// # Errors
/// When the database refuses one of them, none is cast.
pub async fn cast(
    db: impl PgExecutor<'_>,
    votes: &[&AllowedVote],
    elo: &EloSettings,
) -> sqlx::Result<Vec<CastOutcome>> {
    let placed: Vec<_> = votes.iter().enumerate().map(placed).collect();
    // Hardly ever is a voter held: only then are the votes looked at once more.
    let rows = if votes.iter().any(|vote| vote.battle.is_held) {
        sqlx::query_as!(
            OutcomeRow,
            r#"SELECT place AS "place!", outcome AS "outcome!", vote, cast_at
            FROM cast_and_hold_votes($1, $2, $3, $4, $5, $6)"#,
            Json(&placed) as _,
            BOARDS_LOCK,
            elo.k,
            elo.scale,
            elo.base,
            elo.initial
        )
        .fetch_all(db)
        .await?
    } else {
        sqlx::query_as!(
            OutcomeRow,
            r#"SELECT place AS "place!", outcome AS "outcome!", vote, cast_at FROM cast_votes($1, $2, $3, $4, $5, $6)"#,
            Json(&placed) as _,
            BOARDS_LOCK,
            elo.k,
            elo.scale,
            elo.base,
            elo.initial
        )
        .fetch_all(db)
        .await?
    };
    let mut outcomes = vec![CastOutcome::Changed; votes.len()];
    for row in rows {
        let Some(outcome) = usize::try_from(row.place).ok().and_then(|place| outcomes.get_mut(place)) else { continue };
        *outcome = match (row.outcome.as_str(), row.vote, row.cast_at) {
            ("cast", Some(id), Some(at)) => CastOutcome::Cast { id, at },
            ("voted", ..) => CastOutcome::Voted,
            _ => CastOutcome::Changed,
        };
    }
    Ok(outcomes)
}
