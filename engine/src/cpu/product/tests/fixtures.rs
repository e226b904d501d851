//! Random weights and activations.

#![expect(unsafe_code, reason = "activations are set by one thread")]

use half::{bf16, f16};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::cpu::product::{Activations, PackedMatrix, form};
use crate::quant::GgmlType::{self, *};

pub const KINDS: [GgmlType; 17] =
    [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, IQ2_XXS, IQ3_S];

pub fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Blocks of `count` weights: any codes and sub-scales, scales of either sign about `size`.
pub fn weights(kind: GgmlType, count: usize, size: f32, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut number = || random.random_range(-size..size);
    match kind {
        F32 => return (0..count).flat_map(|_| number().to_le_bytes()).collect(),
        F16 => return (0..count).flat_map(|_| f16::from_f32(number()).to_le_bytes()).collect(),
        BF16 => return (0..count).flat_map(|_| bf16::from_f32(number()).to_le_bytes()).collect(),
        _ => {}
    }
    let halves: &[usize] = match kind {
        Q4_1 | Q5_1 | Q4_K | Q5_K => &[0, 2],
        Q2_K => &[80, 82],
        Q3_K => &[108],
        Q6_K => &[208],
        _ => &[0],
    };
    let mut bytes = vec![0u8; count / kind.block_len() * kind.block_bytes()];
    for block in bytes.chunks_exact_mut(kind.block_bytes()) {
        random.fill(&mut block[..]);
        for at in halves {
            let scale = random.random_range(-size..size);
            block[*at..at + 2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
        }
    }
    bytes
}

/// The same with the largest codes, scales and minimums: whole numbers come as near to their limits as they can.
pub fn largest_weights(kind: GgmlType, count: usize, low: bool) -> Vec<u8> {
    let mut bytes = weights(kind, count, 0.01, &mut random(3));
    let (size, scale) = (kind.block_bytes(), f16::from_f32(0.01).to_le_bytes());
    for block in bytes.chunks_exact_mut(size) {
        block.fill(if low { 0 } else { 0xff });
        if kind == Q8_0 {
            block.fill(if low { 0x80 } else { 0x7f });
        }
        // Signed scales of sub-blocks at their far end.
        if kind == Q6_K {
            block[192..208].fill(0x80);
        }
        let halves: &[usize] = match kind {
            Q4_1 | Q5_1 | Q4_K | Q5_K => &[0, 2],
            Q2_K => &[80, 82],
            Q3_K => &[108],
            Q6_K => &[208],
            _ => &[0],
        };
        halves.iter().for_each(|at| block[*at..at + 2].copy_from_slice(&scale));
    }
    bytes
}

pub fn matrix(kind: GgmlType, rows: usize, cols: usize, bytes: &[u8]) -> PackedMatrix {
    PackedMatrix::pack(kind, rows, cols, bytes).expect("a type that can be multiplied").expect("memory")
}

/// Rows of numbers of a few magnitudes; one of them is zero.
pub fn inputs(rows: usize, cols: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    let mut x: Vec<f32> = (0..rows * cols).map(|_| random.random_range(-1.0f32..1.0)).collect();
    for (i, row) in x.chunks_exact_mut(cols).enumerate() {
        let size = [1.0, 0.0, 100.0, 1e-3][i % 4];
        row.iter_mut().for_each(|x| *x *= size);
    }
    x
}

pub fn activations(kind: GgmlType, cols: usize, x: &[f32]) -> Activations {
    let out = Activations::new(form(kind), x.len() / cols, cols);
    for (i, x) in x.chunks_exact(cols).enumerate() {
        // SAFETY: nobody else has them.
        assert!(unsafe { out.set(i, x) });
    }
    out
}
