//! Which instruction set multiplies.

#![expect(unsafe_code, reason = "kernels for one instruction set")]

use std::ops::Range;
use std::sync::OnceLock;

use super::activations::{Activations, Form, View, accepts, usual_form};
use super::layout::TILE_ROWS;
use super::matrix::PackedMatrix;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{amx, avx2, avx512};
use crate::quant::GgmlType;

/// The environment variable that names the best instruction set to be used: to measure and to try the others.
pub const VARIABLE: &str = "MIXTRAL_INSTRUCTIONS";

/// The instruction sets that products exist for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// What every processor has.
    Portable,
    /// AVX2 with fused multiply-add and conversion from halves.
    Avx2,
    /// AVX-512 with F, BW and VNNI.
    Avx512,
    /// The same, and tiles of bytes (AMX) for many tokens.
    Amx,
}

impl InstructionSet {
    /// All of them, from the plainest to the best.
    #[must_use]
    pub const fn all() -> [Self; 4] {
        [Self::Portable, Self::Avx2, Self::Avx512, Self::Amx]
    }

    /// Its name, as [`VARIABLE`] takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Amx => "amx",
        }
    }

    /// The best that this processor has and [`VARIABLE`] allows.
    #[must_use]
    pub fn best() -> Self {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        *BEST.get_or_init(|| {
            let name = std::env::var(VARIABLE).unwrap_or_default();
            let most = Self::all().into_iter().find(|set| set.name() == name);
            if most.is_none() && !name.is_empty() {
                tracing::warn!(name, "{VARIABLE} names no instruction set: portable, avx2, avx512 or amx");
            }
            Self::best_up_to(most.unwrap_or(Self::Amx))
        })
    }

    /// Whether it multiplies numbers that are the sum of two BF16: tiles of BF16, which come with those of bytes.
    pub(super) fn multiplies_terms(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return self == Self::Amx && amx::multiplies_numbers();
        #[cfg(not(target_arch = "x86_64"))]
        return false;
    }

    /// The best that this processor has, `most` at most.
    fn best_up_to(most: Self) -> Self {
        let allowed = Self::all().into_iter().take_while(|set| *set != most).chain([most]);
        allowed.filter(|set| set.is_available()).last().unwrap_or(Self::Portable)
    }

    /// Whether this processor has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                let bits = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
                bits && is_x86_feature_detected!("avx512vnni") && Self::Avx2.is_available()
            }
            #[cfg(target_arch = "x86_64")]
            Self::Amx => Self::Avx512.is_available() && amx::is_available(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// The form that weights of a type are multiplied with on this processor.
#[must_use]
pub fn form(kind: GgmlType) -> Form {
    match kind {
        GgmlType::F16 | GgmlType::BF16 if InstructionSet::best().multiplies_terms() => Form::Terms,
        _ => usual_form(kind),
    }
}

/// Multiplies `rows` of a matrix with the rows of `x` that `tokens` list, on the calling thread. `put(i, row, products)` is told
/// the products of up to 16 rows, `row` the first, with token `tokens[i]`.
///
/// # Panics
/// If `rows` begin inside a tile of [`TILE_ROWS`], or end inside one that is not the last; if `x` has another form or width than
/// the weights, or not these tokens.
pub fn product(
    w: &PackedMatrix,
    rows: Range<usize>,
    x: &Activations,
    tokens: &[u32],
    put: &mut dyn FnMut(usize, usize, &[f32]),
) {
    product_with(InstructionSet::best(), w, rows, x, tokens, put);
}

/// [`product`], by an instruction set that the processor has.
///
/// # Panics
/// As [`product`]; and if the processor does not have it.
pub fn product_with(
    set: InstructionSet,
    w: &PackedMatrix,
    rows: Range<usize>,
    x: &Activations,
    tokens: &[u32],
    put: &mut dyn FnMut(usize, usize, &[f32]),
) {
    assert!(accepts(w.kind(), x.form()) && w.cols() == x.cols(), "{x:?} is not what {w:?} is multiplied with");
    assert!(tokens.iter().all(|token| (*token as usize) < x.rows()), "tokens of the activations");
    assert!(set.is_available(), "the processor has {set:?}");
    #[cfg(target_arch = "x86_64")]
    if let (true, View::Terms(x)) = (set.multiplies_terms(), x.view()) {
        // SAFETY: the processor has tiles of BF16, as was just asked.
        return unsafe { amx::numbers(w, rows, x, tokens, put) };
    }
    let is_plain = set == InstructionSet::Portable || matches!(x.view(), View::Terms(_));
    #[cfg(target_arch = "x86_64")]
    if set == InstructionSet::Amx && !is_plain && tokens.len() >= amx::FROM && amx::serves(w.kind()) {
        // SAFETY: the processor has it, as was just asked.
        return unsafe { amx::product(w, rows, x.view(), tokens, put) };
    }
    /// So many tokens at once: their sums stay in the nearest cache.
    const TOKENS: usize = 96;
    let mut sums = [[0f32; TILE_ROWS]; TOKENS];
    for (chunk, tokens) in tokens.chunks(TOKENS).enumerate() {
        for strip in w.strips(rows.clone()) {
            let sums = &mut sums[..tokens.len()];
            match set {
                _ if is_plain => portable::strip(w, strip, x.view(), tokens, sums),
                // SAFETY: the processor has it, as was just asked.
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => unsafe { avx2::strip(w, strip, x.view(), tokens, sums) },
                // SAFETY: the same.
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 | InstructionSet::Amx => unsafe {
                    avx512::strip(w, strip, x.view(), tokens, sums)
                },
                _ => portable::strip(w, strip, x.view(), tokens, sums),
            }
            for (i, sums) in sums.iter().enumerate() {
                put(chunk * TOKENS + i, strip.first, &sums[..strip.count]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_set_is_one_that_the_processor_has_and_no_better_than_asked_for() {
        for most in InstructionSet::all() {
            let best = InstructionSet::best_up_to(most);
            assert!(best.is_available() && (best == most || !most.is_available()), "{best:?} for {most:?}");
        }
        assert_eq!(InstructionSet::best_up_to(InstructionSet::Portable), InstructionSet::Portable);
    }
}
