//! Random weights of every type, activation rows, and what a product should be.

use std::sync::Arc;

use half::f16;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::gpu::product::{activation_bytes, activation_stride};
use crate::gpu::{Buffer, Gpu};
use crate::quant::{Blocks, GgmlType};

pub(in crate::gpu::product) const KINDS: [GgmlType; 15] = [
    GgmlType::F32,
    GgmlType::F16,
    GgmlType::BF16,
    GgmlType::Q8_0,
    GgmlType::Q4_0,
    GgmlType::Q4_1,
    GgmlType::Q5_0,
    GgmlType::Q5_1,
    GgmlType::Q2_K,
    GgmlType::Q3_K,
    GgmlType::Q4_K,
    GgmlType::Q5_K,
    GgmlType::Q6_K,
    GgmlType::IQ4_NL,
    GgmlType::IQ4_XS,
];

/// The error of a product, as a share of the norm of its terms: weights become halves (2^-12 of each, and of a sub-block's scale
/// and minimum), activations are exact in these tests.
pub(super) fn tolerance(kind: GgmlType) -> f64 {
    match kind {
        GgmlType::F32 | GgmlType::F16 | GgmlType::BF16 => 4e-6,
        _ => 2e-3,
    }
}

pub(in crate::gpu::product) fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Whole blocks of random codes; main scales between 1/2 and 1 times `size`.
pub(in crate::gpu::product) fn weights(kind: GgmlType, elements: usize, size: f32, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = vec![0u8; kind.bytes_of(elements as u64).expect("whole blocks") as usize];
    random.fill(&mut bytes[..]);
    let scales: &[usize] = match kind {
        GgmlType::F32 | GgmlType::F16 | GgmlType::BF16 => &[],
        GgmlType::Q4_1 | GgmlType::Q5_1 | GgmlType::Q4_K | GgmlType::Q5_K => &[0, 2],
        GgmlType::Q2_K => &[80, 82],
        GgmlType::Q3_K => &[108],
        GgmlType::Q6_K => &[208],
        _ => &[0],
    };
    for block in bytes.chunks_exact_mut(kind.block_bytes()) {
        let weight = size * random.random_range(-1.0f32..1.0);
        match kind {
            GgmlType::F32 => block.copy_from_slice(&weight.to_le_bytes()),
            GgmlType::F16 => block.copy_from_slice(&f16::from_f32(weight).to_le_bytes()),
            GgmlType::BF16 => block.copy_from_slice(&half::bf16::from_f32(weight).to_le_bytes()),
            _ => {}
        }
        for at in scales {
            let scale = f16::from_f32(size * random.random_range(0.5f32..1.0));
            block[*at..at + 2].copy_from_slice(&scale.to_le_bytes());
        }
    }
    bytes
}

/// Numbers that halves hold exactly: (rows, columns).
pub(super) fn activations(rows: usize, columns: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    (0..rows * columns).map(|_| f16::from_f32(random.random_range(-2.0f32..2.0)).to_f32()).collect()
}

/// Where a column stands in its activation row.
pub(super) fn index(column: usize) -> usize {
    column / 256 * 256 + column % 64 / 8 * 32 + column % 256 / 64 * 8 + column % 8
}

/// Activation rows on the device, made by the kernel.
pub(super) fn rows_on(gpu: &Arc<dyn Gpu>, x: &[f32], columns: usize) -> Buffer {
    let rows = x.len() / columns;
    let (floats, out) =
        (Buffer::of(gpu, x).expect("room"), Buffer::new(gpu, activation_bytes(rows, columns)).expect("room"));
    crate::gpu::product::activations_from_f32(gpu, (floats.address(), columns), rows, columns, out.address())
        .expect("runs");
    out
}

/// Activation rows as plain ones; the padding must be zero.
pub(super) fn rows_off(buffer: &Buffer, rows: usize, columns: usize) -> Vec<f32> {
    let stride = activation_stride(columns);
    let halves = buffer.read::<f16>(rows * stride).expect("read");
    for row in halves.chunks(stride) {
        assert!((columns..stride).all(|column| row[index(column)] == f16::ZERO), "the padding is zero");
    }
    halves.chunks(stride).flat_map(|row| (0..columns).map(|column| row[index(column)].to_f32())).collect()
}

/// A product with its norm of terms: (x rows, weight rows) of both.
pub(super) fn expected(kind: GgmlType, weights: &[u8], x: &[f32], columns: usize) -> Vec<(f64, f64)> {
    let blocks = Blocks::new(kind, weights).expect("a type that can be read");
    let rows = weights.len() / kind.bytes_of(columns as u64).expect("whole") as usize;
    let mut plain = vec![0.0; rows * columns];
    blocks.dequantise(0, &mut plain);
    let product = |x: &[f32], w: &[f32]| {
        let terms = x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w));
        terms.fold((0.0, 0.0f64), |(sum, squares), term| (sum + term, squares + term * term))
    };
    let sums = x.chunks(columns).flat_map(|x| plain.chunks(columns).map(move |w| product(x, w)));
    sums.map(|(sum, squares)| (sum, squares.sqrt())).collect()
}

/// Holds results against what they should be.
pub(super) fn compare(what: &str, kind: GgmlType, found: &[f32], wanted: &[(f64, f64)]) {
    assert_eq!(found.len(), wanted.len());
    for (i, (found, (sum, norm))) in found.iter().zip(wanted).enumerate() {
        let error = (f64::from(*found) - sum).abs() / norm.max(1e-30);
        assert!(
            error <= tolerance(kind),
            "{what} {kind} [{i}]: {found} should be {sum}, an error of {error:.2e} of the terms"
        );
    }
}
