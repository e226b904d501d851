//! Matrix products by type: `cargo bench -p mixtral-engine --bench products [-- TYPE…]`. GB of weights a second with one token,
//! GFLOP a second with more; beside candle's products, on all threads.

#![expect(unsafe_code, reason = "activations and results that threads share by rows")]

use std::time::Instant;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{Device, Module as _, Tensor};
use memmap2::MmapMut;
use mixtral_engine::cpu::product::{Activations, InstructionSet, PackedMatrix, TILE_ROWS, form, product};
use mixtral_engine::quant::GgmlType::{self, *};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const COLS: usize = 4096;
/// Rows for one token: more than caches hold. And for many.
const ROWS: usize = 49_152;
const FEWER: usize = 6144;
const TOKENS: [usize; 4] = [1, 4, 16, 512];
const ROUNDS: usize = 5;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let bandwidth = bandwidth();
    let set = InstructionSet::best().name();
    println!("memory: {bandwidth:.1} GB/s, {} threads, {set}", rayon::current_num_threads());
    println!("each: ours, candle's (ours / candle's)");
    for (kind, candle) in [
        (F32, Some(GgmlDType::F32)),
        (F16, Some(GgmlDType::F16)),
        (BF16, Some(GgmlDType::BF16)),
        (Q4_0, Some(GgmlDType::Q4_0)),
        (Q4_1, Some(GgmlDType::Q4_1)),
        (Q5_0, Some(GgmlDType::Q5_0)),
        (Q5_1, Some(GgmlDType::Q5_1)),
        (Q8_0, Some(GgmlDType::Q8_0)),
        (Q2_K, Some(GgmlDType::Q2K)),
        (Q3_K, Some(GgmlDType::Q3K)),
        (Q4_K, Some(GgmlDType::Q4K)),
        (Q5_K, Some(GgmlDType::Q5K)),
        (Q6_K, Some(GgmlDType::Q6K)),
        (IQ4_NL, None),
        (IQ4_XS, None),
    ] {
        if asked.is_empty() || asked.iter().any(|name| name == kind.name()) {
            measure(kind, candle, bandwidth);
        }
    }
}

fn measure(kind: GgmlType, candle: Option<GgmlDType>, bandwidth: f64) {
    let bytes = weights(kind, ROWS * COLS);
    let begun = Instant::now();
    let packed = pack(kind, ROWS, &bytes);
    let packing = bytes.len() as f64 / 1e9 / begun.elapsed().as_secs_f64();
    let file = bytes.len() as f64;
    println!(
        "\n{kind}: {:.4} bits a weight, packed at {packing:.2} GB/s",
        8.0 * packed.bytes() as f64 / (ROWS * COLS) as f64
    );
    for tokens in TOKENS {
        let rows = if tokens == 1 { ROWS } else { FEWER };
        let bytes = &bytes[..bytes.len() / ROWS * rows];
        let fewer;
        let packed = if rows == ROWS {
            &packed
        } else {
            fewer = pack(kind, rows, bytes);
            &fewer
        };
        let x: Vec<f32> = (0..tokens * COLS).map(|i| (i * 7919 % 2003) as f32 / 1001.0 - 1.0).collect();
        let (work, unit) =
            if tokens == 1 { (file / 1e9, "GB/s") } else { ((2 * tokens * rows * COLS) as f64 / 1e9, "GFLOP/s") };
        let activations = Activations::new(form(kind), tokens, COLS);
        let mut out = vec![0f32; tokens * rows];
        let ours = work / best(|| ours(packed, &activations, &x, &mut out));
        let mut line = format!("{tokens:>4} tokens {ours:>7.1} {unit}");
        if tokens == 1 {
            let read = packed.bytes() as f64 / file * ours;
            line += &format!(" ({:.0}% of the bandwidth)", 100.0 * read / bandwidth);
        }
        let tensor = Tensor::from_vec(x, (tokens, COLS), &Device::Cpu).expect("a tensor");
        if let Some(dtype) = candle {
            let storage = QStorage::from_data(bytes.into(), &Device::Cpu, dtype).expect("blocks");
            let weights = QTensor::new(storage, (rows, COLS)).expect("a matrix");
            let weights = QMatMul::from_qtensor(weights).expect("a matrix");
            let theirs = work / best(|| drop(weights.forward(&tensor).expect("a product")));
            line += &format!(", {theirs:.1} ({:.2})", ours / theirs);
        }
        println!("{line}");
    }
}

fn pack(kind: GgmlType, rows: usize, bytes: &[u8]) -> PackedMatrix {
    PackedMatrix::pack(kind, rows, COLS, bytes).expect("a type that can be multiplied").expect("memory")
}

/// Seconds of the fastest of some rounds.
fn best(mut round: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        round();
        best = best.min(begun.elapsed().as_secs_f64());
    }
    best
}

/// Rounds activations and multiplies, each thread its rows.
fn ours(w: &PackedMatrix, activations: &Activations, x: &[f32], out: &mut [f32]) {
    x.par_chunks(COLS).enumerate().for_each(|(row, x)| {
        // SAFETY: each row is set by one task.
        assert!(unsafe { activations.set(row, x) }, "finite");
    });
    struct Out(*mut f32, usize);
    // SAFETY: tasks write disjoint rows.
    unsafe impl Sync for Out {}
    impl Out {
        fn put(&self, at: usize, values: &[f32]) {
            assert!(at + values.len() <= self.1, "a place of the result");
            // SAFETY: inside the result, and only one task writes these rows.
            unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), self.0.add(at), values.len()) };
        }
    }
    let tokens: Vec<u32> = (0..(x.len() / COLS) as u32).collect();
    let (rows, out) = (w.rows(), Out(out.as_mut_ptr(), out.len()));
    let share = rows.div_ceil(rayon::current_num_threads()).next_multiple_of(TILE_ROWS);
    (0..rows).into_par_iter().step_by(share).for_each(|first| {
        let range = first..(first + share).min(rows);
        product(w, range, activations, &tokens, &mut |token, row, values| out.put(token * rows + row, values));
    });
}

/// Blocks of random codes with small scales.
fn weights(kind: GgmlType, count: usize) -> Vec<u8> {
    let scales: &[usize] = match kind {
        Q4_1 | Q5_1 | Q4_K | Q5_K => &[0, 2],
        Q2_K => &[80, 82],
        Q3_K => &[108],
        Q6_K => &[208],
        _ => &[0],
    };
    let size = kind.block_bytes();
    let mut bytes = vec![0u8; count / kind.block_len() * size];
    bytes.par_chunks_mut(size << 16).enumerate().for_each(|(i, bytes)| {
        ChaCha8Rng::seed_from_u64(i as u64).fill(&mut bytes[..]);
        for block in bytes.chunks_exact_mut(size) {
            match kind {
                // An exponent that is small, whatever the other bits are.
                F32 => block[3] = 0x3c | block[3] & 0x80,
                F16 => block[1] = 0x20 | block[1] & 0x83,
                BF16 => block[1] = 0x3c | block[1] & 0x80,
                _ => scales.iter().for_each(|at| block[*at..at + 2].copy_from_slice(&[0x20, 0x21])),
            }
        }
    });
    bytes
}

/// GB a second that all threads read from huge pages.
fn bandwidth() -> f64 {
    let mut data = MmapMut::map_anon(1 << 29).expect("memory");
    let _ = data.advise(memmap2::Advice::HugePage);
    data.par_chunks_mut(1 << 20).for_each(|part| part.fill(1));
    let share = data.len() / rayon::current_num_threads();
    let seconds = best(|| {
        let sum: u64 = data
            .par_chunks(share)
            .map(|part| {
                let mut sums = [0u64; 16];
                for sixteen in part.as_chunks::<128>().0 {
                    for (sum, eight) in sums.iter_mut().zip(sixteen.as_chunks::<8>().0) {
                        *sum = sum.wrapping_add(u64::from_ne_bytes(*eight));
                    }
                }
                sums.into_iter().fold(0, u64::wrapping_add)
            })
            .sum();
        std::hint::black_box(sum);
    });
    data.len() as f64 / 1e9 / seconds
}
