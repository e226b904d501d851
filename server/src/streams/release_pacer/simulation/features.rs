//! What a person with a stopwatch could note of a battle.

use super::Seen;

/// Numbers for each battle.
pub(super) const FEATURES: usize = 26;

/// The side that went on after the other's end, and what is to be noted. `None` where neither did.
pub(super) fn features(trace: &[Seen]) -> Option<(usize, [f64; FEATURES])> {
    let end = trace.iter().position(|seen| seen.ended != [false; 2])?;
    let side = match trace[end].ended {
        [true, false] => 1,
        [false, true] => 0,
        _ => return None,
    };
    let start = trace.iter().position(|seen| seen.grew != [0; 2]).unwrap_or(end);
    let together = Part::of(&trace[start..=end], side);
    let rest = Part::of(&trace[end + 1..], side);
    if rest.total == 0.0 {
        return None;
    }
    let half = &trace[end + 1..end + 1 + (trace.len() - end - 1).div_ceil(2)];
    let speeds: Vec<f64> = rest.portions.iter().skip(1).zip(&rest.gaps).map(|(portion, gap)| portion / gap).collect();
    let slowest = speeds.iter().copied().fold(f64::INFINITY, f64::min).min(1e6);
    let inner = if rest.portions.len() > 1 { &rest.portions[..rest.portions.len() - 1] } else { &rest.portions[..] };
    Some((
        side,
        [
            together.speed(),
            rest.speed(),
            rest.speed() / together.speed().max(1e-9),
            rest.ticks,
            rest.total,
            rest.first,
            mean(&rest.gaps),
            deviation(&rest.gaps),
            most(&rest.gaps),
            most(&rest.gaps) / mean(&rest.gaps).max(1e-9),
            mean(&rest.portions),
            deviation(inner) / mean(inner).max(1e-9),
            least(inner) / mean(inner).max(1e-9),
            most(inner) / mean(inner).max(1e-9),
            rest.gaps.last().copied().unwrap_or(0.0),
            rest.portions.last().copied().unwrap_or(0.0),
            rest.portions.first().copied().unwrap_or(0.0),
            together.ticks,
            together.total,
            Part::of(half, side).speed() / rest.speed(),
            mean(&together.gaps),
            most(&together.gaps),
            deviation(&together.gaps),
            together.gaps.last().copied().unwrap_or(0.0),
            slowest / rest.speed(),
            start as f64,
        ],
    ))
}

/// A side's column over some ticks.
struct Part {
    ticks: f64,
    total: f64,
    /// Ticks until something came.
    first: f64,
    /// What came at once, each time.
    portions: Vec<f64>,
    /// Ticks between.
    gaps: Vec<f64>,
}

impl Part {
    fn of(trace: &[Seen], side: usize) -> Self {
        let moments: Vec<usize> = (0..trace.len()).filter(|at| trace[*at].grew[side] > 0).collect();
        let portions: Vec<f64> = moments.iter().map(|at| trace[*at].grew[side] as f64).collect();
        Self {
            ticks: trace.len() as f64,
            total: portions.iter().sum(),
            first: moments.first().map_or(0.0, |at| *at as f64),
            gaps: moments.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect(),
            portions,
        }
    }

    fn speed(&self) -> f64 {
        self.total / self.ticks.max(1.0)
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
    self::mean(&squares).sqrt()
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min).min(1e6)
}
