//! The search that all k-quants share: 256 weights in groups, each group with a small whole scale (and min), and one
//! half-precision unit for all scales (and one for all mins).
//!
//! A weight is `unit * scale * code - min_unit * min`. Each group gets its best line first; then units and whole
//! numbers are improved by turns: whole numbers by trying the neighbours, units by least squares over the super-block.

use half::f16;

use super::fit::{Affine, Codes, Group};

/// Weights of a super-block.
pub const LEN: usize = 256;
/// Turns of units and whole numbers.
const MAX_ITERATIONS: usize = 4;

/// What a k-quant stores.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The codes of weights.
    pub codes: Codes,
    /// The smallest and the largest whole scale.
    pub scales: (f32, f32),
    /// The largest whole min; 0 if there is none.
    pub mins: f32,
    /// How many lines to start from.
    pub initial_fits: usize,
    /// How many units to start from.
    pub units: usize,
}

/// A super-block found, `G` groups.
#[derive(Clone, Copy, Debug)]
pub struct Found<const G: usize> {
    pub unit: f16,
    pub min_unit: f16,
    pub scales: [f32; G],
    pub mins: [f32; G],
    pub error: f32,
}

impl<const G: usize> Found<G> {
    fn line(&self, group: usize) -> Affine {
        Affine { scale: self.unit.to_f32() * self.scales[group], min: self.min_unit.to_f32() * self.mins[group] }
    }

    /// The codes of all weights.
    pub fn codes<const N: usize>(&self, groups: &[Group<'_, N>; G], codes: Codes) -> [u8; LEN] {
        let mut out = [0; LEN];
        for (i, (group, out)) in groups.iter().zip(out.chunks_exact_mut(N)).enumerate() {
            for (code, out) in group.codes(self.line(i), codes).into_iter().zip(out) {
                *out = (code - codes.low) as u8;
            }
        }
        out
    }
}

/// Splits a super-block into groups.
pub fn groups<'a, const N: usize, const G: usize>(weights: &'a [f32], counts: &'a [f32]) -> [Group<'a, N>; G] {
    let (weights, counts) = (weights.as_chunks::<N>().0, counts.as_chunks::<N>().0);
    std::array::from_fn(|i| Group { weights: &weights[i], counts: &counts[i] })
}

/// The best super-block found.
pub fn search<const N: usize, const G: usize>(groups: &[Group<'_, N>; G], shape: Shape) -> Found<G> {
    let lines = groups.each_ref().map(|group| group.fit(shape.codes, shape.initial_fits));
    let none = Found { unit: f16::ZERO, min_unit: f16::ZERO, scales: [0.0; G], mins: [0.0; G], error: f32::INFINITY };
    let extreme = lines.iter().map(|l| l.scale).fold(0f32, |a, b| if b.abs() > a.abs() { b } else { a });
    let largest = lines.iter().map(|l| l.min).fold(0f32, f32::max);
    // The side that reaches farther takes the extreme.
    let (low, high) = shape.scales;
    let limit = if -low > high { low } else { high };
    let mut best = none;
    for i in 0..shape.units {
        // Coarse scales meet the groups' lines better with one unit than with another a little smaller or larger.
        let off = 1.0 + 0.75 * i as f32 / limit.abs();
        let unit = f16::from_f32(extreme / limit * off);
        let min_unit = if shape.mins > 0.0 { f16::from_f32(largest / shape.mins * off) } else { f16::ZERO };
        let mut found = Found { unit, min_unit, ..none };
        for _ in 0..MAX_ITERATIONS {
            let before = found.error;
            found = whole_numbers(groups, &lines, shape, found);
            if found.error < best.error {
                best = found;
            }
            if found.error >= before * 0.9995 {
                break;
            }
            (found.unit, found.min_unit) = units(groups, shape, &found);
        }
    }
    best
}

/// The best whole scale and min of each group, for given units.
fn whole_numbers<const N: usize, const G: usize>(
    groups: &[Group<'_, N>; G],
    lines: &[Affine; G],
    shape: Shape,
    mut found: Found<G>,
) -> Found<G> {
    let (unit, min_unit) = (found.unit.to_f32(), found.min_unit.to_f32());
    let nearest = |value: f32, unit: f32, (low, high): (f32, f32)| {
        if unit == 0.0 { 0.0 } else { (value / unit).round_ties_even().clamp(low, high) }
    };
    found.error = 0.0;
    for (i, (group, line)) in groups.iter().zip(lines).enumerate() {
        let scale = nearest(line.scale, unit, shape.scales);
        let min = nearest(line.min, min_unit, (0.0, shape.mins));
        let mut least = f32::INFINITY;
        for scale in [scale, scale - 1.0, scale + 1.0] {
            if scale < shape.scales.0 || scale > shape.scales.1 {
                continue;
            }
            for min in [min, min - 1.0, min + 1.0] {
                if min < 0.0 || min > shape.mins {
                    continue;
                }
                let error = group.error(Affine { scale: unit * scale, min: min_unit * min }, shape.codes);
                if error < least {
                    (found.scales[i], found.mins[i], least) = (scale, min, error);
                }
            }
        }
        found.error += least;
    }
    found
}

/// The best units for given whole numbers and codes: least squares over the super-block.
fn units<const N: usize, const G: usize>(groups: &[Group<'_, N>; G], shape: Shape, found: &Found<G>) -> (f16, f16) {
    // With y = scale * code and m = min, the error is the sum of (x - unit * y + min_unit * m)^2.
    let (mut yy, mut ym, mut mm, mut xy, mut xm) = (0f32, 0f32, 0f32, 0f32, 0f32);
    for (i, group) in groups.iter().enumerate() {
        let sums = group.sums(found.line(i), shape.codes);
        let (scale, min) = (found.scales[i], found.mins[i]);
        yy += scale * scale * sums.qq;
        ym += scale * min * sums.q;
        mm += min * min * sums.one;
        xy += scale * sums.xq;
        xm += min * sums.x;
    }
    let determinant = yy * mm - ym * ym;
    if mm > 0.0 && determinant > 1e-6 * yy * mm {
        let (unit, min_unit) = ((xy * mm - xm * ym) / determinant, (xy * ym - xm * yy) / determinant);
        if min_unit >= 0.0 {
            return (f16::from_f32(unit), f16::from_f32(min_unit));
        }
    }
    // The mins stay as they are.
    let min_unit = found.min_unit.to_f32();
    let unit = if yy > 0.0 { (xy + min_unit * ym) / yy } else { 0.0 };
    (f16::from_f32(unit), found.min_unit)
}
