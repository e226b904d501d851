//! What voters say decided their votes, model by model.

use std::collections::HashMap;

use crate::domain::{Choice, ModelId, Reason};
use crate::store::evidence::ReasonRow;

/// How often a reason was ticked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReasonCount {
    /// Where the model won.
    pub won: u64,
    /// Where it lost.
    pub lost: u64,
    /// Where both were equally good, or bad.
    pub even: u64,
}

/// The reasons of one model's votes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReasonTable {
    /// How often each was ticked, in the order of [`Reason::ALL`].
    pub reasons: Vec<(Reason, ReasonCount)>,
    /// Votes with any reason.
    pub votes: ReasonCount,
}

/// How a vote ended for one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Won,
    Lost,
    Even,
}

impl ReasonCount {
    /// The count of one ending.
    #[must_use]
    pub fn of(&self, told: Told) -> u64 {
        match told {
            Told::Won => self.won,
            Told::Lost => self.lost,
            Told::Even => self.even,
        }
    }

    fn add(&mut self, told: Told, count: u64) {
        match told {
            Told::Won => self.won += count,
            Told::Lost => self.lost += count,
            Told::Even => self.even += count,
        }
    }
}

/// The tables of all models whose votes have reasons.
pub fn tables(rows: &[ReasonRow]) -> HashMap<ModelId, ReasonTable> {
    let mut tables: HashMap<ModelId, ReasonTable> = HashMap::new();
    for row in rows {
        let told = match row.choice {
            Choice::A => [Told::Won, Told::Lost],
            Choice::B => [Told::Lost, Told::Won],
            Choice::Tie | Choice::BothBad => [Told::Even, Told::Even],
            Choice::Up | Choice::Down => continue,
        };
        let count = row.count.unsigned_abs();
        for (model, told) in [row.model_a, row.model_b].into_iter().zip(told) {
            let table = tables.entry(model).or_insert_with(|| ReasonTable {
                reasons: Reason::ALL.iter().map(|reason| (*reason, ReasonCount::default())).collect(),
                votes: ReasonCount::default(),
            });
            table.votes.add(told, count);
            for (reason, counts) in &mut table.reasons {
                if row.reasons.contains(reason) {
                    counts.add(told, count);
                }
            }
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn reasons_count_for_the_winner_and_against_the_loser() {
        let [a, b] = [1, 2].map(|n| ModelId(Uuid::from_u128(n)));
        let row = |choice, reasons: &[Reason], count| ReasonRow {
            model_a: a,
            model_b: b,
            choice,
            reasons: reasons.to_vec(),
            count,
        };
        let tables = tables(&[
            row(Choice::A, &[Reason::Accuracy, Reason::Clarity], 3),
            row(Choice::B, &[Reason::Clarity], 2),
            row(Choice::BothBad, &[Reason::Accuracy], 1),
        ]);
        let of = |model, reason| {
            let table: &ReasonTable = &tables[&model];
            table.reasons.iter().find(|one| one.0 == reason).map(|one| one.1)
        };
        assert_eq!(of(a, Reason::Accuracy), Some(ReasonCount { won: 3, lost: 0, even: 1 }));
        assert_eq!(of(b, Reason::Accuracy), Some(ReasonCount { won: 0, lost: 3, even: 1 }));
        assert_eq!(of(b, Reason::Clarity), Some(ReasonCount { won: 2, lost: 3, even: 0 }));
        assert_eq!(tables[&a].votes, ReasonCount { won: 3, lost: 2, even: 1 }, "a vote with two reasons is one vote");
    }
}
