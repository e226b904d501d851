//! Perplexity over a text of verse, against llama.cpp's.

use std::path::Path;

use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::text::{Encoding, Tokenizer};

use crate::drive::Driver;
use crate::files;

const WINDOW: usize = 256;

/// The mean negative log-likelihood, as the golden files count it: the whole text tokenised without
/// a begin token, cut into windows, the first token of each replaced by the begin token.
fn measure(path: &Path, text: &str) -> f64 {
    let file = Gguf::open(path).expect("a model");
    let tokenizer = Tokenizer::from_gguf(file.metadata()).expect("a tokenizer");
    let bos = tokenizer.vocabulary().bos().expect("a begin token");
    let tokens = tokenizer.encode(text, Encoding { add_special: false, parse_special: false });
    let mut driver = Driver::open(path);
    let (mut sum, mut count) = (0f64, 0);
    for window in tokens.chunks_exact(WINDOW) {
        let mut window = window.to_vec();
        window[0] = bos;
        for (logits, next) in driver.all_logits(&window).iter().zip(&window[1..]) {
            let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total: f64 = logits.iter().map(|l| f64::from(l - max).exp()).sum();
            sum += total.ln() - f64::from(logits[*next as usize] - max);
            count += 1;
        }
    }
    sum / f64::from(count)
}

/// Holds a model's figure against its golden file. `within`: the largest difference of the mean
/// negative log-likelihood. Rounding differences of single logits (see `llama_cpp`) are about as
/// often up as down, so over 16,320 predictions they all but cancel.
fn check(folder: &Path, model: &str, within: f64) {
    let text = std::fs::read_to_string(files::small().join("validation.txt")).expect("the text");
    let golden = files::mean_nll(folder, model);
    let ours = measure(&folder.join(format!("{model}.gguf")), &text);
    eprintln!("{model}: perplexity {:.3}, llama.cpp {:.3}, nll {:+.1e}", ours.exp(), golden.exp(), ours - golden);
    assert!((ours - golden).abs() < within, "{model}: {ours}, llama.cpp has {golden}");
}

#[test]
fn perplexity_of_the_demo_models_is_that_of_llama_cpp() {
    for kind in ["q8_0", "q4_K", "q2_K"] {
        check(&files::own(), &format!("poet-14m-{kind}"), 1e-3);
    }
}

#[test]
fn perplexity_of_other_types_is_that_of_llama_cpp() {
    for kind in ["q3_K", "q4_0", "q6_K"] {
        check(&files::small(), &format!("cut2-{kind}"), 1e-4);
    }
    for kind in ["iq4_nl", "iq4_xs", "iq3_xxs", "iq2_xxs"] {
        check(&files::small(), &format!("cut2-{kind}"), 1e-2);
    }
}

#[test]
#[ignore = "their models of 100 MB are not in the repository: MIXTRAL_GOLDEN_DIR"]
fn perplexity_of_larger_models_is_that_of_llama_cpp() {
    for kind in ["f16", "q8_0", "q4_K", "q2_K"] {
        check(&files::large(), &format!("verse-14m-{kind}"), 1e-3);
    }
    for kind in ["q5_0", "q5_K"] {
        check(&files::large(), &format!("cut2-{kind}"), 1e-4);
    }
    for kind in ["bf16", "q4_1", "q5_1", "iq3_s", "iq2_s", "iq2_xs"] {
        check(&files::large(), &format!("cut2-{kind}"), 1e-2);
    }
}
