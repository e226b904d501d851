//! The innermost loops, compiled for several instruction sets and chosen when they run.
//!
//! Each result is summed in an order that does not depend on how many rows or tokens are computed
//! beside it. So a sequence gets the same numbers alone and in a batch.

#![expect(unsafe_code, reason = "a kernel")]

/// The instruction sets that kernels exist for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What every processor of the architecture has.
    Base,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// AVX-512 F.
    Avx512,
}

/// The best level of this processor. The standard library remembers what it detected.
#[inline]
pub fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            return Level::Avx512;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Level::Avx2;
        }
    }
    Level::Base
}

/// Compiles a function once per level; the compiler vectorises the body.
#[macro_export]
macro_rules! leveled {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        pub fn $name($($arg: $ty),*) $(-> $out)? {
            #[inline(always)]
            fn body($($arg: $ty),*) $(-> $out)? $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            fn avx512($($arg: $ty),*) $(-> $out)? { body($($arg),*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) $(-> $out)? { body($($arg),*) }
            match $crate::ops::level() {
                // SAFETY: the processor was just found to have these instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::ops::Level::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: the same.
                #[cfg(target_arch = "x86_64")]
                $crate::ops::Level::Avx2 => unsafe { avx2($($arg),*) },
                _ => body($($arg),*),
            }
        }
    };
}

/// `e^x` to about 2 units in the last place, in a form that vectorises (the polynomial of Cephes'
/// `expf`). Below -87.3 the result is 0, above 88.7 infinite.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding and subtracting it rounds to whole numbers
    let clamped = x.clamp(-87.3, 88.7);
    let n = (clamped * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = clamped - n * 0.693_359_4 + n * 2.121_944_4e-4; // ln 2 in two parts
    let mut p = 1.987_569_1e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.500_000_1] {
        p = p * r + c;
    }
    let mantissa = p * r * r + r + 1.0;
    // 2^n in two steps, for n = 128 is beyond one exponent.
    let half = (n as i32) >> 1;
    let power = |n: i32| f32::from_bits(((n + 127) as u32) << 23);
    let y = mantissa * power(half) * power(n as i32 - half);
    if x < -87.3 {
        0.0
    } else if x > 88.72 {
        f32::INFINITY
    } else {
        y
    }
}

leveled! {
    /// `out[i] = silu(gate[i]) * up[i]`
    fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((o, g), u) in out.iter_mut().zip(gate).zip(up) {
            *o = g / (1.0 + exp(-g)) * u;
        }
    }
}

leveled! {
    /// Turns scores into probabilities: `exp(s * scale - max)`, normalised.
    fn softmax(scores: &mut [f32], scale: f32) {
        let mut max = f32::NEG_INFINITY;
        for s in scores.iter_mut() {
            *s *= scale;
            max = max.max(*s);
        }
        // Sixteen partial sums in a fixed order: fast, and the same whatever the instruction set.
        let mut sums = [0f32; 16];
        let (chunks, rest) = scores.as_chunks_mut::<16>();
        for chunk in chunks {
            for (s, sum) in chunk.iter_mut().zip(&mut sums) {
                *s = exp(*s - max);
                *sum += *s;
            }
        }
        for (s, sum) in rest.iter_mut().zip(&mut sums) {
            *s = exp(*s - max);
            *sum += *s;
        }
        let inverse = 1.0 / sums.iter().sum::<f32>();
        scores.iter_mut().for_each(|s| *s *= inverse);
    }
}

leveled! {
    /// `out += weight * x`
    fn add_scaled(out: &mut [f32], weight: f32, x: &[f32]) {
        for (o, x) in out.iter_mut().zip(x) {
            *o += weight * x;
        }
    }
}

leveled! {
    /// `out += weights[i] * values[i * stride ..]` for every weight, in order.
    fn add_all_scaled(out: &mut [f32], weights: &[f32], values: &[f32], stride: usize) {
        for (weight, x) in weights.iter().zip(values.chunks(stride)) {
            for (o, x) in out.iter_mut().zip(x) {
                *o += weight * x;
            }
        }
    }
}

leveled! {
    /// `out[i] = x[i] / sqrt(mean(x^2) + eps) * weight[i]`
    fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
        let mut sums = [0f32; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (x, sum) in chunk.iter().zip(&mut sums) {
                *sum += x * x;
            }
        }
        for (x, sum) in rest.iter().zip(&mut sums) {
            *sum += x * x;
        }
        let mean = sums.iter().sum::<f32>() / x.len() as f32;
        let scale = 1.0 / (mean + eps).sqrt();
        for ((o, x), w) in out.iter_mut().zip(x).zip(weight) {
            *o = x * scale * w;
        }
    }
}

leveled! {
    /// 0 where all are finite: what is not stays NaN times zero. Sixteen sums, for the compiler to vectorise.
    fn zero_sum(values: &[f32]) -> f32 {
        let mut sums = [0f32; 16];
        let (chunks, rest) = values.as_chunks::<16>();
        for chunk in chunks {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value * 0.0;
            }
        }
        for (sum, value) in sums.iter_mut().zip(rest) {
            *sum += value * 0.0;
        }
        sums.iter().sum()
    }
}

leveled! {
    /// The sum of their squares, as a norm takes it.
    fn square_sum(values: &[f32]) -> f32 {
        let mut sums = [0f32; 16];
        let (chunks, rest) = values.as_chunks::<16>();
        for chunk in chunks {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value * value;
            }
        }
        for (sum, value) in sums.iter_mut().zip(rest) {
            *sum += value * value;
        }
        sums.iter().sum()
    }
}

/// The products of `R` rows with `C` others: `out[r][c] = a[r] . b[c]`. All have one length.
#[inline]
pub fn dots<const R: usize, const C: usize>(a: [&[f32]; R], b: [&[f32]; C]) -> [[f32; C]; R] {
    let n = a[0].len();
    assert!(a.iter().all(|a| a.len() == n) && b.iter().all(|b| b.len() == n));
    match level() {
        // SAFETY: the processor has AVX-512 F; all slices have length n.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { dots_avx512(a, b, n) },
        // SAFETY: the processor has AVX2 and FMA; all slices have length n.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { dots_avx2(a, b, n) },
        _ => dots_base(a, b),
    }
}

fn dots_base<const R: usize, const C: usize>(a: [&[f32]; R], b: [&[f32]; C]) -> [[f32; C]; R] {
    a.map(|a| {
        b.map(|b| {
            let mut sums = [0f32; 8];
            let (a8, a_rest) = a.as_chunks::<8>();
            let (b8, b_rest) = b.as_chunks::<8>();
            for (a, b) in a8.iter().zip(b8) {
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum += a * b;
                }
            }
            let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
            sums.iter().sum::<f32>() + rest
        })
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn dots_avx512<const R: usize, const C: usize>(a: [&[f32]; R], b: [&[f32]; C], n: usize) -> [[f32; C]; R] {
    use std::arch::x86_64::*;
    let mut sums = [[_mm512_setzero_ps(); C]; R];
    let mut at = 0;
    while at < n {
        let left = n - at;
        let mask: __mmask16 = if left >= 16 { !0 } else { (1 << left) - 1 };
        // SAFETY: the mask keeps every load inside the slices, which all have length n.
        let bs: [__m512; C] = std::array::from_fn(|c| unsafe { _mm512_maskz_loadu_ps(mask, b[c].as_ptr().add(at)) });
        for r in 0..R {
            // SAFETY: the same.
            let ar = unsafe { _mm512_maskz_loadu_ps(mask, a[r].as_ptr().add(at)) };
            for c in 0..C {
                sums[r][c] = _mm512_fmadd_ps(ar, bs[c], sums[r][c]);
            }
        }
        at += 16;
    }
    std::array::from_fn(|r| std::array::from_fn(|c| _mm512_reduce_add_ps(sums[r][c])))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn dots_avx2<const R: usize, const C: usize>(a: [&[f32]; R], b: [&[f32]; C], n: usize) -> [[f32; C]; R] {
    use std::arch::x86_64::*;
    let mut sums = [[_mm256_setzero_ps(); C]; R];
    let whole = n / 8 * 8;
    let mut at = 0;
    while at < whole {
        // SAFETY: at + 8 is at most n, the length of every slice.
        let bs: [__m256; C] = std::array::from_fn(|c| unsafe { _mm256_loadu_ps(b[c].as_ptr().add(at)) });
        for r in 0..R {
            // SAFETY: the same.
            let ar = unsafe { _mm256_loadu_ps(a[r].as_ptr().add(at)) };
            for c in 0..C {
                sums[r][c] = _mm256_fmadd_ps(ar, bs[c], sums[r][c]);
            }
        }
        at += 8;
    }
    std::array::from_fn(|r| {
        std::array::from_fn(|c| {
            let mut lanes = [0f32; 8];
            // SAFETY: the array has room for the eight lanes.
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), sums[r][c]) };
            let rest: f32 = a[r][whole..].iter().zip(&b[c][whole..]).map(|(a, b)| a * b).sum();
            lanes.iter().sum::<f32>() + rest
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exact_to_a_few_units_over_its_whole_range() {
        let mut x = -87.0f32;
        while x < 88.6 {
            let (ours, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((ours / exact - 1.0).abs() < 4e-7, "e^{x}: {ours} against {exact}");
            x += 0.0137;
        }
        assert_eq!((exp(f32::NEG_INFINITY), exp(-100.0), exp(0.0)), (0.0, 0.0, 1.0));
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
    }

    #[test]
    fn products_agree_with_a_sum_in_double_precision_at_every_length_and_level() {
        for n in [1, 7, 8, 15, 16, 17, 32, 100, 256] {
            let row = |seed: usize| -> Vec<f32> {
                (0..n).map(|i| ((i * 37 + seed * 101) % 23) as f32 / 11.0 - 1.0).collect()
            };
            let (a, b): (Vec<_>, Vec<_>) = ((0..4).map(row).collect(), (4..8).map(row).collect());
            let four = |rows: &[Vec<f32>]| -> [Vec<f32>; 4] { std::array::from_fn(|i| rows[i].clone()) };
            let (a, b) = (four(&a), four(&b));
            let (ar, br) = (a.each_ref().map(Vec::as_slice), b.each_ref().map(Vec::as_slice));
            let together = dots(ar, br);
            let base = dots_base(ar, br);
            for r in 0..4 {
                for c in 0..4 {
                    let exact: f64 = a[r].iter().zip(&b[c]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    assert!((f64::from(together[r][c]) - exact).abs() < 1e-4);
                    assert!((f64::from(base[r][c]) - exact).abs() < 1e-4);
                    // The same bits alone as in company.
                    assert_eq!(dots([ar[r]], [br[c]])[0][0], together[r][c]);
                    assert_eq!(dots(ar, [br[c]])[r][0], together[r][c]);
                }
            }
        }
    }
}
