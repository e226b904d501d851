//! Products by AVX-512 with VNNI.
//!
//! `vpdpbusd` multiplies unsigned codes with rounded activations and adds four products to sums of 32 bits. A vector holds
//! 4 columns of 16 rows, so that no sum is ever taken across a vector. Up to eight tokens meet codes where they are unpacked
//! into registers; for more, a group of 256 columns is unpacked once into the nearest cache. What is summed in floating point
//! is summed as AVX2 and the plain loops do it, to the same bits.

#![expect(unsafe_code, reason = "kernels")]

mod fives;
mod large;
mod levels;
mod numbers;
mod points;
pub(super) use numbers::load;
pub(super) mod signed;
mod small;
pub(super) mod sums;
pub(super) mod terms;
mod ternary;
pub(super) mod units;
pub(super) mod unpack;
pub(super) mod vectors;

use super::activations::View;
use super::format::*;
use super::matrix::{PackedMatrix, Strip};
use super::portable::Sums;
use crate::quant::{GgmlType, is_decoded};

/// The products of 16 rows with `sums.len()` tokens; `tokens` are rows of `x`.
///
/// # Safety
/// The processor has AVX-512 F, BW and VNNI, and what [`super::avx2::strip`] wants.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
pub unsafe fn strip(w: &PackedMatrix, strip: Strip<'_>, x: View<'_>, tokens: &[u32], sums: &mut [Sums]) {
    use GgmlType as T;
    sums.fill([0.0; 16]);
    match (w.kind(), x) {
        (T::F32, View::F32(x)) => numbers::strip::<F32>(strip, x, tokens, sums),
        (T::F16, View::F32(x)) => numbers::strip::<F16>(strip, x, tokens, sums),
        (T::BF16, View::F32(x)) => numbers::strip::<BF16>(strip, x, tokens, sums),
        (T::Q4_0, View::Rounded32(x)) => small::strip::<Q4_0>(strip, x, tokens, sums),
        (T::Q4_1, View::Rounded32(x)) => small::strip::<Q4_1>(strip, x, tokens, sums),
        (T::Q5_0, View::Rounded32(x)) => small::strip::<Q5_0>(strip, x, tokens, sums),
        (T::Q5_1, View::Rounded32(x)) => small::strip::<Q5_1>(strip, x, tokens, sums),
        (T::Q8_0, View::Rounded32(x)) => small::strip::<Q8_0>(strip, x, tokens, sums),
        (T::IQ4_NL, View::Rounded32(x)) => small::strip::<IQ4_NL>(strip, x, tokens, sums),
        (T::Q2_K, View::Rounded256(x)) => large::strip::<Q2_K>(strip, x, tokens, sums),
        (T::Q3_K, View::Rounded256(x)) => large::strip::<Q3_K>(strip, x, tokens, sums),
        (T::Q4_K, View::Rounded256(x)) => large::strip::<Q4_K>(strip, x, tokens, sums),
        (T::Q5_K, View::Rounded256(x)) => large::strip::<Q5_K>(strip, x, tokens, sums),
        (T::Q6_K, View::Rounded256(x)) => large::strip::<Q6_K>(strip, x, tokens, sums),
        (T::IQ4_XS, View::Rounded256(x)) => large::strip::<IQ4_XS>(strip, x, tokens, sums),
        (T::IQ1_S, View::Rounded256(x)) => signed::strip::<IQ1_S>(strip, x, tokens, sums),
        (T::IQ1_M, View::Rounded256(x)) => signed::strip::<IQ1_M>(strip, x, tokens, sums),
        (T::IQ2_XXS, View::Rounded256(x)) => signed::strip::<IQ2_XXS>(strip, x, tokens, sums),
        (T::IQ2_XS, View::Rounded256(x)) => signed::strip::<IQ2_XS>(strip, x, tokens, sums),
        (T::IQ2_S, View::Rounded256(x)) => signed::strip::<IQ2_S>(strip, x, tokens, sums),
        (T::IQ3_XXS, View::Rounded256(x)) => signed::strip::<IQ3_XXS>(strip, x, tokens, sums),
        (T::IQ3_S, View::Rounded256(x)) => signed::strip::<IQ3_S>(strip, x, tokens, sums),
        (T::TQ1_0, View::Rounded256(x)) => signed::strip::<TQ1_0>(strip, x, tokens, sums),
        (T::TQ2_0, View::Rounded256(x)) => signed::strip::<TQ2_0>(strip, x, tokens, sums),
        (kind, View::F32(x)) if is_decoded(kind) => numbers::decoded(kind, strip, x, tokens, sums),
        _ => panic!("activations in another form than weights"),
    }
}
