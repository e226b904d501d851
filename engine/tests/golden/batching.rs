//! A sequence gets the same numbers alone, in company, and in pieces.

use mixtral_engine::quant::GgmlType;

use crate::drive::{Driver, Sequence};
use crate::files;
use crate::reference;
use crate::tiny::{self, Layout, SMALL};

/// Prompts of several lengths, over and under a block, and one of one token.
fn prompts() -> Vec<Vec<u32>> {
    [33, 1, 16, 70, 5].map(|len: u32| (0..len).map(|i| (i * 29 + len) % 96).collect()).to_vec()
}

/// The logits of all prompts in one batch, `chunk` tokens of each at a time.
fn together(driver: &mut Driver, prompts: &[Vec<u32>], chunk: usize) -> Vec<Vec<f32>> {
    let mut sequences: Vec<Sequence> = prompts.iter().map(|p| Sequence::new(p)).collect();
    let mut logits: Vec<Option<Vec<f32>>> = vec![None; prompts.len()];
    while logits.iter().any(Option::is_none) {
        let step = driver.step(&mut sequences.iter_mut().collect::<Vec<_>>(), chunk);
        logits.iter_mut().zip(step).for_each(|(old, new)| *old = new.or(old.take()));
    }
    sequences.into_iter().for_each(|s| driver.release(s));
    logits.into_iter().flatten().collect()
}

#[test]
fn a_batch_and_chunks_give_the_same_bits_as_one_prompt_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for kind in [GgmlType::F16, GgmlType::BF16, GgmlType::Q8_0, GgmlType::Q4_K] {
        let path = tiny::put(folder.path(), "tiny.gguf", &tiny::bytes(SMALL, kind, Layout::Merged, 3));
        let mut driver = Driver::open(&path);
        let alone: Vec<Vec<f32>> = prompts().iter().map(|p| driver.logits(p)).collect();
        for chunk in [usize::MAX, 32, 7, 1] {
            let batched = together(&mut driver, &prompts(), chunk);
            assert!(batched == alone, "{kind}: chunks of {chunk} change the logits");
        }
    }
}

#[test]
fn the_reference_operations_batch_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = tiny::put(folder.path(), "tiny.gguf", &tiny::bytes(SMALL, GgmlType::F32, Layout::Merged, 3));
    let mut driver = reference::open(&path);
    let alone: Vec<Vec<f32>> = prompts().iter().map(|p| driver.logits(p)).collect();
    for (one, many) in alone.iter().zip(together(&mut driver, &prompts(), 7)) {
        // Its products are blocked by shape, so here only the last bits may differ.
        assert!(one.iter().zip(&many).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}

#[test]
fn greedy_text_of_a_real_model_does_not_depend_on_company() {
    let mut driver = Driver::open(&files::own().join("poet-14m-q8_0.gguf"));
    let golden = files::prompts(&files::own(), "poet-14m-q8_0");
    let prompts: Vec<&[u32]> = golden.iter().map(|g| g.tokens.as_slice()).collect();
    let alone: Vec<Vec<u32>> = prompts.iter().map(|p| driver.greedy(&[p], 24, 2, usize::MAX).remove(0)).collect();
    assert_eq!(driver.greedy(&prompts, 24, 2, 5), alone);
}
