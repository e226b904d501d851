//! The whole forward pass on the emulated device, held against the processor's.

use std::path::Path;
use std::sync::Arc;

use super::drive::{BLOCK, BLOCKS, Driver, Sequence, distance};
use super::plain::Plain;
use super::tiny::{self, Layout, SMALL, Shape};
use crate::gpu::{Gpu, GpuModel, emulated};
use crate::model::{CacheType, Outcome, Sizes, Want};
use crate::quant::GgmlType;
use crate::sample::{Sampler, Sampling};
use crate::schedule::{Limits, Scheduler, SequenceSlice, StepInput};
use crate::weights::ModelFiles;

/// How far logits may be from those of the formula in F32: halves of weights and activations, over two layers.
const TOLERANCE: f64 = 4e-3;
/// And from the processor's of quantised weights, which are multiplied with activations in 8 bits.
const COARSE: f64 = 3e-2;

const SIZES: Sizes =
    Sizes { blocks: BLOCKS, block_size: BLOCK, step_tokens: 256, sequences: 16, cache_type: CacheType::F16 };

const TYPES: [GgmlType; 13] = [
    GgmlType::F32,
    GgmlType::F16,
    GgmlType::BF16,
    GgmlType::Q4_0,
    GgmlType::Q4_1,
    GgmlType::Q5_0,
    GgmlType::Q5_1,
    GgmlType::Q8_0,
    GgmlType::Q2_K,
    GgmlType::Q3_K,
    GgmlType::Q4_K,
    GgmlType::Q5_K,
    GgmlType::Q6_K,
];

fn model(gpu: &Arc<dyn Gpu>, path: &Path, sizes: Sizes) -> GpuModel {
    let files = ModelFiles::open(path, None).expect("a model opens");
    GpuModel::load(gpu, &files, files.config().clone(), sizes, &mut |_, _| {}).expect("it loads")
}

fn driver(path: &Path) -> Driver {
    let model = model(&emulated(), path, SIZES);
    let vocabulary = model.config().vocab_size;
    Driver::with(Box::new(model), vocabulary)
}

fn written(folder: &Path, shape: Shape, kind: GgmlType, layout: Layout) -> std::path::PathBuf {
    tiny::put(folder, &format!("{kind}.gguf"), &tiny::bytes(shape, kind, layout, 5))
}

fn tokens(len: usize, seed: usize) -> Vec<u32> {
    (0..len).map(|i| ((i * 29 + seed * 13 + len) % 96) as u32).collect()
}

fn close(ours: &[f32], wanted: &[f32], what: &str) {
    let off = distance(ours, wanted);
    assert!(off < TOLERANCE, "{what}: off by {off}");
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn every_type_gives_the_logits_of_the_formula_and_of_the_processor() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for kind in TYPES {
        let path = written(folder.path(), SMALL, kind, Layout::Merged);
        let prompt = tokens(21, 1);
        let ours = driver(&path).all_logits(&prompt);
        close(&ours[20], &Plain::open(&path).logits(&prompt), &kind.to_string());
        let off = distance(&ours.concat(), &Driver::open(&path).all_logits(&prompt).concat());
        assert!(off < COARSE, "{kind}: off by {off}");
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn split_experts_and_tied_embeddings_are_the_same_model() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for layout in [Layout::Split, Layout::Tied] {
        let path = written(folder.path(), SMALL, GgmlType::Q4_K, layout);
        close(&driver(&path).logits(&tokens(9, 2)), &Plain::open(&path).logits(&tokens(9, 2)), "layout");
    }
}

/// Prompts of several lengths, over and under a block, and one of one token.
fn prompts() -> Vec<Vec<u32>> {
    [33, 1, 16, 5].map(|len| tokens(len, 3)).to_vec()
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn prompts_in_company_and_in_pieces_give_what_each_gives_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = written(folder.path(), SMALL, GgmlType::F16, Layout::Merged);
    let mut reference = Driver::open(&path);
    let wanted: Vec<Vec<f32>> = prompts().iter().map(|prompt| reference.logits(prompt)).collect();
    let mut driver = driver(&path);
    // Pieces of one token make steps that end no prompt, and recorded ones.
    for chunk in [1, 2, 3, 7, 16, usize::MAX] {
        let mut sequences: Vec<Sequence> = prompts().iter().map(|prompt| Sequence::new(prompt)).collect();
        let mut logits: Vec<Option<Vec<f32>>> = vec![None; sequences.len()];
        while logits.iter().any(Option::is_none) {
            let step = driver.step(&mut sequences.iter_mut().collect::<Vec<_>>(), chunk);
            logits.iter_mut().zip(step).for_each(|(old, new)| *old = new.or(old.take()));
        }
        sequences.into_iter().for_each(|sequence| driver.release(sequence));
        for (ours, wanted) in logits.iter().flatten().zip(&wanted) {
            close(ours, wanted, &format!("in pieces of {chunk}"));
        }
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn greedy_answers_of_halves_are_the_processors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = written(folder.path(), SMALL, GgmlType::F16, Layout::Merged);
    let (one, two) = (tokens(7, 4), tokens(3, 5));
    let prompts: [&[u32]; 2] = [&one, &two];
    let none = u32::MAX;
    let wanted = Driver::open(&path).greedy(&prompts, 12, none, usize::MAX);
    assert_eq!(driver(&path).greedy(&prompts, 12, none, usize::MAX), wanted);
}

/// Every budget from 1 up, as the scheduler cuts prompts by it: some steps end no prompt, and sequences that lose their cache
/// come back.
#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn every_budget_of_a_step_gives_the_same_answers_also_after_preemption() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shape = Shape { layers: 1, ..SMALL };
    let path = written(folder.path(), shape, GgmlType::F16, Layout::Merged);
    let sizes = Sizes { blocks: 9, block_size: 4, step_tokens: 32, sequences: 3, ..SIZES };
    let prompts: Vec<Vec<u32>> = [19, 2, 9].map(|len| tokens(len, 6)).to_vec();
    let answer = |budget: usize, max_sequences: usize| {
        let mut model = model(&emulated(), &path, sizes);
        let limits = Limits {
            max_sequences,
            max_waiting: 8,
            step_tokens: budget,
            block_size: sizes.block_size,
            blocks: sizes.blocks as u32,
        };
        let mut scheduler = Scheduler::new(limits);
        scheduler.set_budget(budget);
        let ids: Vec<u64> =
            prompts.iter().map(|prompt| scheduler.add(prompt.clone(), prompt.len() + 4).expect("fits")).collect();
        let mut answers: Vec<Vec<u32>> = vec![Vec::new(); ids.len()];
        while !scheduler.is_idle() {
            let step = scheduler.schedule();
            let logits = model.forward(&step.plan).expect("a step");
            scheduler.computed(&step);
            for (id, row) in step.outputs.iter().zip(logits.chunks_exact(96)) {
                let at = ids.iter().position(|known| known == id).expect("known");
                answers[at].push(super::drive::argmax(row));
                if answers[at].len() == 4 {
                    scheduler.remove(*id);
                } else {
                    scheduler.append(*id, super::drive::argmax(row));
                }
            }
        }
        (answers, scheduler.preemptions())
    };
    let (wanted, _) = answer(32, 1);
    let mut preempted = 0;
    for budget in 1..=22 {
        let (answers, preemptions) = answer(budget, budget.min(3));
        assert_eq!(answers, wanted, "budget {budget}");
        preempted += preemptions;
    }
    assert!(preempted > 0, "the cache was small enough for sequences to give way");
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn several_models_on_one_device_do_not_touch_each_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shape = Shape { layers: 1, ..SMALL };
    let one = written(folder.path(), shape, GgmlType::Q8_0, Layout::Merged);
    let two = written(folder.path(), shape, GgmlType::Q4_0, Layout::Merged);
    let gpu = emulated();
    let open = |path: &Path| {
        let model = model(&gpu.fork().expect("another queue"), path, SIZES);
        Driver::with(Box::new(model), 96)
    };
    let (mut a, mut b) = (open(&one), open(&two));
    let none = u32::MAX;
    let (p, q) = (tokens(6, 7), tokens(8, 8));
    let alone = (driver(&one).greedy(&[&p], 5, none, 3), driver(&two).greedy(&[&q], 5, none, 3));
    let (mut first, mut second) = (Sequence::new(&p), Sequence::new(&q));
    for at in 0..5 {
        for (driver, sequence, wanted) in [(&mut a, &mut first, &alone.0[0]), (&mut b, &mut second, &alone.1[0])] {
            let logits = driver.step(&mut [sequence], usize::MAX).remove(0).expect("a row");
            let token = super::drive::argmax(&logits);
            assert_eq!(token, wanted[at]);
            sequence.tokens.push(token);
        }
    }
}

fn plan(positions: std::ops::Range<u32>, outputs: Vec<u32>) -> StepInput {
    let len = positions.len();
    StepInput {
        tokens: positions.clone().map(|p| p % 96).collect(),
        slots: positions.clone().collect(),
        sequences: vec![SequenceSlice {
            start: 0,
            len,
            context: positions.end as usize,
            blocks: (0..positions.end.div_ceil(BLOCK as u32)).collect(),
        }],
        positions: positions.collect(),
        outputs,
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn steps_without_outputs_are_computed_and_steps_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = written(folder.path(), Shape { layers: 1, ..SMALL }, GgmlType::F16, Layout::Merged);
    let mut ours = model(&emulated(), &path, Sizes { step_tokens: 40, sequences: 1, ..SIZES });
    assert!(ours.forward(&plan(0..40, vec![])).expect("computed").is_empty());
    let last = ours.forward(&plan(40..41, vec![0])).expect("computed");
    close(&last, &Driver::open(&path).logits(&plan(0..41, vec![]).tokens), "after a step without outputs");
    // Outputs in any order, and one row twice.
    let rows = ours.forward(&plan(0..12, vec![11, 3, 3])).expect("computed");
    assert_eq!(rows[96..192], rows[192..]);
    for (wrong, words) in [(plan(0..41, vec![]), "41 tokens"), (StepInput::default(), "empty batch")] {
        let error = ours.forward(&wrong).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
    let two = StepInput { sequences: vec![SequenceSlice::default(); 2], ..plan(0..2, vec![]) };
    assert!(ours.forward(&two).is_err());
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn recorded_steps_give_what_they_gave_and_parts_are_measured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = written(folder.path(), Shape { layers: 1, ..SMALL }, GgmlType::Q4_K, Layout::Merged);
    let mut ours = model(&emulated(), &path, Sizes { step_tokens: 256, ..SIZES });
    ours.warm_up().expect("warm");
    ours.forward(&plan(0..20, vec![])).expect("computed");
    let steps: Vec<Vec<f32>> = (0..4).map(|_| ours.forward(&plan(20..21, vec![0])).expect("computed")).collect();
    assert!(steps.iter().all(|step| *step == steps[0]));
    ours.start_profile();
    assert_eq!(ours.forward(&plan(20..21, vec![0])).expect("computed"), steps[0]);
    let profile = ours.end_profile().expect("measured");
    let names: Vec<&str> = profile.parts.iter().map(|part| part.0).collect();
    assert!(profile.steps == 1 && names.contains(&"attention") && names.contains(&"down"), "{names:?}");
    ours.reset().expect("reset");
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn tokens_chosen_on_the_device_are_what_the_processor_chooses_of_its_logits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = written(folder.path(), Shape { layers: 1, ..SMALL }, GgmlType::F16, Layout::Merged);
    let mut ours = model(&emulated(), &path, SIZES);
    let prompt = plan(0..20, vec![19, 3]);
    let rows = ours.forward(&prompt).expect("computed");
    let mut sampler = Sampler::new(Sampling { seed: Some(3), ..Sampling::default() }, &[1, 2, 3]);
    let wants = [Want::Token(sampler.draw_elsewhere(96)), Want::Logits];
    let outcomes = ours.sample(&prompt, &wants).expect("computed");
    let token = sampler.choose(&rows[..96]).expect("finite").token;
    assert_eq!(outcomes, [Outcome::Token(token), Outcome::Logits(rows[96..].to_vec())]);
    // Asked part by part, recorded, replayed; with and without sampling.
    let next = plan(20..21, vec![0]);
    for _ in 0..4 {
        let draw = sampler.draw_elsewhere(96);
        let row = ours.forward(&next).expect("computed");
        let token = sampler.choose(&row).expect("finite").token;
        assert_eq!(ours.sample(&next, &[Want::Token(draw)]).expect("computed"), [Outcome::Token(token)]);
        assert_eq!(ours.sample(&next, &[Want::Logits]).expect("computed"), [Outcome::Logits(row)]);
    }
    assert!(ours.sample(&next, &[]).is_err(), "a want for each row");
    assert!(ours.sample(&plan(21..22, vec![]), &[]).expect("computed").is_empty());
}
