//! Every type that is supported, in a tiny random model, against plain loops.

use std::path::Path;

use mixtral_engine::quant::GgmlType::{self, *};

use crate::drive::{Driver, argmax, distance};
use crate::plain::Plain;
use crate::reference;
use crate::tiny::{self, Layout, SMALL};

const PROMPT: [u32; 21] = [1, 17, 4, 90, 33, 33, 8, 61, 2, 75, 5, 0, 44, 19, 28, 95, 3, 3, 50, 12, 71];

/// How far logits may be off, as a share of their own size (root mean square over root mean
/// square). Plain loops use the same weights with unrounded activations. So F32, F16 and BF16 differ
/// in the order of sums only. The others round each activation to 8 bits, by at most 1/254 of the
/// largest in its block of 32 or 256; one product with such an input is off by about half a
/// percent, and two layers add up to a few.
fn tolerance(kind: GgmlType) -> f64 {
    match kind {
        F32 | F16 | BF16 => 1e-5,
        _ => 0.04,
    }
}

fn check(open: fn(&Path) -> Driver, kind: GgmlType, layout: Layout) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = tiny::put(folder.path(), "tiny.gguf", &tiny::bytes(SMALL, kind, layout, 5));
    let plain = Plain::open(&path).logits(&PROMPT);
    let ours = open(&path).logits(&PROMPT);
    let off = distance(&ours, &plain);
    eprintln!("{kind}: off by {off:.1e}");
    assert!(off < tolerance(kind), "{kind}: off by {off}");
}

#[test]
fn every_type_computes_what_plain_loops_compute() {
    for kind in [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K] {
        check(Driver::open, kind, Layout::Merged);
    }
    for kind in [IQ4_NL, IQ4_XS, IQ3_S, IQ3_XXS, IQ2_S, IQ2_XS, IQ2_XXS, IQ1_M, IQ1_S, TQ2_0, TQ1_0, MXFP4] {
        check(Driver::open, kind, Layout::Merged);
    }
}

#[test]
fn the_reference_operations_compute_the_same() {
    for kind in [F32, F16, BF16, Q4_0, Q8_0, Q4_K, Q6_K] {
        check(reference::open, kind, Layout::Merged);
    }
}

#[test]
fn the_older_layout_and_a_tied_output_load_too() {
    check(Driver::open, Q4_K, Layout::Split);
    check(Driver::open, F16, Layout::Split);
    check(Driver::open, F32, Layout::Tied);
    check(reference::open, F32, Layout::Tied);
}

#[test]
fn greedy_text_in_f16_is_that_of_plain_loops_token_for_token() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = tiny::put(folder.path(), "tiny.gguf", &tiny::bytes(SMALL, F16, Layout::Merged, 11));
    let plain = Plain::open(&path);
    let mut tokens = PROMPT[..7].to_vec();
    for _ in 0..24 {
        tokens.push(argmax(&plain.logits(&tokens)));
    }
    let none = u32::MAX; // a token that never comes
    let ours = Driver::open(&path).greedy(&[&PROMPT[..7]], 24, none, usize::MAX).remove(0);
    assert_eq!(ours, tokens[7..]);
}
