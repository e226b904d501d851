//! What a base with several adapters takes of memory, and how fast they answer together:
//! `cargo bench -p mixtral-tools --bench adapters`.

#[expect(dead_code, reason = "helpers of the engine's golden tests, of which some are needed here")]
#[path = "../../tests/golden/tiny.rs"]
mod tiny;

use std::path::{Path, PathBuf};
use std::time::Instant;

use mixtral_engine::DeviceSpec;
use mixtral_engine::arch::{Config, TensorSpec, tensor_specs};
use mixtral_engine::cpu::Shelf;
use mixtral_engine::devices::{Model, OpenDevice, Share};
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::model::{CacheType, Forward as _, Sizes, Want};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::sample::{Draw, Sampling};
use mixtral_engine::schedule::{SequenceSlice, StepInput};
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::weights::lora::{AdapterConfig, Pair};

const RANK: usize = 16;
const ADAPTERS: usize = 8;
const BLOCK: usize = 16;
/// Tokens that each sequence has before it is measured, and those that are measured.
const PROMPT: usize = 64;
const TOKENS: usize = 24;
const ROUNDS: usize = 3;
const SHAPE: tiny::Shape =
    tiny::Shape { hidden: 1024, layers: 4, heads: 16, kv_heads: 4, ffn: 1792, experts: 8, vocabulary: 8192 };

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let base = tiny::put(folder.path(), "base.gguf", &tiny::bytes(SHAPE, GgmlType::Q4_K, tiny::Layout::Merged, 5));
    let paths: Vec<PathBuf> = (0..ADAPTERS).map(|i| put_adapter(folder.path(), &base, i)).collect();
    let size = |path: &Path| std::fs::metadata(path).expect("a file").len() >> 20;
    let adapter = size(&paths[0].join("adapter_model.safetensors"));
    println!("base Q4_K {} MiB, adapters of rank {RANK} in F16 on every matrix, {adapter} MiB each", size(&base));
    let device = OpenDevice::open(DeviceSpec::Cpu, None).expect("the processor");
    // The kernels and the allocator are warm before anything is counted.
    drop(open(&device, &base, &Shelf::default()));
    println!("resident, MiB:      base     +1     +4     +8");
    let shelf = Shelf::default();
    let (mut shared, told) = grow(|path| open(&device, path, &shelf), &base, &paths);
    println!("  sharing the base {told}");
    let (mut copies, told) = grow(|path| merged(&device, path), &base, &paths);
    println!("  a copy each      {told}");
    println!("8 sequences, tokens/s of all, medians of {ROUNDS}:");
    let base = shared.remove(0);
    copies.remove(0);
    let mut one = vec![shared.pop().expect("an adapter"), base];
    shared.push(one.remove(0));
    let mut all = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        all[0].push(decode(&mut one[..1], 8));
        all[1].push(decode(&mut shared[..1], 8));
        all[2].push(decode(&mut shared, 1));
        all[3].push(in_turns(&mut copies));
    }
    let names = ["no adapter", "one adapter", "eight adapters in one step", "eight merged copies in turns (before)"];
    for (name, mut rates) in names.iter().zip(all) {
        rates.sort_by(f64::total_cmp);
        println!("  {name:<40} {:7.1}  ({:.1} to {:.1})", rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1]);
    }
}

/// Loads a base and then its adapters one by one; what is resident after some of them.
fn grow<T>(mut load: impl FnMut(&Path) -> T, base: &Path, paths: &[PathBuf]) -> (Vec<T>, String) {
    let before = resident();
    let mut models = vec![load(base)];
    let mut told = String::new();
    for (count, path) in paths.iter().enumerate() {
        if [0, 1, 4].contains(&count) {
            told += &format!(" {:6}", (resident() - before) >> 20);
        }
        models.push(load(path));
    }
    (models, format!("{told} {:6}", (resident() - before) >> 20))
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a figure");
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).expect("a number") * 1024
}

fn sizes() -> Sizes {
    Sizes { blocks: 64, block_size: BLOCK, step_tokens: 512, sequences: 16, cache_type: CacheType::F16 }
}

fn open(device: &OpenDevice, path: &Path, shelf: &Shelf) -> Model {
    let files = ModelFiles::open(path, None).expect("opens");
    let config = files.config().clone();
    device.open_model(&files, config, sizes(), shelf, &mut |_, _| {}).expect("loads")
}

/// As it was before: the adapter is put into a copy of its base.
fn merged(device: &OpenDevice, path: &Path) -> Model {
    let files = ModelFiles::open(path, None).expect("opens");
    let config = files.config().clone();
    Model::Alone(device.load(&files, config, sizes(), &mut |_, _| {}).expect("loads"))
}

fn plan(sequences: usize, first: usize, last: usize) -> StepInput {
    let mut plan = StepInput::default();
    let each = (PROMPT + TOKENS).div_ceil(BLOCK);
    for number in 0..sequences {
        let blocks: Vec<u32> = (0..each).map(|i| (number * each + i) as u32).collect();
        let start = plan.tokens.len();
        for position in first..last {
            plan.tokens.push(((position * 131 + number * 77) % SHAPE.vocabulary) as u32);
            plan.positions.push(position as u32);
            plan.slots.push(blocks[position / BLOCK] * BLOCK as u32 + (position % BLOCK) as u32);
        }
        plan.outputs.push(plan.tokens.len() as u32 - 1);
        let blocks = blocks[..last.div_ceil(BLOCK)].to_vec();
        plan.sequences.push(SequenceSlice { start, len: last - first, context: last, blocks });
    }
    plan
}

fn wants(plan: &StepInput) -> Vec<Want> {
    let settings = Sampling::greedy();
    let draw = Draw { tokens: SHAPE.vocabulary, settings, random: 0, penalties: Vec::new() };
    vec![Want::Token(draw); plan.outputs.len()]
}

/// Tokens a second of so many sequences of each model, all in one step.
fn decode(models: &mut [Model], sequences: usize) -> f64 {
    let mut step = |first: usize, last: usize| {
        let plan = plan(sequences, first, last);
        let wants = wants(&plan);
        let mut shares: Vec<Share<'_>> = models.iter_mut().map(|model| (model, &plan, wants.as_slice())).collect();
        Model::sample_together(&mut shares).expect("a step").iter().map(Vec::len).sum::<usize>()
    };
    step(0, PROMPT);
    let began = Instant::now();
    let made: usize = (PROMPT..PROMPT + TOKENS).map(|position| step(position, position + 1)).sum();
    made as f64 / began.elapsed().as_secs_f64()
}

/// The same of one sequence of each model, one model after the other.
fn in_turns(models: &mut [Model]) -> f64 {
    let mut step = |first: usize, last: usize| {
        let plan = plan(1, first, last);
        let wants = wants(&plan);
        models.iter_mut().map(|model| model.sample(&plan, &wants).expect("a step").len()).sum::<usize>()
    };
    step(0, PROMPT);
    let began = Instant::now();
    let made: usize = (PROMPT..PROMPT + TOKENS).map(|position| step(position, position + 1)).sum();
    made as f64 / began.elapsed().as_secs_f64()
}

fn put_adapter(folder: &Path, base: &Path, number: usize) -> PathBuf {
    let config = Config::from_gguf(&Gguf::open(base).expect("the base")).expect("a model's sizes");
    let path = folder.join(format!("adapter-{number}"));
    let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1", "w2", "w3"];
    let about = AdapterConfig {
        base: "base.gguf".into(),
        rank: RANK,
        alpha: 2.0 * RANK as f32,
        targets: targets.map(String::from).to_vec(),
        ..AdapterConfig::default()
    };
    let matrices = tensor_specs(&config).into_iter().filter(|spec| spec.layer.is_some() && !spec.role.is_norm());
    let mut pairs = matrices.flat_map(|spec| {
        (0..spec.experts()).map(move |expert| (spec.clone(), expert, pair(&spec, expert + 31 * number)))
    });
    mixtral_tools::adapter::write(&path, &about, &config, &mut pairs, &mut std::iter::empty(), GgmlType::F16)
        .expect("written");
    path
}

/// Numbers between -0.05 and 0.05.
fn pair(spec: &TensorSpec, seed: usize) -> Pair {
    let (rows, cols) = spec.matrix();
    let numbers = |len: usize| (0..len).map(|i| ((i * 37 + seed) % 101) as f32 / 1000.0 - 0.05).collect();
    Pair { rank: RANK, a: numbers(RANK * cols), b: numbers(rows * RANK), scale: 2.0 }
}
