//! Whether voters vote as others do, and what the board would be with the votes of those who do not.
//!
//! A voter's votes in blind battles are compared, one after another, with what all others voted on the same pairs (see
//! [`VoterEvidence`]). Votes on pairs that others hardly voted on say nothing and are left out: what is expected there is not
//! known yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arena_rating::{Board, BoardSettings, SideChoice, Tally, VoterEvidence};
use sqlx::PgPool;

use super::Boards;
use super::ballots::tally;
use crate::domain::{BattleKind, Choice, ModelId, VoteState};
use crate::error::Error;
use crate::store::ratings::{self, ALL_LANGUAGES, PairRow};
use crate::store::voter_reviews::{self, VoterChoice};

/// A vote is compared where others cast at least so many on its pair.
const MIN_OTHERS: u64 = 20;

/// How the evidence that a voter does not vote as others do came about.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidencePath {
    /// The natural logarithm of the e-value after each vote.
    pub logarithms: Vec<f64>,
    /// Votes that could be compared.
    pub compared: u64,
    evidence: VoterEvidence,
}

impl EvidencePath {
    /// Compares a voter's votes with the counted votes of all, which theirs are taken out of.
    #[must_use]
    pub fn of(choices: &[VoterChoice], pairs: &[PairRow]) -> Self {
        let mut others: HashMap<[ModelId; 2], Tally> =
            pairs.iter().map(|pair| ([pair.low, pair.high], tally(pair))).collect();
        for choice in choices.iter().filter(|choice| choice.state == VoteState::Counted) {
            if let Some(tally) = others.get_mut(&pair_of(choice)) {
                take_out(tally, choice);
            }
        }
        let numbers: BTreeSet<ModelId> = pairs.iter().flat_map(|pair| [pair.low, pair.high]).collect();
        let numbers: HashMap<ModelId, u32> = numbers.into_iter().zip(0..).collect();
        let mut evidence = VoterEvidence::new(numbers.len());
        let mut logarithms = Vec::with_capacity(choices.len());
        for choice in choices {
            let known = others.get(&pair_of(choice)).filter(|tally| tally.battles() >= MIN_OTHERS);
            let models = (numbers.get(&choice.model_a), numbers.get(&choice.model_b));
            if let (Some(known), (Some(&left), Some(&right))) = (known, models) {
                let from_left = if choice.model_a < choice.model_b { *known } else { known.flipped() };
                let side = match choice.choice {
                    Choice::A => SideChoice::Left,
                    Choice::B => SideChoice::Right,
                    _ => SideChoice::Neither,
                };
                evidence.observe(left, right, from_left, side);
            }
            logarithms.push(evidence.log_evidence());
        }
        Self { logarithms, compared: evidence.votes(), evidence }
    }

    /// The highest natural logarithm of the e-value.
    #[must_use]
    pub fn highest(&self) -> f64 {
        self.evidence.highest()
    }

    /// Whether the voter is flagged at a rate of so many honest voters.
    #[must_use]
    pub fn is_flagged(&self, alpha: f64) -> bool {
        alpha > 0.0 && self.evidence.is_flagged(alpha)
    }
}

fn pair_of(choice: &VoterChoice) -> [ModelId; 2] {
    [choice.model_a.min(choice.model_b), choice.model_a.max(choice.model_b)]
}

/// Takes a voter's own vote out of what all voted, seen from the model with the lower id.
fn take_out(tally: &mut Tally, choice: &VoterChoice) {
    let is_left_low = choice.model_a < choice.model_b;
    let count = match choice.choice {
        Choice::Tie => &mut tally.ties,
        Choice::BothBad => &mut tally.both_bad,
        Choice::A if is_left_low => &mut tally.wins,
        Choice::B if !is_left_low => &mut tally.wins,
        _ => &mut tally.losses,
    };
    *count = count.saturating_sub(1);
}

/// The board of blind battles, without the votes that are held and with them.
#[derive(Debug)]
pub struct HeldBoards {
    pub without: Board<ModelId>,
    pub with: Board<ModelId>,
    /// How many votes are held.
    pub held: u64,
}

impl Boards {
    /// Computes both boards from what stands now, alike but for the votes that are held.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn with_held(&self, db: &PgPool) -> Result<HeldBoards, Error> {
        let mut snapshot = ratings::snapshot(db).await?;
        let pairs = ratings::of_board(&ratings::pairs(&mut *snapshot, BattleKind::Battle).await?, ALL_LANGUAGES);
        let held = voter_reviews::held_pairs(&mut *snapshot).await?;
        snapshot.commit().await?;
        let [counted, held] =
            [pairs, held].map(|rows| rows.iter().map(|pair| (pair.low, pair.high, tally(pair))).collect::<Vec<_>>());
        let rules = self.rules();
        let settings = BoardSettings { center: rules.center, min_votes: rules.min_votes, ..BoardSettings::default() };
        let boards = tokio::task::spawn_blocking(move || {
            let count = held.iter().map(|(_, _, tally)| tally.battles()).sum();
            let all = [counted.clone(), held].concat();
            let board = |votes: &[_]| Board::compute(votes, None, None, &BTreeMap::new(), &settings);
            HeldBoards { without: board(&counted), with: board(&all), held: count }
        });
        boards.await.map_err(|cause| Error::Internal(cause.into()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    const LOW: ModelId = ModelId(Uuid::from_u128(1));
    const HIGH: ModelId = ModelId(Uuid::from_u128(2));

    fn pair(wins_low: i64, wins_high: i64) -> PairRow {
        PairRow { low: LOW, high: HIGH, wins_low, wins_high, ties: 0, both_bad: 0 }
    }

    /// Votes for the left answer, with the lower model on either side in turn.
    fn lefts(votes: i64, state: VoteState) -> Vec<VoterChoice> {
        let choice = |id| {
            let (model_a, model_b) = if id % 2 == 0 { (LOW, HIGH) } else { (HIGH, LOW) };
            VoterChoice { id, model_a, model_b, choice: Choice::A, state, created_at: DateTime::UNIX_EPOCH }
        };
        (0..votes).map(choice).collect()
    }

    #[test]
    fn who_always_takes_the_left_side_is_flagged_and_who_votes_as_others_do_is_not() {
        let path = EvidencePath::of(&lefts(20, VoteState::Flagged), &[pair(500, 500)]);
        assert_eq!((path.logarithms.len(), path.compared), (20, 20));
        assert!(path.is_flagged(0.01) && !path.is_flagged(0.0), "{path:?}");
        // The lower model wins nine of ten times, on whichever side it stands.
        let choices: Vec<VoterChoice> = (0..100)
            .map(|id| {
                let low_wins = id % 10 != 0;
                let (model_a, model_b) = if id % 2 == 0 { (LOW, HIGH) } else { (HIGH, LOW) };
                let choice = if (model_a == LOW) == low_wins { Choice::A } else { Choice::B };
                let state = VoteState::Flagged;
                VoterChoice { id, model_a, model_b, choice, state, created_at: DateTime::UNIX_EPOCH }
            })
            .collect();
        let path = EvidencePath::of(&choices, &[pair(900, 100)]);
        assert!(!path.is_flagged(0.01), "{}", path.highest());
    }

    #[test]
    fn a_voter_is_compared_with_others_and_not_with_themselves() {
        // All the pair's votes are the voter's own.
        let own = EvidencePath::of(&lefts(40, VoteState::Counted), &[pair(20, 20)]);
        assert_eq!((own.compared, own.highest()), (0, 0.0));
        let others = EvidencePath::of(&lefts(40, VoteState::Counted), &[pair(120, 120)]);
        assert_eq!(others.compared, 40);
    }
}
