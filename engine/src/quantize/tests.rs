//! Quantised weights read back, beside those of candle's quantisers.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use proptest::prelude::*;
use rand::SeedableRng as _;

use crate::quant::{Blocks, GgmlType};

use super::*;

const COLS: usize = 512;
const ROWS: usize = 48;

fn quantised() -> impl Iterator<Item = GgmlType> {
    WRITABLE.into_iter().filter(|kind| kind.block_len() > 1)
}

/// The weighted squared error, as a part of the weighted sum of squares.
fn error(kind: GgmlType, bytes: &[u8], weights: &[f32], importance: &[f32]) -> f64 {
    let mut back = vec![0.0; weights.len()];
    Blocks::new(kind, bytes).expect("readable").dequantise(0, &mut back);
    let (mut error, mut all) = (0.0, 0.0);
    for ((weight, back), count) in weights.iter().zip(&back).zip(importance.iter().cycle()) {
        error += f64::from(count * (weight - back).powi(2));
        all += f64::from(count * weight * weight);
    }
    error / all
}

/// Nothing if candle does not write the type.
fn by_candle(kind: GgmlType, weights: &[f32], importance: Option<&[f32]>) -> Option<Vec<u8>> {
    let dtype = match kind {
        GgmlType::Q8_0 => GgmlDType::Q8_0,
        GgmlType::Q6_K => GgmlDType::Q6K,
        GgmlType::Q5_K => GgmlDType::Q5K,
        GgmlType::Q5_1 => GgmlDType::Q5_1,
        GgmlType::Q5_0 => GgmlDType::Q5_0,
        GgmlType::Q4_K => GgmlDType::Q4K,
        GgmlType::Q4_1 => GgmlDType::Q4_1,
        GgmlType::Q4_0 => GgmlDType::Q4_0,
        GgmlType::Q3_K => GgmlDType::Q3K,
        GgmlType::Q2_K => GgmlDType::Q2K,
        _ => return None,
    };
    let tensor = Tensor::from_slice(weights, (weights.len() / COLS, COLS), &Device::Cpu).expect("a tensor");
    let quantised = match importance.filter(|_| kind.block_len() == 256) {
        Some(importance) => QTensor::quantize_imatrix(&tensor, importance, dtype),
        None => QTensor::quantize(&tensor, dtype),
    };
    Some(quantised.expect("quantised").data().expect("bytes").into_owned())
}

/// What llama.cpp leaves of `plain_numbers` with `importances`.
const LLAMA_CPP: [(GgmlType, f64); 9] = [
    (GgmlType::IQ4_NL, 4.7950e-03),
    (GgmlType::IQ4_XS, 4.8920e-03),
    (GgmlType::IQ3_S, 1.2677e-02),
    (GgmlType::IQ3_XXS, 2.0060e-02),
    (GgmlType::IQ2_S, 4.7296e-02),
    (GgmlType::IQ2_XS, 5.9500e-02),
    (GgmlType::IQ2_XXS, 7.8224e-02),
    (GgmlType::IQ1_M, 1.4129e-01),
    (GgmlType::IQ1_S, 1.8215e-01),
];

/// Whole numbers from a simple rule, so that another program can make the same: sums of four bytes, near a normal
/// distribution.
fn plain_numbers(len: usize, mut state: u32) -> Vec<f32> {
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let sum: i32 = state.to_be_bytes()[..2].iter().map(|byte| i32::from(*byte)).sum();
        sum - 255
    };
    (0..len).map(|_| (next() + next()) as f32 / 4096.0).collect()
}

fn importances() -> Vec<f32> {
    (0..COLS).map(|i| 0.1 + ((i * 37 % 101) as f32 / 20.0).powi(2)).collect()
}

/// Sums of several uniform numbers, near a normal distribution; `heavy` makes a few of them large.
fn draw(seed: u64, heavy: bool) -> Vec<f32> {
    let mut random = rand::rngs::SmallRng::seed_from_u64(seed);
    let mut normal = move || (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0;
    (0..ROWS * COLS)
        .map(|_| {
            let weight = normal() * 0.05;
            if heavy { weight * (normal() * 0.8).exp() } else { weight }
        })
        .collect()
}

#[test]
fn the_weighted_error_is_less_than_that_of_candles_quantisers() {
    let importance = importances();
    let even = vec![1.0; COLS];
    for kind in quantised() {
        for (seed, heavy) in [(1, false), (2, true)] {
            let weights = draw(seed, heavy);
            for importance in [None, Some(importance.as_slice())] {
                let counted = importance.unwrap_or(&even);
                let ours = encode(kind, &weights, COLS, importance).expect("whole blocks");
                let ours = error(kind, &ours, &weights, counted);
                let Some(theirs) = by_candle(kind, &weights, importance) else { continue };
                let theirs = error(kind, &theirs, &weights, counted);
                let weighted = if importance.is_some() { "weighted" } else { "even" };
                eprintln!("{kind} heavy {heavy} {weighted}: {ours:.3e}, candle {theirs:.3e}, {:.3}", ours / theirs);
                assert!(ours < theirs, "{kind} heavy {heavy} {weighted}: {ours} is not less than {theirs}");
            }
        }
    }
}

#[test]
fn what_is_written_reads_back_within_the_types_precision() {
    let weights: Vec<f32> = (0..2048).map(|i| ((i * 37 % 211) as f32 / 105.0 - 1.0) * 0.3).collect();
    // relative mean square error, about a quarter more than what is measured
    for (kind, limit) in [
        (GgmlType::F32, 0.0),
        (GgmlType::F16, 1e-6),
        (GgmlType::BF16, 2e-5),
        (GgmlType::Q8_0, 1e-4),
        (GgmlType::Q6_K, 1e-3),
        (GgmlType::Q5_K, 4e-3),
        (GgmlType::Q5_1, 4e-3),
        (GgmlType::Q5_0, 4e-3),
        (GgmlType::Q4_K, 1.5e-2),
        (GgmlType::Q4_1, 1.5e-2),
        (GgmlType::Q4_0, 2e-2),
        (GgmlType::Q3_K, 7e-2),
        (GgmlType::Q2_K, 0.2),
        (GgmlType::IQ4_NL, 1.5e-2),
        (GgmlType::IQ4_XS, 1.5e-2),
        (GgmlType::IQ3_S, 5e-2),
        (GgmlType::IQ3_XXS, 7e-2),
        (GgmlType::IQ2_S, 0.2),
        (GgmlType::IQ2_XS, 0.2),
        (GgmlType::IQ2_XXS, 0.3),
        (GgmlType::IQ1_M, 0.4),
        (GgmlType::IQ1_S, 0.4),
    ] {
        let even = vec![1.0; 256];
        let plain = encode(kind, &weights, 256, None).expect("whole blocks");
        let measured = error(kind, &plain, &weights, &even);
        eprintln!("{kind}: {measured:.2e}");
        assert!(measured <= limit, "{kind}: {measured}");
    }
    assert!(encode(GgmlType::Q4_K, &weights, 128, None).is_err());
    assert!(encode(GgmlType::Q4_K, &weights, 256, Some(&[1.0; 255])).is_err());
    assert!(encode(GgmlType::TQ2_0, &weights, 256, None).is_err());
    assert_eq!(by_name("q4_k"), Some(GgmlType::Q4_K));
    assert_eq!(by_name("iq2xxs"), Some(GgmlType::IQ2_XXS));
    assert_eq!(by_name("TQ2_0"), None);
}

#[test]
fn what_a_block_holds_is_found_again_nearly_exactly() {
    let even = vec![1.0; COLS];
    for kind in quantised() {
        let held = |weights: &[f32]| {
            let bytes = encode(kind, weights, COLS, None).expect("whole blocks");
            let mut back = vec![1.0; weights.len()];
            Blocks::new(kind, &bytes).expect("readable").dequantise(0, &mut back);
            (back, error(kind, &bytes, weights, &even))
        };
        assert_eq!(held(&[0.0; COLS]).0, [0.0; COLS], "{kind}");
        let (back, first) = held(&draw(4, false));
        let (_, again) = held(&back);
        eprintln!("{kind}: {first:.2e}, again {again:.2e}");
        assert!(again < first / 10.0, "{kind}: {first}, again {again}");
    }
}

#[test]
fn extremes_and_a_matrix_of_zero_importance_do_no_harm() {
    let mut weights = draw(3, false);
    weights.truncate(COLS);
    for kind in quantised() {
        let even = error(kind, &encode(kind, &weights, COLS, None).expect("blocks"), &weights, &[1.0; COLS]);
        for importance in [[0.0; COLS], [1e-38; COLS], [1e38; COLS]] {
            let bytes = encode(kind, &weights, COLS, Some(&importance)).expect("blocks");
            let measured = error(kind, &bytes, &weights, &[1.0; COLS]);
            assert!(measured < 1.01 * even, "{kind}: {measured}, even {even}");
        }
        for size in [1e-30, 1e-7, 1e4] {
            let weights: Vec<f32> = weights.iter().map(|w| w * size).collect();
            let mut back = vec![0.0; COLS];
            let bytes = encode(kind, &weights, COLS, None).expect("blocks");
            Blocks::new(kind, &bytes).expect("readable").dequantise(0, &mut back);
            assert!(back.iter().all(|w| w.is_finite()), "{kind}: {size}");
        }
    }
}

/// The same weights as llama.cpp's quantisers were given (ggml 0.25.3), and what error they left.
#[test]
fn the_weighted_error_is_less_than_that_of_llama_cpps_quantisers() {
    let (weights, importance) = (plain_numbers(ROWS * COLS, 0x1234_5678), importances());
    for (kind, theirs) in LLAMA_CPP {
        let ours = encode(kind, &weights, COLS, Some(&importance)).expect("whole blocks");
        let ours = error(kind, &ours, &weights, &importance);
        eprintln!("{kind}: {ours:.4e}, llama.cpp {theirs:.4e}, {:.3}", ours / theirs);
        assert!(ours < theirs, "{kind}: {ours} is not less than {theirs}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// A type never does worse than leaving all weights out, and what was decoded is not encoded worse than before.
    #[test]
    fn no_weights_are_encoded_worse_than_by_nothing(
        weights in prop::collection::vec(-8f32..8.0, 256),
        sizes in prop::collection::vec(-12i32..12, 8),
        importance in prop::collection::vec(0f32..4.0, 256),
    ) {
        let weights: Vec<f32> = weights.iter().enumerate().map(|(i, w)| w * 2f32.powi(sizes[i / 32])).collect();
        for kind in quantised() {
            let bytes = encode(kind, &weights, 256, Some(&importance)).expect("whole blocks");
            let mut back = vec![f32::NAN; 256];
            Blocks::new(kind, &bytes).expect("readable").dequantise(0, &mut back);
            prop_assert!(back.iter().all(|weight| weight.is_finite()), "{kind}");
            let mean = importance.iter().sum::<f32>() / 256.0;
            let counts: Vec<f32> = importance.iter().map(|i| i / mean + 0.01).collect();
            let measured = error(kind, &bytes, &weights, &counts);
            prop_assert!(measured < 1.0, "{kind}: {measured}");
        }
    }
}
