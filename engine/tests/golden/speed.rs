//! How fast the demo models are. Run by hand: `cargo test --test golden speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use crate::drive::{Driver, Sequence};
use crate::files;

/// The best of several runs, since other work on the machine can only slow one down.
fn best(mut run: impl FnMut() -> Duration) -> f64 {
    (0..7).map(|_| run().as_secs_f64()).fold(f64::INFINITY, f64::min)
}

#[test]
#[ignore = "measures; it cannot fail"]
fn prefill_and_decode() {
    let folder = files::all().unwrap_or_else(files::own);
    for model in ["verse-14m-f16", "verse-14m-q8_0", "verse-14m-q4_K", "verse-14m-q2_K"] {
        let path = folder.join(format!("{model}.gguf"));
        if !path.exists() {
            continue;
        }
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
        eprintln!(
            "{model}: prefill {:.0} tokens/s, decode {:.0} tokens/s alone, {:.0} in a batch of 8",
            128.0 / prefill,
            64.0 / one,
            8.0 * 64.0 / eight
        );
    }
}
