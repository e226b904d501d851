//! Products by AVX2, FMA and F16C.
//!
//! `pmaddubsw` multiplies unsigned codes with rounded activations and adds pairs in 16 bits, where several such sums have room
//! ([`Format::RUN`]); `pmaddwd` multiplies those with the scale of their sub-block and adds pairs in 32 bits. A vector holds
//! 4 columns of 8 rows, so that no sum is ever taken across a vector. One token's codes are unpacked into registers; for more,
//! a group of 256 columns is unpacked once into the nearest cache and multiplied with four tokens at a time.

#![expect(unsafe_code, reason = "kernels")]

pub(super) mod ahead;
mod large;
mod numbers;
pub(super) mod points;
pub(super) mod signed;
mod small;
pub(super) mod sums;
pub(super) mod unpack;

use super::activations::View;
use super::format::{self, *};
use super::matrix::{PackedMatrix, Strip};
use super::portable::Sums;
use crate::quant::{GgmlType, is_decoded};

/// The products of 16 rows with `sums.len()` tokens; `tokens` are rows of `x`.
///
/// # Safety
/// The processor has AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
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
