//! Products by AMX, for many tokens: tiles of bytes, 16 tokens by 64 columns times 64 columns by 16 rows at once.
//!
//! Weights become bytes once for all tokens; sums are whole numbers, as everywhere, and so the results have the same bits.

#![expect(unsafe_code, reason = "kernels")]

mod batch;
mod large;
mod numbers;
mod permission;
mod signed;
mod small;
mod steps;
mod tiles;

use std::ops::Range;

use super::activations::View;
use super::format::*;
use super::layout::{Layout, TILE_ROWS};
use super::matrix::PackedMatrix;
use super::portable::Sums;
use crate::quant::{GgmlType, SignedCodes};
use batch::Batch;
use tiles::{Depth, Tiles};

pub use numbers::product as numbers;
pub use permission::{is_available, multiplies_numbers};

/// Tokens from which on tiles are worth it.
pub const FROM: usize = 12;
/// So many tokens at once: their sums stay in the second cache.
const TOKENS: usize = 512;

/// Whether there are kernels for a type.
pub fn serves(kind: GgmlType) -> bool {
    Layout::of(kind).is_some() || SignedCodes::has(kind)
}

/// As [`super::product`], for types that this [`serves`].
///
/// # Safety
/// The processor has AVX-512 F, BW and VNNI, and AMX [`is_available`].
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
pub unsafe fn product(
    w: &PackedMatrix,
    rows: Range<usize>,
    x: View<'_>,
    tokens: &[u32],
    put: &mut dyn FnMut(usize, usize, &[f32]),
) {
    let depth = if matches!(x, View::Rounded32(_)) { Depth::Block } else { Depth::Whole };
    let mut sums: Vec<Sums> = vec![[0.0; TILE_ROWS]; tokens.len().min(TOKENS)];
    for (chunk, tokens) in tokens.chunks(TOKENS).enumerate() {
        let sums = &mut sums[..tokens.len()];
        let all = |batch: &Batch<'_>| {
            for strip in w.strips(rows.clone()) {
                sums.fill([0.0; TILE_ROWS]);
                // For this strip alone: who is told its products may multiply, too.
                // SAFETY: the caller's promise.
                let tiles = unsafe { Tiles::new(depth) };
                macro_rules! with {
                    ($x:expr; $($way:ident: $($kind:ident),*);*) => {
                        match w.kind() {
                            // SAFETY: tiles have the depth of these activations; the batch is made of these tokens.
                            $($(GgmlType::$kind => unsafe {
                                $way::strip::<$kind>(&tiles, strip, $x, batch, tokens, sums);
                            },)*)*
                            _ => panic!("activations in another form than weights"),
                        }
                    };
                }
                match x {
                    View::Rounded32(x) => with!(x; small: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL),
                    View::Rounded256(x) => with!(
                        x;
                        large: Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_XS;
                        signed: IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, TQ1_0, TQ2_0
                    ),
                    _ => panic!("activations in another form than weights"),
                }
                drop(tiles);
                for (i, sums) in sums.iter().enumerate() {
                    put(chunk * TOKENS + i, strip.first, &sums[..strip.count]);
                }
            }
        };
        match x {
            View::Rounded32(x) => Batch::with(x, tokens, all),
            View::Rounded256(x) => Batch::with(x, tokens, all),
            _ => panic!("activations in another form than weights"),
        }
    }
}
