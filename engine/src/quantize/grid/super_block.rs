//! The search for scales: 256 weights in sub-blocks, each with a small whole scale, and one half-precision unit for all of them.
//!
//! A weight is `unit * (2 * scale + 1)` times its level. Each sub-block gets its own best factor first. Then unit and scales are
//! improved by turns: scales by trying the neighbours, the unit by least squares over the super-block.

use half::f16;

/// Turns of scales and unit.
const MAX_ITERATIONS: usize = 3;
/// Units that are looked at, and those of them that are tried.
const CANDIDATES: usize = 48;
const UNITS: usize = 1;
/// Improvement of the error below which there are no more turns.
const ENOUGH: f32 = 0.998;

/// What a type stores, and where its search starts.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many scales there are.
    pub scales: u8,
    /// Least and largest factor that a sub-block's search starts from, as shares of its root mean square, and their number.
    pub starts: (f32, f32, usize),
}

/// The points of a sub-block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Codes {
    /// Numbers of points, one a vector.
    pub points: [u16; 8],
    /// Bits of negative weights, eight weights each.
    pub signs: [u8; 4],
    /// Bits of vectors whose levels are shifted down.
    pub down: u8,
}

/// The best codes for a factor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Solved {
    pub codes: Codes,
    /// The weighted squared error.
    pub error: f32,
    /// The weighted sum of weights times levels.
    pub xq: f32,
    /// That of squared levels.
    pub qq: f32,
}

/// What finds the codes of a type's sub-blocks.
pub trait Solver {
    /// The codes that leave the least error when levels are multiplied with `factor`.
    fn solve(&self, weights: &[f32], counts: &[f32], factor: f32) -> Solved;
}

/// A super-block found, `G` sub-blocks.
#[derive(Clone, Copy, Debug)]
pub struct Found<const G: usize> {
    /// As it is stored: times the number that levels are divided by.
    pub unit: f16,
    pub scales: [u8; G],
    pub codes: [Codes; G],
}

/// The best super-block found. `part`: levels are stored as multiples of 1 / part.
pub fn search<const N: usize, const G: usize>(
    weights: &[f32],
    counts: &[f32],
    shape: Shape,
    solver: &impl Solver,
    part: f32,
) -> Found<G> {
    let parts: [(&[f32], &[f32]); G] = std::array::from_fn(|i| (&weights[i * N..][..N], &counts[i * N..][..N]));
    let factors = parts.map(|(weights, counts)| factor(weights, counts, shape, solver));
    let mut best = (f32::INFINITY, Found { unit: f16::ZERO, scales: [0; G], codes: [Codes::default(); G] });
    for mut unit in promising(&factors, shape) {
        let mut before = f32::INFINITY;
        for _ in 0..MAX_ITERATIONS {
            let stored = f16::from_f32(unit * part);
            if stored <= f16::ZERO {
                break;
            }
            let (solved, scales) = scales(&parts, &factors, shape, solver, stored.to_f32() / part);
            let error = solved.iter().map(|solved| solved.error).sum::<f32>();
            if error < best.0 {
                best = (error, Found { unit: stored, scales, codes: solved.map(|solved| solved.codes) });
            }
            if error >= before * ENOUGH {
                break;
            }
            before = error;
            unit = least_squares(&solved, &scales);
        }
    }
    best.1
}

/// A sub-block's best factor, and how much the error grows with the square of the distance from it.
#[derive(Clone, Copy, Debug, Default)]
struct Factor {
    factor: f32,
    curve: f32,
}

/// The units that promise least error when codes stay what they are at the best factors.
fn promising<const G: usize>(factors: &[Factor; G], shape: Shape) -> [f32; UNITS] {
    let largest = factors.iter().map(|of| of.factor).fold(0f32, f32::max) / multiplier(shape.scales - 1);
    let mut best = [(f32::INFINITY, 0.0); UNITS];
    for i in 0..CANDIDATES {
        let unit = largest * (0.9 + 1.1 * i as f32 / CANDIDATES as f32);
        let error = |of: &Factor| of.curve * (of.factor - unit * multiplier(nearest(of.factor, unit, shape))).powi(2);
        let error = factors.iter().map(error).sum::<f32>();
        if let Some(at) = best.iter().position(|best| error < best.0) {
            best[at..].rotate_right(1);
            best[at] = (error, unit);
        }
    }
    best.map(|(_, unit)| unit)
}

/// The scale that comes nearest to a factor.
fn nearest(factor: f32, unit: f32, shape: Shape) -> u8 {
    ((factor / unit - 1.0) * 0.5 + 0.5).max(0.0).min(f32::from(shape.scales - 1)) as u8
}

fn multiplier(scale: u8) -> f32 {
    f32::from(2 * scale + 1)
}

/// The best factor of a sub-block by itself.
fn factor(weights: &[f32], counts: &[f32], shape: Shape, solver: &impl Solver) -> Factor {
    let sum = |of: fn(f32) -> f32| weights.iter().zip(counts).map(|(x, count)| count * of(*x)).sum::<f32>();
    let (all, squares) = (sum(|_| 1.0), sum(|x| x * x));
    if squares <= 0.0 {
        return Factor::default();
    }
    let size = (squares / all).sqrt();
    let (low, high, count) = shape.starts;
    let step = (high / low).powf(1.0 / (count - 1) as f32);
    // What least squares over the codes of a start leave is known without solving again.
    let mut best = (f32::INFINITY, Factor::default());
    let mut attempt = |start: f32| {
        let solved = solver.solve(weights, counts, start);
        if solved.qq > 0.0 && solved.xq > 0.0 {
            let left = squares - solved.xq * solved.xq / solved.qq;
            if left < best.0 {
                best = (left, Factor { factor: solved.xq / solved.qq, curve: solved.qq });
            }
        }
        best.1
    };
    let mut found = Factor::default();
    for i in 0..count {
        found = attempt(size * low * step.powi(i as i32));
    }
    if found.factor > 0.0 { attempt(found.factor) } else { found }
}

/// The best scale of each sub-block for a unit.
fn scales<const G: usize>(
    parts: &[(&[f32], &[f32]); G],
    factors: &[Factor; G],
    shape: Shape,
    solver: &impl Solver,
    unit: f32,
) -> ([Solved; G], [u8; G]) {
    let mut scales = [0; G];
    let solved = std::array::from_fn(|i| {
        let (weights, counts) = parts[i];
        let at = nearest(factors[i].factor, unit, shape);
        let mut best = solver.solve(weights, counts, unit * multiplier(at));
        scales[i] = at;
        // The neighbour on the factor's other side may meet the grid better.
        let near = if factors[i].factor > unit * multiplier(at) { at + 1 } else { at.wrapping_sub(1) };
        if near < shape.scales {
            let solved = solver.solve(weights, counts, unit * multiplier(near));
            if solved.error < best.error {
                (best, scales[i]) = (solved, near);
            }
        }
        best
    });
    (solved, scales)
}

/// The best unit for given scales and codes.
fn least_squares<const G: usize>(solved: &[Solved; G], scales: &[u8; G]) -> f32 {
    let (mut xq, mut qq) = (0f32, 0f32);
    for (solved, scale) in solved.iter().zip(scales) {
        let multiplier = multiplier(*scale);
        xq += multiplier * solved.xq;
        qq += multiplier * multiplier * solved.qq;
    }
    if qq > 0.0 { xq / qq } else { 0.0 }
}
