//! Encoding of long texts and the choice of a token: `cargo bench --bench text_and_sampling`. The time should grow with the
//! text, not with its square; choosing stands beside a plain pass over the logits in the same run.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::sample::{Sampler, Sampling};
use mixtral_engine::text::{Encoding, Tokenizer};

/// Mixtral's vocabulary.
const VOCABULARY: u32 = 32_000;

fn main() {
    encoding();
    choosing();
}

fn encoding() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/poet-14m-q8_0.gguf");
    let model = Gguf::open(&path).expect("the demo model");
    let tokenizer = Tokenizer::from_gguf(model.metadata()).expect("its tokenizer");
    for characters in [10_000, 100_000, 1_000_000] {
        let text = "ab春<".repeat(characters / 4);
        let begun = Instant::now();
        let tokens = tokenizer.encode(&text, Encoding { add_special: true, parse_special: true }).len();
        let time = begun.elapsed();
        println!("encode {characters} characters: {tokens} tokens, {:.0} ns a character", per(time, characters));
    }
}

fn choosing() {
    let logits: Vec<f32> =
        (0..VOCABULARY).map(|i| ((i.wrapping_mul(2_654_435_761) >> 8) % 2000) as f32 / 100.0).collect();
    let prompt: Vec<u32> = (0..2000).collect();
    let plain = best(|| {
        black_box(black_box(&logits).iter().copied().fold(f32::MIN, f32::max));
    });
    for (name, settings) in [
        ("greedy", Sampling::greedy()),
        ("default", Sampling::default()),
        ("no top-k", Sampling { top_k: 0, temperature: 1.0, ..Sampling::default() }),
    ] {
        let mut sampler = Sampler::new(settings, &prompt);
        let time = best(|| {
            black_box(sampler.choose(&logits).expect("finite"));
        });
        let ratio = time.as_secs_f64() / plain.as_secs_f64();
        println!("choose, {name}: {:.0} µs a token, {ratio:.1} × a pass over the logits", time.as_secs_f64() * 1e6);
    }
}

/// The best of several runs, since other work on the machine can only slow one down.
fn best(mut run: impl FnMut()) -> Duration {
    let time = |_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    };
    (0..100).map(time).min().unwrap_or_default()
}

fn per(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e9 / count as f64
}
