//! IQ1: points of -1, 0 and 1, shifted up or down together.

use crate::quant::iq::SHIFT;

use super::nearest::{Costs, IQ1};
use super::super_block::{Solved, Solver};

/// How many vectors share a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shifts {
    /// One for a sub-block (IQ1_S).
    One,
    /// One for each vector (IQ1_M).
    OneAVector,
}

/// The level of a digit under a shift.
fn level(digit: usize, shift: f32) -> f32 {
    digit as f32 - 1.0 + shift
}

fn costs(weights: &[f32], counts: &[f32], factor: f32, shift: f32) -> Costs<8, 3> {
    std::array::from_fn(|at| {
        std::array::from_fn(|digit| {
            let off = weights[at] - factor * level(digit, shift);
            counts[at] * off * off
        })
    })
}

impl Solver for Shifts {
    fn solve(&self, weights: &[f32], counts: &[f32], factor: f32) -> Solved {
        let vectors = weights.len() / 8;
        let of = |v: usize| (&weights[8 * v..][..8], &counts[8 * v..][..8]);
        // Of each vector under each shift, up first.
        let mut found = [[(0.0, 0); 2]; 4];
        for (v, found) in found.iter_mut().enumerate().take(vectors) {
            let (weights, counts) = of(v);
            *found = [SHIFT, -SHIFT].map(|shift| IQ1.nearest(&costs(weights, counts, factor, shift)));
        }
        let total = |down: usize| found.iter().map(|found| found[down].0).sum::<f32>();
        let together = usize::from(total(1) < total(0));
        let mut out = Solved::default();
        for (v, found) in found.iter().enumerate().take(vectors) {
            let down = match self {
                Self::One => together,
                Self::OneAVector => usize::from(found[1].0 < found[0].0),
            };
            let (error, point) = found[down];
            out.error += error;
            out.codes.points[v] = point as u16;
            out.codes.down |= (down as u8) << v;
            let shift = if down == 1 { -SHIFT } else { SHIFT };
            let (weights, counts) = of(v);
            for (at, digit) in IQ1.points[point].iter().enumerate() {
                let level = level(usize::from(*digit), shift);
                out.xq += counts[at] * weights[at] * level;
                out.qq += counts[at] * level * level;
            }
        }
        out
    }
}
