//! The engine against llama.cpp's own numbers.

use std::path::Path;

use mixtral_engine::formats::gguf::{Gguf, Writer};

use crate::drive::{Driver, argmax};
use crate::files;
use crate::reference;

/// How far one of the 20 highest logits may be from llama.cpp's. The logits are between -10 and 25.
///
/// - F16: llama.cpp rounds activations to halves (11 bits) before each product, this engine does
///   not. Over six layers that is about 1e-3 (measured: 8e-4).
/// - BF16: the same with 8 bits: about 8e-3 (measured in two layers: 5e-3).
/// - Q8_0, Q4_K, Q2_K over six layers: both engines round activations to 8 bits by the same rule,
///   but sum in another order. Mostly that shows in the sixth digit: see [`ALIKE`]. Now and then a
///   value next to a boundary falls to the other side, one part in 127 of its block's largest, or
///   two experts that are tied change places, and later layers carry it on. How far is a property
///   of the model: 3e-2 in Verse, 7e-2 in Poet (Q2_K), whose experts are all at work and therefore
///   tied more often. Candle's own operations, which round at other places, are up to 1.6 from
///   these kernels in the same Poet.
/// - The same types over two layers, where that hardly ever happens: measured 1e-5.
/// - Q4_1 and Q5_1: candle keeps the sums of rounded activations in another precision than
///   llama.cpp (measured: 1.6e-2).
/// - IQ4, IQ3 and IQ2 likewise: both engines round activations by the same rule (measured: 6e-6).
fn tolerance(model: &str) -> f32 {
    match model.split_once('-').map(|(family, kind)| (family, kind.trim_start_matches("14m-"))) {
        Some(("verse", "f16")) => 3e-3,
        Some(("verse", _)) => 6e-2,
        Some(("poet", _)) => 0.15,
        Some((_, "bf16")) => 1.5e-2,
        Some((_, "q4_1" | "q5_1")) => 4e-2,
        _ => ALIKE,
    }
}

/// Where no value fell to another side, the same products differ by the order of their sums alone (measured: 7e-6).
const ALIKE: f32 = 1e-4;

/// Holds a model's logits and greedy text against its golden file. The text is read along, so that every token of it is
/// judged by the same words before it: `exact`, it must be the likeliest one; else no other may be likelier by more than
/// two logits' tolerances, for two that stand as close may change places. A Poet's logits must be the same to
/// [`ALIKE`] after half of the prompts, and 97 tokens of 100.
fn check(folder: &Path, model: &str, exact: bool) {
    hold(Driver::open, folder, model, tolerance(model), exact);
}

/// [`check`] with a driver and a tolerance; how many of the prompts have the same logits to [`ALIKE`].
fn hold(open: fn(&Path) -> Driver, folder: &Path, model: &str, tolerance: f32, exact: bool) -> (usize, usize) {
    let mut driver = open(&folder.join(format!("{model}.gguf")));
    let (mut worst, mut widest, mut same, mut all) = (0f32, 0f32, 0, 0);
    let prompts = files::prompts(folder, model);
    let (count, mut alike) = (prompts.len(), 0);
    for golden in prompts {
        let text = [golden.tokens.as_slice(), &golden.greedy].concat();
        let logits = driver.all_logits(&text[..text.len() - 1]);
        let after = &logits[golden.tokens.len() - 1..];
        let off = golden.top.iter().map(|(token, wanted)| (after[0][*token as usize] - wanted).abs());
        let off = off.fold(0f32, f32::max);
        alike += usize::from(off < ALIKE);
        worst = worst.max(off);
        for (logits, token) in after.iter().zip(&golden.greedy) {
            let likeliest = argmax(logits);
            widest = widest.max(logits[likeliest as usize] - logits[*token as usize]);
            same += usize::from(likeliest == *token);
        }
        all += golden.greedy.len();
    }
    eprintln!(
        "{model}: logits within {worst:.1e}, those of {alike} of {count} prompts within {ALIKE:.0e}; greedy text {same} of \
         {all}, the rest within {widest:.1e}"
    );
    assert!(all > 100, "{model}: {all} tokens");
    assert!(worst < tolerance, "{model}: a logit is off by {worst}");
    let allowed = if exact { 0.0 } else { 2.0 * tolerance };
    assert!(widest <= allowed, "{model}: another token is likelier by {widest}");
    if model.starts_with("poet") {
        assert!(2 * alike >= count, "{model}: only {alike} of {count} prompts have the same logits");
        assert!(100 * same >= 97 * all, "{model}: only {same} of {all} tokens are the same");
    }
    (alike, count)
}

#[test]
fn the_demo_models_say_what_they_say_in_llama_cpp() {
    for model in ["poet-14m-q8_0", "poet-14m-q4_K", "poet-14m-q2_K"] {
        check(&files::own(), model, false);
    }
}

#[test]
fn other_types_say_what_they_say_in_llama_cpp() {
    for kind in ["q3_K", "q6_K", "iq4_nl", "iq4_xs", "iq3_xxs", "iq2_xxs"] {
        check(&files::small(), &format!("cut2-{kind}"), false);
    }
}

/// The 16 steps of Q4_0 make activations that lie in the middle between two steps of 8 bits, and how they fall depends on the
/// order of sums. Candle's products, which are those of llama.cpp, give the same to [`ALIKE`]. The executor sums 16 rows side
/// by side: most prompts are the same there too, and in the others (measured: 2 of 12, 2e-3) it may be as far as Verse is.
#[test]
fn q4_0_says_what_it_says_in_llama_cpp() {
    let model = "cut2-q4_0";
    hold(reference::open, &files::small(), model, tolerance(model), false);
    let (alike, count) = hold(Driver::open, &files::small(), model, tolerance("verse-q4_0"), true);
    assert!(6 * alike >= 5 * count, "only {alike} of {count} prompts have the same logits");
}

/// Older files keep a tensor for each expert. llama.cpp loads them no more; they must say what the merged ones do.
#[test]
fn experts_in_separate_tensors_say_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = "poet-14m-q4_K";
    let golden = format!("golden-{model}.jsonl");
    std::fs::copy(files::own().join(&golden), folder.path().join(&golden)).expect("copied");
    let merged = Gguf::open(&files::own().join(format!("{model}.gguf"))).expect("the demo model");
    let mut writer = Writer::new();
    for (key, value) in merged.metadata().iter() {
        writer.value(key, value.clone());
    }
    for tensor in merged.tensors() {
        let bytes = merged.tensor(&tensor.name).expect("a tensor").bytes;
        match tensor.name.split_once("_exps") {
            Some((name, rest)) => {
                let each = bytes.len() / tensor.dims[0];
                for (expert, bytes) in bytes.chunks_exact(each).enumerate() {
                    let name = format!("{name}.{expert}{rest}");
                    writer.tensor(name, tensor.kind, &tensor.dims[1..], bytes).expect("whole blocks");
                }
            }
            None => drop(writer.tensor(&tensor.name, tensor.kind, &tensor.dims, bytes).expect("whole blocks")),
        }
    }
    let mut file = std::fs::File::create(folder.path().join(format!("{model}.gguf"))).expect("a file");
    writer.write(&mut file).expect("written");
    check(folder.path(), model, false);
}

#[test]
#[ignore = "its model of 28 MB is not in the repository: MIXTRAL_GOLDEN_DIR"]
fn f16_writes_the_same_text_to_the_last_token() {
    check(&files::large(), "verse-14m-f16", true);
}

#[test]
#[ignore = "their models of 45 MB are not in the repository: MIXTRAL_GOLDEN_DIR"]
fn the_larger_types_say_what_they_say_in_llama_cpp() {
    for kind in ["bf16", "q4_1", "q4_K", "q5_0", "q5_1", "q5_K", "split-q4_K", "iq3_s", "iq2_s", "iq2_xs"] {
        check(&files::large(), &format!("cut2-{kind}"), false);
    }
}
