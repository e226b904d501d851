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
    /// AVX2 with fused multiply-add and conversion from halves.
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
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
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

pub(crate) use leveled;

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
    /// `out += weight * x`
    fn add_scaled(out: &mut [f32], weight: f32, x: &[f32]) {
        for (o, x) in out.iter_mut().zip(x) {
            *o += weight * x;
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
}
