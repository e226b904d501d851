//! Tiny random Mixtral models, written in any type.

use std::path::Path;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use half::f16;
use mixtral_engine::formats::gguf::{Value, Writer};
use mixtral_engine::quant::{Blocks, GgmlType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The shape of a tiny model.
#[derive(Clone, Copy)]
pub struct Shape {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub ffn: usize,
    pub experts: usize,
    pub vocabulary: usize,
}

/// Large enough for blocks of 256.
pub const SMALL: Shape = Shape { hidden: 256, layers: 2, heads: 4, kv_heads: 2, ffn: 256, experts: 4, vocabulary: 96 };

/// As small as can be, for tests that spoil it thousands of times.
pub const SMALLEST: Shape = Shape { hidden: 32, layers: 1, heads: 2, kv_heads: 1, ffn: 32, experts: 2, vocabulary: 8 };

/// How the file is laid out.
#[derive(Clone, Copy, PartialEq)]
pub enum Layout {
    Merged,
    /// one tensor an expert
    Split,
    /// merged, and the embedding serves as output
    Tied,
}

/// The metadata of such a model.
pub fn metadata(writer: &mut Writer<'_>, shape: Shape) {
    writer.value("general.architecture", Value::String("llama".into()));
    let sizes = [
        ("embedding_length", shape.hidden),
        ("block_count", shape.layers),
        ("attention.head_count", shape.heads),
        ("attention.head_count_kv", shape.kv_heads),
        ("feed_forward_length", shape.ffn),
        ("expert_count", shape.experts),
        ("expert_used_count", 2),
        ("context_length", 512),
        ("rope.dimension_count", shape.hidden / shape.heads),
    ];
    for (key, size) in sizes {
        writer.value(format!("llama.{key}"), Value::U32(size as u32));
    }
    writer.value("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5));
    writer.value("llama.rope.freq_base", Value::F32(10_000.0));
}

/// The file of a random model whose matrices are of `kind`.
pub fn bytes(shape: Shape, kind: GgmlType, layout: Layout, seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut writer = Writer::new();
    metadata(&mut writer, shape);
    let Shape { hidden, layers, heads, kv_heads, ffn, experts, vocabulary } = shape;
    let kv = hidden / heads * kv_heads;
    let mut put = |name: &str, kind: GgmlType, dims: &[usize], scale: f32| {
        let cols = dims[dims.len() - 1];
        let scale = scale / (cols as f32).sqrt();
        let weights: Vec<f32> = (0..dims.iter().product()).map(|_| rng.random_range(-1.7f32..1.7) * scale).collect();
        writer.tensor(name, kind, dims, encode(&weights, cols, kind)).expect("whole blocks");
    };
    put("token_embd.weight", kind, &[vocabulary, hidden], 16.0);
    for i in 0..layers {
        let mut part = |name: &str, dims: &[usize]| put(&format!("blk.{i}.{name}.weight"), kind, dims, 1.0);
        part("attn_q", &[hidden, hidden]);
        part("attn_k", &[kv, hidden]);
        part("attn_v", &[kv, hidden]);
        part("attn_output", &[hidden, hidden]);
        for (name, rows, cols) in [("gate", ffn, hidden), ("up", ffn, hidden), ("down", hidden, ffn)] {
            if layout == Layout::Split {
                (0..experts).for_each(|e| part(&format!("ffn_{name}.{e}"), &[rows, cols]));
            } else {
                part(&format!("ffn_{name}_exps"), &[experts, rows, cols]);
            }
        }
        // A decided router: rounding elsewhere must not change who is chosen.
        put(&format!("blk.{i}.ffn_gate_inp.weight"), GgmlType::F32, &[experts, hidden], 4.0);
    }
    if layout != Layout::Tied {
        put("output.weight", kind, &[vocabulary, hidden], 1.0);
    }
    for i in 0..layers {
        for name in ["attn_norm", "ffn_norm"] {
            norm(&mut writer, &format!("blk.{i}.{name}.weight"), hidden);
        }
    }
    norm(&mut writer, "output_norm.weight", hidden);
    let mut out = Vec::new();
    writer.write(&mut out).expect("memory");
    out
}

fn norm(writer: &mut Writer<'_>, name: &str, hidden: usize) {
    let weights = (0..hidden).flat_map(|i| (0.75 + 0.5 * (i % 7) as f32 / 7.0).to_le_bytes());
    writer.tensor(name, GgmlType::F32, &[hidden], weights.collect::<Vec<u8>>()).expect("whole blocks");
}

fn encode(weights: &[f32], cols: usize, kind: GgmlType) -> Vec<u8> {
    if let Some(at) = scale_place(kind) {
        return weights.chunks_exact(kind.block_len()).flat_map(|weights| random_block(weights, kind, at)).collect();
    }
    let tensor = Tensor::from_slice(weights, (weights.len() / cols, cols), &Device::Cpu).expect("a matrix");
    let quantised = QTensor::quantize(&tensor, candle(kind)).expect("whole blocks");
    quantised.data().expect("on the processor").into_owned()
}

fn candle(kind: GgmlType) -> GgmlDType {
    match kind {
        GgmlType::F32 => GgmlDType::F32,
        GgmlType::F16 => GgmlDType::F16,
        GgmlType::BF16 => GgmlDType::BF16,
        GgmlType::Q4_0 => GgmlDType::Q4_0,
        GgmlType::Q4_1 => GgmlDType::Q4_1,
        GgmlType::Q5_0 => GgmlDType::Q5_0,
        GgmlType::Q5_1 => GgmlDType::Q5_1,
        GgmlType::Q8_0 => GgmlDType::Q8_0,
        GgmlType::Q2_K => GgmlDType::Q2K,
        GgmlType::Q3_K => GgmlDType::Q3K,
        GgmlType::Q4_K => GgmlDType::Q4K,
        GgmlType::Q5_K => GgmlDType::Q5K,
        GgmlType::Q6_K => GgmlDType::Q6K,
        other => panic!("{other} cannot be written here"),
    }
}

/// Where a block of a type that candle does not write has its scale.
fn scale_place(kind: GgmlType) -> Option<usize> {
    match kind {
        GgmlType::IQ4_NL | GgmlType::IQ4_XS | GgmlType::IQ3_S | GgmlType::IQ3_XXS => Some(0),
        GgmlType::IQ2_S | GgmlType::IQ2_XS | GgmlType::IQ2_XXS | GgmlType::IQ1_S | GgmlType::MXFP4 => Some(0),
        GgmlType::IQ1_M => Some(48),
        GgmlType::TQ1_0 => Some(52),
        GgmlType::TQ2_0 => Some(64),
        _ => None,
    }
}

/// A block of random codes, whose weights are about as large as these.
fn random_block(weights: &[f32], kind: GgmlType, at: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(kind.block_bytes() + 4);
    while block.len() < kind.block_bytes() {
        let bits = weights[block.len() % weights.len()].to_bits().wrapping_mul(0x9e37_79b9);
        block.extend((bits ^ bits >> 15).to_le_bytes());
    }
    block.truncate(kind.block_bytes());
    let mut put = |scale: f32| {
        let bits = f16::from_f32(scale).to_bits();
        match kind {
            GgmlType::IQ1_M => {
                (0..4).for_each(|i| block[at + 1 + 2 * i] = block[at + 1 + 2 * i] & 15 | (bits >> (4 * i) << 4) as u8);
            }
            GgmlType::MXFP4 => block[at] = (127.0 + scale.log2()).round() as u8,
            _ => block[at..at + 2].copy_from_slice(&bits.to_le_bytes()),
        }
        let mut out = vec![0.0; kind.block_len()];
        Blocks::new(kind, &block).expect("a type that can be read").dequantise(0, &mut out);
        (block.clone(), out)
    };
    let size = |weights: &[f32]| weights.iter().map(|w| w * w).sum::<f32>().sqrt();
    let ones = put(1.0).1;
    put(size(weights) / size(&ones)).0
}

/// Writes a file into a folder.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    path
}
