//! Activations rounded to 8 bits, and how they are rounded.
//!
//! The arithmetic is that of `quantize_row_q8_K` and `quantize_row_q8_0` in ggml's `ggml-quants.c`, but for the sums: ggml rounds
//! those of blocks of 32 to halves, here they are exact.

#![expect(unsafe_code, reason = "kernels compiled for several instruction sets")]

use half::f16;

use super::layout::GROUP;

/// 256 activations that have one scale: what K types and IQ4_XS are multiplied with.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Rounded256 {
    /// From -127 to 127.
    pub codes: [i8; GROUP],
    /// The sums of 16 codes each.
    pub sums16: [i16; 16],
    /// The sums of 32.
    pub sums32: [i16; 8],
    pub scale: f32,
}

/// 256 activations with a scale for each 32: what other quantised types are multiplied with.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Rounded32 {
    /// From -127 to 127.
    pub codes: [i8; GROUP],
    /// Rounded to halves.
    pub scales: [f32; 8],
    /// The sums of 32 codes each.
    pub sums: [i32; 8],
}

const _: () = assert!(size_of::<Rounded256>() == 320 && size_of::<Rounded32>() == 320, "five cache lines");

/// A group of activations in one of these forms.
pub trait Rounded: Copy + Send + Sync {
    const ZERO: Self;

    /// Rounds up to 256 activations, of which some blocks of 32 may be missing. Tells whether all were finite.
    fn round(x: &[f32], out: &mut Self) -> bool;
}

impl Rounded for Rounded256 {
    const ZERO: Self = Self { codes: [0; GROUP], sums16: [0; 16], sums32: [0; 8], scale: 0.0 };

    fn round(x: &[f32], out: &mut Self) -> bool {
        let most = largest(x);
        if !most.is_finite() {
            return false;
        }
        // Where all are zero, or too small for their inverse to be a number, so are the codes.
        let inverse = if most < f32::MIN_POSITIVE { 0.0 } else { 127.0 / most };
        out.scale = if inverse == 0.0 { 0.0 } else { 1.0 / inverse };
        codes(x, inverse, &mut out.codes);
        for (sum, codes) in out.sums16.iter_mut().zip(out.codes.as_chunks::<16>().0) {
            *sum = codes.iter().map(|code| i16::from(*code)).sum();
        }
        for (sum, pair) in out.sums32.iter_mut().zip(out.sums16.as_chunks::<2>().0) {
            *sum = pair[0] + pair[1];
        }
        true
    }
}

impl Rounded for Rounded32 {
    const ZERO: Self = Self { codes: [0; GROUP], scales: [0.0; 8], sums: [0; 8] };

    fn round(x: &[f32], out: &mut Self) -> bool {
        let blocks = x.chunks_exact(32).zip(out.codes.as_chunks_mut::<32>().0).zip(&mut out.scales).zip(&mut out.sums);
        let mut finite = true;
        for (((x, out), scale), sum) in blocks {
            let most = largest(x);
            finite &= most.is_finite();
            let exact = most / 127.0;
            let inverse = if most < f32::MIN_POSITIVE { 0.0 } else { 1.0 / exact };
            // What halves cannot hold keeps its own scale.
            let half = f16::from_f32(exact).to_f32();
            *scale = if half.is_finite() { half } else { exact };
            codes(x, inverse, out);
            *sum = out.iter().map(|code| i32::from(*code)).sum();
        }
        finite
    }
}

/// The largest magnitude; NaN or infinite where a number is.
pub fn largest(x: &[f32]) -> f32 {
    #[inline(always)]
    fn plain(x: &[f32]) -> f32 {
        // As whole numbers, the bits of magnitudes have their order, and NaN stands above all.
        let mut most = [0i32; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (most, x) in most.iter_mut().zip(chunk) {
                *most = (*most).max((x.to_bits() & 0x7fff_ffff) as i32);
            }
        }
        let rest = rest.iter().map(|x| (x.to_bits() & 0x7fff_ffff) as i32);
        f32::from_bits(most.into_iter().chain(rest).max().unwrap_or(0) as u32)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn avx2(x: &[f32]) -> f32 {
        plain(x)
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just found to have it.
        return unsafe { avx2(x) };
    }
    plain(x)
}

/// Rounds to the nearest whole numbers, halves to the even one.
fn codes(x: &[f32], inverse: f32, out: &mut [i8]) {
    #[inline(always)]
    fn plain(x: &[f32], inverse: f32, out: &mut [i8]) {
        // 1.5 * 2^23: what is added to it is rounded to a whole number, which stands in the lowest bits.
        const ROUND: f32 = 12_582_912.0;
        for (out, x) in out.iter_mut().zip(x) {
            *out = (x * inverse + ROUND).to_bits() as i8;
        }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn avx2(x: &[f32], inverse: f32, out: &mut [i8]) {
        plain(x, inverse, out);
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just found to have it.
        return unsafe { avx2(x, inverse, out) };
    }
    plain(x, inverse, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_times_scales_are_the_activations_to_half_a_step() {
        for size in [1e-30f32, 0.01, 3.0, 1e9, 1e38] {
            let x: Vec<f32> = (0..GROUP).map(|i| ((i * 37 % 211) as f32 / 105.0 - 1.0) * size).collect();
            let (mut large, mut small) = (Rounded256::ZERO, Rounded32::ZERO);
            assert!(Rounded256::round(&x, &mut large) && Rounded32::round(&x, &mut small));
            for (i, x) in x.iter().enumerate() {
                let step = size / 127.0;
                assert!((f32::from(large.codes[i]) * large.scale - x).abs() <= 0.5001 * step, "{x} in a block of 256");
                if size > 1e-3 {
                    let found = f32::from(small.codes[i]) * small.scales[i / 32];
                    // Half a step, and 2^-11 of the largest for the scale's own rounding.
                    assert!((found - x).abs() <= 0.5001 * step + size / 2048.0, "{x} in a block of 32 is {found}");
                }
            }
            let sum = |range: std::ops::Range<usize>| large.codes[range].iter().map(|c| i32::from(*c)).sum::<i32>();
            assert!((0..16).all(|i| i32::from(large.sums16[i]) == sum(16 * i..16 * i + 16)));
            assert!((0..8).all(|i| i32::from(large.sums32[i]) == sum(32 * i..32 * i + 32)));
        }
    }

    #[test]
    fn what_is_no_number_is_told_and_zeros_stay_zeros() {
        for at in [0, 17, 255] {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = [0.5f32; GROUP];
                x[at] = bad;
                assert!(!Rounded256::round(&x, &mut { Rounded256::ZERO }), "{bad} at {at}");
                assert!(!Rounded32::round(&x, &mut { Rounded32::ZERO }), "{bad} at {at}");
            }
        }
        for tiny in [0.0f32, -0.0, 1e-45] {
            let mut out = Rounded256::ZERO;
            assert!(Rounded256::round(&[tiny; GROUP], &mut out) && out.codes == [0; GROUP] && out.scale == 0.0);
            let mut out = Rounded32::ZERO;
            assert!(Rounded32::round(&[tiny; GROUP], &mut out) && out.codes == [0; GROUP] && out.scales == [0.0; 8]);
        }
    }
}
