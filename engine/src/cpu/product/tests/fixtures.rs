//! Random weights and activations.

#![expect(unsafe_code, reason = "activations are set by one thread")]

use half::{bf16, f16};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::cpu::product::activations::{accepts, usual_form};
use crate::cpu::product::{Activations, Form, PackedMatrix};
use crate::quant::GgmlType::{self, *};

pub const KINDS: [GgmlType; 25] = [
    F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, IQ1_S, IQ1_M, IQ2_XXS,
    IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, TQ1_0, TQ2_0, MXFP4,
];

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
    let mut bytes = vec![0u8; count / kind.block_len() * kind.block_bytes()];
    for block in bytes.chunks_exact_mut(kind.block_bytes()) {
        random.fill(&mut block[..]);
        put_scales(kind, block, || random.random_range(-size..size));
    }
    bytes
}

/// Sets the scales in floating point of a block.
fn put_scales(kind: GgmlType, block: &mut [u8], mut scale: impl FnMut() -> f32) {
    let halves: &[usize] = match kind {
        Q4_1 | Q5_1 | Q4_K | Q5_K => &[0, 2],
        Q2_K => &[80, 82],
        Q3_K => &[108],
        Q6_K => &[208],
        TQ1_0 => &[52],
        TQ2_0 => &[64],
        IQ1_M => &[],
        // A power of two.
        MXFP4 => {
            block[0] = 120 + block[0] % 8;
            &[]
        }
        _ => &[0],
    };
    for at in halves {
        block[*at..at + 2].copy_from_slice(&f16::from_f32(scale()).to_le_bytes());
    }
    if kind == IQ1_M {
        // Four bits in each of four words.
        let bits = f16::from_f32(scale()).to_bits();
        for (i, high) in block[48..].iter_mut().skip(1).step_by(2).enumerate() {
            *high = *high & 15 | ((bits >> (4 * i) & 15) as u8) << 4;
        }
    }
}

/// The same with the largest codes, scales and minimums: whole numbers come as near to their limits as they can.
pub fn largest_weights(kind: GgmlType, count: usize, low: bool) -> Vec<u8> {
    let mut bytes = weights(kind, count, 0.01, &mut random(3));
    for block in bytes.chunks_exact_mut(kind.block_bytes()) {
        block.fill(if low { 0 } else { 0xff });
        if kind == Q8_0 {
            block.fill(if low { 0x80 } else { 0x7f });
        }
        // Signed scales of sub-blocks at their far end.
        if kind == Q6_K {
            block[192..208].fill(0x80);
        }
        put_scales(kind, block, || 0.01);
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

/// All forms that weights of a type are multiplied with, on any processor.
pub fn forms(kind: GgmlType) -> impl Iterator<Item = Form> {
    [Form::Rounded256, Form::Rounded32, Form::F32, Form::Terms].into_iter().filter(move |form| accepts(kind, *form))
}

/// Activations in the form that every processor multiplies.
pub fn activations(kind: GgmlType, cols: usize, x: &[f32]) -> Activations {
    activations_in(usual_form(kind), cols, x)
}

pub fn activations_in(form: Form, cols: usize, x: &[f32]) -> Activations {
    let out = Activations::new(form, x.len() / cols, cols);
    for (i, x) in x.chunks_exact(cols).enumerate() {
        // SAFETY: nobody else has them.
        assert!(unsafe { out.set(i, x) });
    }
    out
}
