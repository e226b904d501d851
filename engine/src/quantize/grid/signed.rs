//! IQ2 and IQ3: points of positive levels, and signs.

use crate::quant::iq::grids::Point;

use super::nearest::{Costs, Grid};
use super::super_block::{Solved, Solver};

/// What a type's vectors are.
#[derive(Debug)]
pub struct Signed<const D: usize, const L: usize, const R: usize, const N: usize> {
    grid: &'static Grid<D, L, R, N>,
    levels: &'static [f32; L],
    /// Whether of eight weights an even number must be negative.
    even: bool,
}

impl<const D: usize, const L: usize, const R: usize, const N: usize> Signed<D, L, R, N> {
    pub fn new(grid: &'static Grid<D, L, R, N>, levels: &'static [f32; L], even: bool) -> Self {
        Self { grid, levels, even }
    }

    /// What each level of each weight costs with the right sign.
    fn costs(&self, weights: &[f32], counts: &[f32], factor: f32) -> Costs<D, L> {
        std::array::from_fn(|at| {
            std::array::from_fn(|level| {
                let off = weights[at].abs() - factor * self.levels[level];
                counts[at] * off * off
            })
        })
    }

    /// What the wrong sign costs in addition.
    fn flips(&self, weights: &[f32], counts: &[f32], factor: f32) -> Costs<D, L> {
        std::array::from_fn(|at| {
            let each = 4.0 * factor * counts[at] * weights[at].abs();
            std::array::from_fn(|level| each * self.levels[level])
        })
    }
}

/// The weight that costs least to flip at a point.
fn cheapest<const D: usize, const L: usize>(point: &Point<D>, flips: &Costs<D, L>) -> usize {
    let cost = |at: usize| flips[at][usize::from(point[at])];
    (1..D).fold(0, |least, at| if cost(at) < cost(least) { at } else { least })
}

impl<const D: usize, const L: usize, const R: usize, const N: usize> Solver for Signed<D, L, R, N> {
    fn solve(&self, weights: &[f32], counts: &[f32], factor: f32) -> Solved {
        let mut out = Solved::default();
        for (i, (weights, counts)) in weights.chunks_exact(8).zip(counts.chunks_exact(8)).enumerate() {
            let mut signs = weights.iter().enumerate().fold(0u8, |signs, (at, x)| signs | u8::from(*x < 0.0) << at);
            let odd = self.even && signs.count_ones() % 2 == 1;
            let vectors = 8 / D;
            // The best points with right signs; of an odd number, with the one vector that takes a wrong sign at least cost.
            let mut flipped = (f32::INFINITY, 0, 0);
            let mut error = 0.0;
            let mut points = [0; 2];
            for v in 0..vectors {
                let (weights, counts) = (&weights[v * D..][..D], &counts[v * D..][..D]);
                let costs = self.costs(weights, counts, factor);
                let mut plain = 0.0;
                if !odd || vectors > 1 {
                    let (cost, point) = self.grid.nearest(&costs);
                    (plain, points[v]) = (cost, point);
                    error += cost;
                }
                if odd {
                    let flips = self.flips(weights, counts, factor);
                    let (cost, point) = self.grid.nearest_flipped(&costs, &flips);
                    if cost - plain < flipped.0 {
                        flipped = (cost - plain, v, point);
                    }
                }
            }
            if odd {
                let (more, v, point) = flipped;
                error += more;
                points[v] = point;
                let flips = self.flips(&weights[v * D..][..D], &counts[v * D..][..D], factor);
                signs ^= 1 << (v * D + cheapest(&self.grid.points[point], &flips));
            }
            out.error += error;
            out.codes.signs[i] = signs;
            for (v, &point) in points.iter().enumerate().take(vectors) {
                out.codes.points[i * vectors + v] = point as u16;
                for (at, level) in self.grid.points[point].iter().enumerate() {
                    let at = v * D + at;
                    let level = self.levels[usize::from(*level)];
                    let weight = if signs >> at & 1 == 1 { -weights[at] } else { weights[at] };
                    out.xq += counts[at] * weight * level;
                    out.qq += counts[at] * level * level;
                }
            }
        }
        out
    }
}
