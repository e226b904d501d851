//! IQ4_NL and IQ4_XS: 32 weights with a factor, each the nearest of sixteen uneven levels.

use crate::quant::GgmlType;
use crate::quant::iq::NON_LINEAR;
use half::f16;

use super::pack;

/// Weights of a sub-block.
const N: usize = 32;
/// Factors that the search for a sub-block's starts from, on each side.
const STARTS: usize = 9;
/// Turns of unit and scales.
const MAX_ITERATIONS: usize = 4;
/// What a scale of IQ4_XS can be: six bits.
const SCALES: (f32, f32) = (-32.0, 31.0);

/// A sub-block's weights and what their errors count.
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    weights: &'a [f32],
    counts: &'a [f32],
}

/// Weighted sums for the codes that a factor gives.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    error: f32,
    xq: f32,
    qq: f32,
}

/// Writes one block; `false` if the type is not one of these.
pub fn write(kind: GgmlType, weights: &[f32], counts: &[f32], out: &mut [u8]) -> bool {
    match kind {
        GgmlType::IQ4_NL => {
            let part = Part { weights, counts };
            let unit = f16::from_f32(part.factor());
            out[..2].copy_from_slice(&unit.to_le_bytes());
            out[2..].copy_from_slice(&pack::nibbles(&part.codes(unit.to_f32())));
        }
        GgmlType::IQ4_XS => iq4_xs(weights, counts, out),
        _ => return false,
    }
    true
}

/// The level nearest to a weight divided by its factor.
fn code(value: f32) -> u8 {
    // Between two levels the border is in the middle.
    NON_LINEAR.windows(2).map(|pair| u8::from(value > f32::from(i16::from(pair[0]) + i16::from(pair[1])) * 0.5)).sum()
}

fn level(code: u8) -> f32 {
    f32::from(NON_LINEAR[usize::from(code)])
}

impl Part<'_> {
    fn codes(&self, factor: f32) -> [u8; N] {
        let inverse = if factor == 0.0 { 0.0 } else { 1.0 / factor };
        std::array::from_fn(|at| code(self.weights[at] * inverse))
    }

    fn sums(&self, factor: f32) -> Sums {
        let levels = self.codes(factor).map(level);
        let mut sums = Sums::default();
        for ((weight, count), level) in self.weights.iter().zip(self.counts).zip(levels) {
            let off = weight - factor * level;
            sums.error += count * off * off;
            sums.xq += count * weight * level;
            sums.qq += count * level * level;
        }
        sums
    }

    /// The best factor; levels are not even, so its sign matters.
    fn factor(&self) -> f32 {
        let extreme = self.weights.iter().copied().fold(0f32, |a, b| if b.abs() > a.abs() { b } else { a });
        if extreme == 0.0 {
            return 0.0;
        }
        // What least squares over the codes of a start gain over nothing.
        let mut best = (0.0, 0.0);
        let mut attempt = |factor: f32| {
            let Sums { xq, qq, .. } = self.sums(factor);
            if qq > 0.0 && xq * xq / qq > best.0 {
                best = (xq * xq / qq, xq / qq);
            }
            best.1
        };
        let mut found = 0.0;
        for end in [-127.0f32, 113.0] {
            for i in 0..STARTS {
                // The extreme is the last level, or somewhat inside or outside of it.
                found = attempt(extreme / (end * (0.76 + 0.06 * i as f32)));
            }
        }
        for _ in 0..2 {
            found = attempt(found);
        }
        found
    }
}

fn iq4_xs(weights: &[f32], counts: &[f32], out: &mut [u8]) {
    let parts: [Part<'_>; 8] =
        std::array::from_fn(|i| Part { weights: &weights[N * i..][..N], counts: &counts[N * i..][..N] });
    let factors = parts.map(|part| part.factor());
    let extreme = factors.iter().copied().fold(0f32, |a, b| if b.abs() > a.abs() { b } else { a });
    let mut best = (f32::INFINITY, f16::ZERO, [0f32; 8]);
    for limit in [SCALES.0, SCALES.0 + 1.0, SCALES.1] {
        let mut unit = extreme / limit;
        let mut before = f32::INFINITY;
        for _ in 0..MAX_ITERATIONS {
            let stored = f16::from_f32(unit);
            let (scales, sums) = scales(&parts, &factors, stored.to_f32());
            let error = sums.iter().map(|sums| sums.error).sum::<f32>();
            if error < best.0 {
                best = (error, stored, scales);
            }
            if error >= before * 0.9995 {
                break;
            }
            before = error;
            let (xq, qq) = scales
                .iter()
                .zip(&sums)
                .fold((0f32, 0f32), |(xq, qq), (scale, sums)| (xq + scale * sums.xq, qq + scale * scale * sums.qq));
            unit = if qq > 0.0 { xq / qq } else { 0.0 };
        }
    }
    let (_, unit, scales) = best;
    let mut codes = [[0; N]; 8];
    for ((codes, part), scale) in codes.iter_mut().zip(&parts).zip(scales) {
        *codes = part.codes(unit.to_f32() * scale);
    }
    pack::iq4_xs(unit, &scales, &codes, out);
}

/// The best scale of each sub-block for a unit.
fn scales(parts: &[Part<'_>; 8], factors: &[f32; 8], unit: f32) -> ([f32; 8], [Sums; 8]) {
    let mut scales = [0.0; 8];
    let sums = std::array::from_fn(|i| {
        let nearest = if unit == 0.0 { 0.0 } else { (factors[i] / unit).round().clamp(SCALES.0, SCALES.1) };
        let mut best = Sums { error: f32::INFINITY, ..Sums::default() };
        for near in [nearest, nearest - 1.0, nearest + 1.0] {
            if near < SCALES.0 || near > SCALES.1 {
                continue;
            }
            let sums = parts[i].sums(unit * near);
            if sums.error < best.error {
                (best, scales[i]) = (sums, near);
            }
        }
        best
    });
    (scales, sums)
}
