//! How fast inference is on the processor: `cargo bench -p mixtral-engine --bench inference`.

#[expect(dead_code, reason = "helpers of the golden tests, of which some are needed here")]
#[path = "../tests/golden/drive.rs"]
mod drive;
#[expect(dead_code, reason = "helpers of the golden tests, of which some are needed here")]
#[path = "../tests/golden/tiny.rs"]
mod tiny;

use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use mixtral_engine::quant::GgmlType;

use drive::{Driver, Sequence};

/// The best of several runs, since other work on the machine can only slow one down.
fn best(mut run: impl FnMut() -> Duration) -> f64 {
    (0..7).map(|_| run().as_secs_f64()).fold(f64::INFINITY, f64::min)
}

fn main() {
    prefill_and_decode();
    a_larger_shape();
    beside_candle();
}

/// Two layers of a shape between the demo models and Mixtral-8x7B: hidden 2,048, FFN 3,584, 8 experts.
const MEDIUM: tiny::Shape =
    tiny::Shape { hidden: 2048, layers: 2, heads: 16, kv_heads: 4, ffn: 3584, experts: 8, vocabulary: 512 };

/// Random weights in several types.
fn a_larger_shape() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for kind in [GgmlType::F16, GgmlType::Q8_0, GgmlType::Q6_K, GgmlType::Q4_K, GgmlType::Q4_0, GgmlType::Q2_K] {
        let path = tiny::put(folder.path(), "medium.gguf", &tiny::bytes(MEDIUM, kind, tiny::Layout::Merged, 1));
        let (prefill, decode) = ours(&path, &medium_prompt());
        // The weights that one token multiplies with: attention, and 2 experts of 8.
        let active = 2.0 * (2048.0 * 2048.0 * 2.5 + 2.0 * 3.0 * 2048.0 * 3584.0);
        println!(
            "{kind}: prefill {:.1}, decode {:.2} billion weights/s",
            active * 256.0 / prefill / 1e9,
            active * 16.0 / decode / 1e9
        );
    }
}

/// 256 tokens, each of which is computed before the first answer.
fn medium_prompt() -> Vec<u32> {
    (0..256).map(|i| i * 5 % 512).collect()
}

/// The seconds that the engine takes for a prompt, and for 16 tokens after the first 16 of it.
fn ours(path: &Path, prompt: &[u32]) -> (f64, f64) {
    let mut driver = Driver::open(path);
    let prefill = best(|| {
        let start = Instant::now();
        driver.logits(prompt);
        start.elapsed()
    });
    let decode = best(|| {
        let mut one = Sequence::new(&prompt[..16]);
        driver.step(&mut [&mut one], usize::MAX);
        let start = Instant::now();
        for token in 0..16 {
            one.tokens.push(token);
            driver.step(&mut [&mut one], usize::MAX);
        }
        driver.release(one);
        start.elapsed()
    });
    (prefill, decode)
}

/// The same of candle's own model.
fn candles(path: &Path, prompt: &[u32]) -> (f64, f64) {
    let mut file = File::open(path).expect("a model");
    let content = Content::read(&mut file).expect("a GGUF that candle reads");
    let mut model = ModelWeights::from_gguf(content, &mut file, &Device::Cpu).expect("a model that candle reads");
    let mut forward = |tokens: &[u32], before: usize| {
        let tokens = Tensor::new(tokens, &Device::Cpu).and_then(|t| t.unsqueeze(0)).expect("one row");
        // Read as the engine's logits are; at position 0 its cache starts anew.
        let logits = model.forward(&tokens, before).and_then(|logits| logits.to_vec2::<f32>());
        black_box(logits.expect("a step"));
    };
    let prefill = best(|| {
        let start = Instant::now();
        forward(prompt, 0);
        start.elapsed()
    });
    let decode = best(|| {
        forward(&prompt[..16], 0);
        let start = Instant::now();
        for token in 0..16 {
            forward(&[token], 16 + token as usize);
        }
        start.elapsed()
    });
    (prefill, decode)
}

/// Candle's own model on the same file, in the layout that it reads; `tests/golden/candle.rs` holds its numbers to ours.
fn beside_candle() {
    let (folder, prompt) = (tempfile::tempdir().expect("a temporary folder"), medium_prompt());
    for kind in [GgmlType::Q8_0, GgmlType::Q4_K] {
        let path = tiny::put(folder.path(), "split.gguf", &tiny::bytes(MEDIUM, kind, tiny::Layout::Split, 1));
        let (theirs, ours) = (candles(&path, &prompt), ours(&path, &prompt));
        println!(
            "candle-transformers quantised, {kind}: prefill {:.0} tokens/s, ours {:.1}×; decode {:.1} tokens/s, ours {:.1}×",
            256.0 / theirs.0,
            theirs.0 / ours.0,
            16.0 / theirs.1,
            theirs.1 / ours.1
        );
    }
}

/// The demo models.
fn prefill_and_decode() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for model in ["poet-14m-q8_0", "poet-14m-q4_K", "poet-14m-q2_K"] {
        let path = folder.join(format!("{model}.gguf"));
        let mut driver = Driver::open(&path);
        let prompt: Vec<u32> = (0..128).map(|i| 300 + i * 7).collect();
        let prefill = best(|| {
            let start = Instant::now();
            driver.logits(&prompt);
            start.elapsed()
        });
        let mut decode = |sequences: usize| {
            best(|| {
                let mut all = vec![Sequence::new(&prompt); sequences];
                driver.step(&mut all.iter_mut().collect::<Vec<_>>(), usize::MAX);
                let start = Instant::now();
                for token in 0..64 {
                    all.iter_mut().for_each(|s| s.tokens.push(400 + token));
                    driver.step(&mut all.iter_mut().collect::<Vec<_>>(), usize::MAX);
                }
                let elapsed = start.elapsed();
                all.into_iter().for_each(|s| driver.release(s));
                elapsed
            })
        };
        let (one, eight) = (decode(1), decode(8));
        println!(
            "{model}: prefill {:.0} tokens/s, decode {:.0} tokens/s alone, {:.0} in a batch of 8",
            128.0 / prefill,
            64.0 / one,
            8.0 * 64.0 / eight
        );
    }
}
