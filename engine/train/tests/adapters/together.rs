//! Several models on one base: one copy of its weights, one step, and the numbers of each alone.

use std::path::{Path, PathBuf};

use mixtral_engine::DeviceSpec;
use mixtral_engine::arch::{Config, TensorRole};
use mixtral_engine::cpu::Shelf;
use mixtral_engine::devices::{Model, OpenDevice, Share};
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::model::{CacheType, Forward as _, Outcome, Want};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::schedule::{SequenceSlice, StepInput};
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::weights::lora::AdapterConfig;

use crate::drive::{BLOCK, sizes};
use crate::tiny::{self, Layout, SMALL};
use crate::{config, pairs_beside, put_adapter};

/// An adapter with pairs beside every matrix, those of the ends too, and nothing whole.
fn put_other(folder: &Path, base: &Path, seed: u64) -> PathBuf {
    let shape = Config::from_gguf(&Gguf::open(base).expect("the base")).expect("a shape");
    let named = config("../base.gguf");
    let ends = ["embed_tokens".to_owned(), "lm_head".to_owned()];
    let targets = named.targets.iter().cloned().chain(ends).collect();
    let about = AdapterConfig { targets, whole: Vec::new(), ..named };
    let path = folder.join(format!("adapter-{seed}"));
    let mut pairs = pairs_beside(&shape, seed, |_| true).into_iter();
    let none = &mut std::iter::empty();
    mixtral_tools::adapter::write(&path, &about, &shape, &mut pairs, none, GgmlType::F16).expect("written");
    path
}

/// An adapter that changes the experts of one layer alone.
fn put_small(folder: &Path, base: &Path) -> PathBuf {
    let shape = Config::from_gguf(&Gguf::open(base).expect("the base")).expect("a shape");
    let targets = ["w1", "w2"].map(String::from).to_vec();
    let about = AdapterConfig { targets, whole: Vec::new(), ..config("../base.gguf") };
    let path = folder.join("small");
    let is_wanted = |part: &mixtral_engine::arch::TensorSpec| {
        part.layer == Some(1) && matches!(part.role, TensorRole::Gate | TensorRole::Down)
    };
    let mut pairs = pairs_beside(&shape, 11, is_wanted).into_iter();
    let none = &mut std::iter::empty();
    mixtral_tools::adapter::write(&path, &about, &shape, &mut pairs, none, GgmlType::F32).expect("written");
    path
}

fn open(path: &Path, shelf: &Shelf, cache_type: CacheType) -> Model {
    let files = ModelFiles::open(path, None).expect("opens");
    let device = OpenDevice::open(DeviceSpec::Cpu, None).expect("the processor");
    let config = files.config().clone();
    device.open_model(&files, config, sizes(cache_type), shelf, &mut |_, _| {}).expect("loads")
}

/// Positions of sequences, each with so many blocks of its own, all of whose new tokens' outputs are wanted.
fn plan(sequences: &[(usize, usize)], seed: usize) -> StepInput {
    let mut plan = StepInput::default();
    for (number, (first, last)) in sequences.iter().enumerate() {
        let blocks: Vec<u32> = (0..8).map(|i| (number as u32 * 8 + i) * 5 % 128).collect();
        let start = plan.tokens.len();
        for position in *first..*last {
            plan.outputs.push(plan.tokens.len() as u32);
            plan.tokens.push(((position * 31 + number * 7 + seed * 13) % SMALL.vocabulary) as u32);
            plan.positions.push(position as u32);
            plan.slots.push(blocks[position / BLOCK] * BLOCK as u32 + (position % BLOCK) as u32);
        }
        plan.sequences.push(SequenceSlice { start, len: last - first, context: *last, blocks });
    }
    plan
}

fn wants(plan: &StepInput, hidden: bool) -> Vec<Want> {
    vec![if hidden { Want::Hidden } else { Want::Logits }; plan.outputs.len()]
}

/// Steps of several models: prompts, then a token each, then some of both. The second model is asked for hidden states.
fn steps(models: usize) -> Vec<Vec<StepInput>> {
    let prompts = |seed: usize| plan(&[(0, 5 + seed * 3), (0, 20)], seed);
    let tokens = |seed: usize| plan(&[(5 + seed * 3, 6 + seed * 3), (20, 21)], seed);
    let both = |seed: usize| plan(&[(6 + seed * 3, 7 + seed * 3), (21, 50 + seed)], seed);
    let all: [&dyn Fn(usize) -> StepInput; 3] = [&prompts, &tokens, &both];
    all.iter().map(|step| (0..models).map(step).collect()).collect()
}

#[test]
fn models_on_one_base_hold_it_once_and_compute_together_what_each_computes_alone() {
    for (kind, layout, cache_type) in [
        (GgmlType::F32, Layout::Merged, CacheType::F32),
        (GgmlType::Q8_0, Layout::Merged, CacheType::F16),
        (GgmlType::Q4_K, Layout::Split, CacheType::Q8_0),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let base = tiny::put(folder.path(), "base.gguf", &tiny::bytes(SMALL, kind, layout, 5));
        let paths = [
            base.clone(),
            // It has an output matrix of its own.
            put_adapter(folder.path(), "../base.gguf", &base),
            put_other(folder.path(), &base, 8),
            put_other(folder.path(), &base, 9),
            put_small(folder.path(), &base),
        ];
        let shelf = Shelf::default();
        let mut together: Vec<Model> = paths.iter().map(|path| open(path, &shelf, cache_type)).collect();
        assert_eq!(shelf.bases(), 1, "{kind}: one copy of the base");
        let own: Vec<u64> = together.iter().map(|model| model.own_bytes().expect("on the processor")).collect();
        let in_file = std::fs::metadata(&base).expect("the base").len();
        assert_eq!(own[0], 0, "the base itself adds nothing");
        assert!(own[1..].iter().all(|own| *own > 0 && *own < in_file), "{kind}: {own:?} of {in_file}");
        let mut alone: Vec<Model> = paths.iter().map(|path| open(path, &Shelf::default(), cache_type)).collect();
        let mut last = Vec::new();
        for step in steps(paths.len()) {
            let wanted: Vec<Vec<Want>> = step.iter().enumerate().map(|(i, plan)| wants(plan, i == 1)).collect();
            let each: Vec<Vec<Outcome>> = (alone.iter_mut().zip(step.iter().zip(&wanted)))
                .map(|(model, (plan, wants))| model.sample(plan, wants).expect("a step"))
                .collect();
            let mut shares: Vec<Share<'_>> = (together.iter_mut().zip(step.iter().zip(&wanted)))
                .map(|(model, (plan, wants))| (model, plan, wants.as_slice()))
                .collect();
            let all = Model::sample_together(&mut shares).expect("a step of all");
            assert!(all == each, "{kind}: in company another result than alone");
            last = all;
        }
        assert!(last.iter().skip(1).all(|rows| *rows != last[0]), "adapters must show");
        drop(together);
        assert_eq!(shelf.bases(), 0, "with its last model the base is gone");
    }
}

#[test]
fn other_files_other_types_and_files_that_were_changed_are_other_bases() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, seed: u64| {
        tiny::put(folder.path(), name, &tiny::bytes(SMALL, GgmlType::F16, Layout::Merged, seed))
    };
    let (one, two) = (write("one.gguf", 5), write("two.gguf", 6));
    let link = folder.path().join("link.gguf");
    std::os::unix::fs::symlink(&one, &link).expect("a link");
    let shelf = Shelf::default();
    let mut models = vec![open(&one, &shelf, CacheType::F16), open(&link, &shelf, CacheType::F32)];
    assert_eq!(shelf.bases(), 1, "a file by another name");
    assert!(models[0].family() != models[1].family(), "caches of two types have no step in common");
    models.push(open(&two, &shelf, CacheType::F16));
    assert_eq!(shelf.bases(), 2);
    std::fs::remove_file(&one).expect("removed");
    write("one.gguf", 7);
    models.push(open(&one, &shelf, CacheType::F16));
    assert_eq!(shelf.bases(), 3, "another file under the same name");
    let plans = [plan(&[(0, 4)], 0), plan(&[(0, 4)], 1)];
    let wants = wants(&plans[0], false);
    let (first, rest) = models.split_at_mut(1);
    let mut shares: Vec<Share<'_>> = vec![(&mut first[0], &plans[0], &wants), (&mut rest[1], &plans[1], &wants)];
    let error = Model::sample_together(&mut shares).expect_err("two bases").to_string();
    assert!(error.contains("several bases"), "{error}");
}
