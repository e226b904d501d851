//! The norm kernels against the formula.

use crate::gpu::product::{activation_bytes, activation_stride};
use crate::gpu::{Arg, Buffer, Launch, emulated};

/// Where a column stands in an activation row: `activation_index` of `kernels/activation.cuh`.
fn place(column: usize) -> usize {
    (column & !255) + ((column & 63) >> 3) * 32 + ((column & 255) >> 6) * 8 + (column & 7)
}

fn normed(x: &[f32], weight: &[f32]) -> Vec<f64> {
    let mean = x.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / x.len() as f64;
    let scale = 1.0 / (mean + 1e-5).sqrt();
    x.iter().zip(weight).map(|(x, w)| f64::from(*x) * scale * f64::from(*w)).collect()
}

fn numbers(len: usize, step: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * step % 101) as f32 - 50.0) / 17.0).collect()
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn norms_are_those_of_the_formula_with_and_without_answers_to_add() {
    let gpu = emulated();
    for (rows, cols, top) in [(1usize, 32usize, 2usize), (3, 264, 1), (2, 4096, 3), (1, 100, 2)] {
        let (x, weight) = (numbers(rows * cols, 37), numbers(cols, 11));
        let (answers, shares) = (numbers(rows * top * cols, 53), numbers(rows * top, 7));
        let mixed = |row: usize, i: usize| {
            let answer = |k: usize| shares[row * top + k] * answers[(row * top + k) * cols + i];
            x[row * cols + i] + (0..top).map(answer).sum::<f32>()
        };
        let buffers = [&x, &answers, &shares, &weight].map(|numbers| Buffer::of(&gpu, numbers).expect("room"));
        let [on, answer, share, weights] = buffers.each_ref().map(|buffer| Arg::from(buffer.address()));
        let out = Buffer::new(&gpu, activation_bytes(rows, cols)).expect("room");
        let launch = Launch::line(rows as u32, cols.div_ceil(8).next_multiple_of(32).min(1024) as u32);
        let (to, n, eps) = (Arg::from(out.address()), Arg::I32(cols as i32), Arg::F32(1e-5));
        let check = |wanted: &dyn Fn(usize) -> Vec<f32>| {
            let stride = activation_stride(cols);
            let halves = out.read::<half::f16>(rows * stride).expect("read");
            for (row, out) in halves.chunks(stride).enumerate() {
                let wanted = normed(&wanted(row), &weight);
                for i in 0..stride {
                    let (out, wanted) = (out[place(i)].to_f64(), wanted.get(i).copied().unwrap_or(0.0));
                    assert!((wanted - out).abs() <= 1e-3 * wanted.abs() + 1e-5, "{out} should be {wanted}");
                }
            }
        };
        gpu.launch("rms_norm", launch, &[to, on, weights, n, eps]).expect("runs");
        check(&|row| x[row * cols..][..cols].to_vec());
        let top_arg = Arg::I32(top as i32);
        gpu.launch("combine_rms_norm", launch, &[to, on, answer, share, weights, n, top_arg, eps]).expect("runs");
        check(&|row| (0..cols).map(|i| mixed(row, i)).collect());
        let sums = buffers[0].read::<f32>(rows * cols).expect("read");
        for (at, sum) in sums.iter().enumerate() {
            assert!((sum - mixed(at / cols, at % cols)).abs() < 1e-4);
        }
    }
}
