//! The engine reads blocks as candle does, to the bit.

use std::borrow::Cow;

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use half::f16;
use mixtral_engine::quant::{Blocks, GgmlType};

/// How many blocks of each type.
const COUNT: usize = 64;

/// Blocks of arbitrary bytes whose numbers in half precision, at these places, are finite.
fn random(kind: GgmlType, halves: &[usize]) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1du64 ^ kind.id() as u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    let mut bytes: Vec<u8> = (0..COUNT * kind.block_bytes()).map(|_| next()).collect();
    for block in bytes.chunks_exact_mut(kind.block_bytes()) {
        for &at in halves {
            let number = f16::from_le_bytes([block[at], block[at + 1]]);
            if !number.is_finite() {
                block[at + 1] ^= 0x40;
            }
        }
    }
    bytes
}

/// What candle reads.
fn by_candle(kind: GgmlDType, bytes: &[u8], len: usize) -> Vec<f32> {
    let storage = QStorage::from_data(Cow::Borrowed(bytes), &Device::Cpu, kind).expect("whole blocks");
    let tensor = QTensor::new(storage, (1, len)).expect("a row");
    let weights = tensor.dequantize(&Device::Cpu).and_then(|row| row.flatten_all()?.to_vec1());
    weights.expect("weights")
}

#[test]
fn the_engine_reads_the_weights_that_candle_reads() {
    let kinds: [(GgmlType, GgmlDType, &[usize]); 10] = [
        (GgmlType::Q4_0, GgmlDType::Q4_0, &[0]),
        (GgmlType::Q4_1, GgmlDType::Q4_1, &[0, 2]),
        (GgmlType::Q5_0, GgmlDType::Q5_0, &[0]),
        (GgmlType::Q5_1, GgmlDType::Q5_1, &[0, 2]),
        (GgmlType::Q8_0, GgmlDType::Q8_0, &[0]),
        (GgmlType::Q2_K, GgmlDType::Q2K, &[80, 82]),
        (GgmlType::Q3_K, GgmlDType::Q3K, &[108]),
        (GgmlType::Q4_K, GgmlDType::Q4K, &[0, 2]),
        (GgmlType::Q5_K, GgmlDType::Q5K, &[0, 2]),
        (GgmlType::Q6_K, GgmlDType::Q6K, &[208]),
    ];
    for (kind, theirs, halves) in kinds {
        let bytes = random(kind, halves);
        let len = COUNT * kind.block_len();
        let mut ours = vec![0.0; len];
        Blocks::new(kind, &bytes).expect("a type that is read").dequantise(0, &mut ours);
        for (at, (ours, theirs)) in ours.iter().zip(by_candle(theirs, &bytes, len)).enumerate() {
            // A sum of nothing is 0 with either sign.
            assert!(
                ours.to_bits() == theirs.to_bits() || *ours == 0.0 && theirs == 0.0,
                "{kind} {at}: {ours} {theirs}"
            );
        }
    }
}
