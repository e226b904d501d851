//! Blocks of each type from weights and from what their errors count.

use half::f16;

use super::fit::{Affine, Codes, Group};
use super::super_block::{Found, LEN, Shape, groups, search};
use super::{grid, non_linear, pack};
use crate::quant::GgmlType;

const fn signed(high: f32) -> Codes {
    Codes { low: -high - 1.0, high, min: false }
}

const fn unsigned(high: f32) -> Codes {
    Codes { low: 0.0, high, min: true }
}

const Q2_K: Shape = Shape { codes: unsigned(3.0), scales: (0.0, 15.0), mins: 15.0, initial_fits: 6, units: 3 };
const Q3_K: Shape = Shape { codes: signed(3.0), scales: (-32.0, 31.0), mins: 0.0, initial_fits: 12, units: 2 };
const Q4_K: Shape = Shape { codes: unsigned(15.0), scales: (0.0, 63.0), mins: 63.0, initial_fits: 5, units: 1 };
const Q5_K: Shape = Shape { codes: unsigned(31.0), scales: (0.0, 63.0), mins: 63.0, initial_fits: 4, units: 1 };
const Q6_K: Shape = Shape { codes: signed(31.0), scales: (-128.0, 127.0), mins: 0.0, initial_fits: 8, units: 1 };

/// Writes one block; `false` if the type has no quantiser. The slices are as long as a block of it.
pub fn write(kind: GgmlType, weights: &[f32], counts: &[f32], out: &mut [u8]) -> bool {
    match kind {
        GgmlType::Q2_K => {
            let (found, codes) = solve::<16, 16>(weights, counts, Q2_K);
            pack::q2_k([found.unit, found.min_unit], &found.scales, &found.mins, &codes, out);
        }
        GgmlType::Q3_K => {
            let (found, codes) = solve::<16, 16>(weights, counts, Q3_K);
            pack::q3_k(found.unit, &found.scales, &codes, out);
        }
        GgmlType::Q4_K => {
            let (found, codes) = solve::<32, 8>(weights, counts, Q4_K);
            pack::q4_k([found.unit, found.min_unit], &found.scales, &found.mins, &codes, out);
        }
        GgmlType::Q5_K => {
            let (found, codes) = solve::<32, 8>(weights, counts, Q5_K);
            pack::q5_k([found.unit, found.min_unit], &found.scales, &found.mins, &codes, out);
        }
        GgmlType::Q6_K => {
            let (found, codes) = solve::<16, 16>(weights, counts, Q6_K);
            pack::q6_k(found.unit, &found.scales, &codes, out);
        }
        GgmlType::Q4_0 => small(weights, counts, Codes { low: -8.0, high: 7.0, min: false }, out),
        GgmlType::Q4_1 => small(weights, counts, unsigned(15.0), out),
        GgmlType::Q5_0 => small(weights, counts, signed(15.0), out),
        GgmlType::Q5_1 => small(weights, counts, unsigned(31.0), out),
        // -128 is a byte, but not a code that every reader of the type is ready for.
        GgmlType::Q8_0 => small(weights, counts, Codes { low: -127.0, high: 127.0, min: false }, out),
        _ => return grid::write(kind, weights, counts, out) || non_linear::write(kind, weights, counts, out),
    }
    true
}

fn solve<const N: usize, const G: usize>(weights: &[f32], counts: &[f32], shape: Shape) -> (Found<G>, [u8; LEN]) {
    let groups: [Group<'_, N>; G] = groups(weights, counts);
    let found = search(&groups, shape);
    (found, found.codes(&groups, shape.codes))
}

/// A block of 32 weights with a half-precision scale (and min) of its own.
fn small(weights: &[f32], counts: &[f32], codes: Codes, out: &mut [u8]) {
    let [group]: [Group<'_, 32>; 1] = groups(weights, counts);
    let levels = codes.high - codes.low;
    let line = rounded(&group, codes, group.fit(codes, if levels > 100.0 { 4 } else { 7 }));
    let [scale, min] = [line.scale, line.min].map(f16::from_f32);
    out[..2].copy_from_slice(&scale.to_le_bytes());
    let found = group.codes(line, codes);
    if levels > 100.0 {
        for (out, code) in out[2..].iter_mut().zip(found) {
            *out = code as i8 as u8;
        }
        return;
    }
    let mut at = 2;
    if codes.min {
        out[2..4].copy_from_slice(&(-min).to_le_bytes());
        at = 4;
    }
    let found = found.map(|code| (code - codes.low) as u8);
    if levels > 16.0 {
        out[at..at + 4].copy_from_slice(&pack::fifth_bits(&found));
        at += 4;
    }
    out[at..].copy_from_slice(&pack::nibbles(&found));
}

/// The best line whose numbers are halves, among the neighbours of the best line.
fn rounded<const N: usize>(group: &Group<'_, N>, codes: Codes, line: Affine) -> Affine {
    let near = |value: f32| {
        let bits = f16::from_f32(value).to_bits();
        [bits, bits.saturating_sub(1), bits + 1].map(|bits| f16::from_bits(bits).to_f32())
    };
    let mut best = (f32::INFINITY, Affine::default());
    for scale in near(line.scale) {
        for min in near(line.min) {
            let line = Affine { scale, min };
            let error = group.error(line, codes);
            if error < best.0 {
                best = (error, line);
            }
            if !codes.min {
                break;
            }
        }
    }
    best.1
}
