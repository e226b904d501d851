//! Which of two models is better: how sure that is, what it would take to be sure, and how few votes it hangs on.

use super::components;
use super::distribution::{normal_tail, student_tail, t95};
use super::likelihood::{Battles, chance};
use super::{Pairs, Tally};

/// Strengths that differ by less are equal.
const NOTHING: f64 = 1e-9;
/// Where the anytime-valid interval is at its narrowest, in votes.
const TIGHTEST: f64 = 500.0;

/// The difference of two models' strengths, the first less the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// In natural units: the log odds of a win.
    pub value: f64,
    pub standard_error: f64,
    /// Student's degrees of freedom, where voters are known.
    pub degrees: Option<f64>,
}

impl Difference {
    /// The probability that the first is the better one, before which nothing was known of either.
    #[must_use]
    pub fn chance_better(&self) -> f64 {
        if self.standard_error == 0.0 {
            return if self.value == 0.0 { 0.5 } else { f64::from(u8::from(self.value > 0.0)) };
        }
        let t = self.value / self.standard_error;
        let tail = self.degrees.map_or_else(|| normal_tail(t), |degrees| student_tail(t, degrees.max(1.0)));
        if t >= 0.0 { 1.0 - 0.5 * tail } else { 0.5 * tail }
    }

    /// Half the width of the 95 % interval, for whoever looks once.
    #[must_use]
    pub fn margin(&self) -> f64 {
        t95(self.degrees) * self.standard_error
    }

    /// Half the width of an interval that holds the truth at every moment at once with 95 %: whoever looks after each vote
    /// and stops when they like is not misled (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, "Time-uniform central
    /// limit theory and asymptotic confidence sequences"). `votes` is how many the difference rests on.
    #[must_use]
    pub fn always_valid_margin(&self, votes: u64) -> f64 {
        let alpha: f64 = 0.05;
        let log = -2.0 * alpha.ln();
        let scaled = votes.max(1) as f64 * (log + log.ln() + 1.0) / TIGHTEST;
        let reach = (2.0 * (scaled + 1.0) / scaled * ((scaled + 1.0).sqrt() / alpha).ln()).sqrt();
        // Few voters make the standard error itself uncertain.
        reach * (t95(self.degrees) / t95(None)) * self.standard_error
    }

    /// How many votes more on these two, like those so far, would make the 95 % interval leave 0, if the difference stays
    /// what it is; 0 where it has. Nothing where there is no difference.
    #[must_use]
    pub fn votes_needed(&self, votes: u64) -> Option<u64> {
        let ratio = self.margin() / self.value.abs();
        if !ratio.is_finite() {
            return None;
        }
        Some((votes as f64 * (ratio * ratio - 1.0)).max(0.0).ceil() as u64)
    }

    /// How often the first wins against the second, and the 95 % interval of that.
    #[must_use]
    pub fn win_rate(&self) -> (f64, f64, f64) {
        let margin = self.margin();
        (chance(self.value), chance(self.value - margin), chance(self.value + margin))
    }
}

/// As few votes as were found whose removal leaves the first of two models no longer ahead of the second: how many of each
/// outcome, pair by pair, seen from the first of the pair.
///
/// They are taken one after the other, each time of the outcome that bears most of the lead, by the influence of one vote on
/// the difference, `(e_a - e_b)ᵀ H⁻¹ (e_i - e_j)(s - p)` (Broderick, Giordano and Meager 2020, "An automatic finite-sample
/// robustness metric"), and counted after fitting anew, so that so many do change the order. Nothing where the first is not
/// ahead, the two cannot be compared, or they cannot be once so many votes are gone.
#[must_use]
pub fn fewest_removals(pairs: &Pairs, ahead: usize, behind: usize) -> Option<Vec<(usize, usize, Tally)>> {
    let mut left = pairs.clone();
    let mut now = Lead::of(&left, ahead, behind)?;
    if now.gap <= NOTHING {
        return None;
    }
    let mut most = u64::MAX;
    loop {
        let (a, b, outcome, influence) = now.strongest(&left)?;
        // As many at once as cannot be too many by far: influences change as votes go.
        let wanted = (now.gap / influence / 4.0).clamp(1.0, 1e15) as u64;
        let count = wanted.min(outcome.count(left.get(a, b))).min(most);
        let mut next = left.clone();
        next.remove(a, b, outcome.tally(count));
        match Lead::of(&next, ahead, behind) {
            Some(lead) if lead.gap > NOTHING => (left, now, most) = (next, lead, u64::MAX),
            // The last ones go one by one.
            _ if count > 1 => most = count / 2,
            lead => {
                lead?;
                let gone = |(a, b, before): (usize, usize, Tally)| {
                    let after = next.get(a, b);
                    let gone = Tally {
                        wins: before.wins - after.wins,
                        losses: before.losses - after.losses,
                        ties: before.ties - after.ties,
                        both_bad: before.both_bad - after.both_bad,
                    };
                    (gone.battles() > 0).then_some((a, b, gone))
                };
                return Some(pairs.met().filter_map(gone).collect());
            }
        }
    }
}

/// How far one model is ahead of another, and what that comes from.
struct Lead {
    gap: f64,
    members: Vec<usize>,
    battles: Battles,
    strengths: Vec<f64>,
    ahead: usize,
    behind: usize,
}

#[derive(Clone, Copy)]
enum Outcome {
    Win,
    Loss,
    Tie,
    BothBad,
}

impl Outcome {
    const ALL: [(Self, f64); 4] = [(Self::Win, 1.0), (Self::Loss, 0.0), (Self::Tie, 0.5), (Self::BothBad, 0.5)];

    fn count(self, tally: Tally) -> u64 {
        match self {
            Self::Win => tally.wins,
            Self::Loss => tally.losses,
            Self::Tie => tally.ties,
            Self::BothBad => tally.both_bad,
        }
    }

    fn tally(self, count: u64) -> Tally {
        let none = Tally::default();
        match self {
            Self::Win => Tally { wins: count, ..none },
            Self::Loss => Tally { losses: count, ..none },
            Self::Tie => Tally { ties: count, ..none },
            Self::BothBad => Tally { both_bad: count, ..none },
        }
    }
}

impl Lead {
    /// Nothing where the votes do not compare the two.
    fn of(pairs: &Pairs, ahead: usize, behind: usize) -> Option<Self> {
        let holds = |group: &Vec<usize>| group.contains(&ahead) && group.contains(&behind);
        let members = components::groups(pairs).into_iter().find(holds)?;
        let place = |model| members.iter().position(|&member| member == model);
        let (ahead, behind) = (place(ahead)?, place(behind)?);
        let battles = Battles::inside(pairs, &members);
        let strengths = battles.maximise(None);
        Some(Self { gap: strengths[ahead] - strengths[behind], members, battles, strengths, ahead, behind })
    }

    /// The outcome of which one vote bears most of the lead, and how much of it.
    fn strongest(&self, pairs: &Pairs) -> Option<(usize, usize, Outcome, f64)> {
        let mut contrast = vec![0.0; self.members.len()];
        (contrast[self.ahead], contrast[self.behind]) = (1.0, -1.0);
        let weights = self.battles.information(&self.strengths)?.solve(&contrast);
        let mut strongest: Option<(usize, usize, Outcome, f64)> = None;
        for &(i, j, _) in &self.battles.pairs {
            let (a, b) = (self.members[i], self.members[j]);
            let tally = pairs.get(a, b);
            let p = chance(self.strengths[i] - self.strengths[j]);
            for (outcome, score) in Outcome::ALL.into_iter().filter(|(outcome, _)| outcome.count(tally) > 0) {
                let influence = (score - p) * (weights[i] - weights[j]);
                if influence > strongest.as_ref().map_or(0.0, |one| one.3) {
                    strongest = Some((a, b, outcome, influence));
                }
            }
        }
        strongest
    }
}
