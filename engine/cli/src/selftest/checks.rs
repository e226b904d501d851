//! What is checked.

use std::path::{Path, PathBuf};

use mixtral_engine::arch::Config;
use mixtral_engine::devices::OpenDevice;
use mixtral_engine::formats::Source;
use mixtral_engine::gpu::product::DeviceMatrix;
use mixtral_engine::model::{Forward, Sizes};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::WRITABLE;
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::{DeviceSpec, Result};

use super::outcome::Outcome;
use super::random::{InF32, Random, config};
use super::steps::{Steps, distance, likeliest, sizes};
use crate::i18n::Language;

/// Halves of weights and activations, over a few layers, beside the same weights in F32 on the processor.
const PLAIN: f64 = 5e-3;
/// Beside the processor's own products of quantised weights, which have activations in 8 bits.
const QUANTISED: f64 = 5e-2;
/// Weights of a file up to which they are compared in F32.
const MOST_IN_F32: u64 = 1 << 30;

/// One check.
pub enum Check {
    Type(GgmlType),
    HeadDim(usize),
    Budgets,
    Batch,
    Greedy,
    Context(usize),
    Models,
    File(PathBuf),
}

/// All of them, in order of how soon they tell what is wrong.
pub fn all(models: &[PathBuf]) -> Vec<Check> {
    // Other types do not run on GPUs.
    let kinds = WRITABLE.into_iter().filter(|kind| DeviceMatrix::supports(*kind));
    let mut checks: Vec<Check> = kinds.map(Check::Type).collect();
    checks.extend([16, 32, 64, 96, 128].into_iter().filter(|dim| 512 % dim == 0).map(Check::HeadDim));
    checks.extend([Check::Budgets, Check::Batch, Check::Greedy, Check::Models, Check::Context(8192)]);
    checks.extend(models.iter().cloned().map(Check::File));
    checks
}

fn tokens(len: usize, seed: usize) -> Vec<u32> {
    (0..len).map(|i| ((i * 29 + seed * 131 + i * i % 7) % 512) as u32).collect()
}

/// The same model on the device and on the processor.
struct Pair {
    ours: Box<dyn Forward>,
    reference: Box<dyn Forward>,
    vocabulary: usize,
}

impl Pair {
    fn new(device: &OpenDevice, source: &dyn Source, config: &Config, sizes: Sizes) -> Result<Self> {
        Self::beside(device, source, &InF32(source), config, sizes)
    }

    /// With other weights for the processor.
    fn beside(
        device: &OpenDevice,
        source: &dyn Source,
        reference: &dyn Source,
        config: &Config,
        sizes: Sizes,
    ) -> Result<Self> {
        let load = |device: &OpenDevice, source| device.load(source, config.clone(), sizes, &mut |_, _| {});
        let processor = OpenDevice::open(DeviceSpec::Cpu, None)?;
        let (ours, reference) = (load(device, source)?, load(&processor, reference)?);
        Ok(Self { ours, reference, vocabulary: config.vocab_size })
    }

    fn random(device: &OpenDevice, config: &Config, kind: GgmlType, sizes: Sizes) -> Result<Self> {
        Self::new(device, &Random::new(config, kind, 1)?, config, sizes)
    }

    /// How far the logits after all prompts are apart, when the device computes them in such pieces.
    fn distance(&mut self, prompts: &[Vec<u32>], chunk: usize, budget: usize) -> Result<f64> {
        let wanted = Steps::new(&mut *self.reference, self.vocabulary, prompts).finish(usize::MAX, usize::MAX)?;
        let found = Steps::new(&mut *self.ours, self.vocabulary, prompts).finish(chunk, budget)?;
        Ok(distance(&found.concat(), &wanted.concat()))
    }
}

impl Check {
    fn name(&self, language: Language) -> String {
        match self {
            Self::Type(kind) => kind.to_string(),
            Self::HeadDim(dim) => t!(language, "selftest-heads", dim = *dim),
            Self::Budgets => t!(language, "selftest-budgets"),
            Self::Batch => t!(language, "selftest-batch"),
            Self::Greedy => t!(language, "selftest-greedy"),
            Self::Context(len) => t!(language, "selftest-context", tokens = *len),
            Self::Models => t!(language, "selftest-models"),
            Self::File(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        }
    }

    fn tolerance(&self) -> f64 {
        match self {
            Self::File(_) => QUANTISED,
            _ => PLAIN,
        }
    }

    /// Runs it; what fails is part of the outcome.
    pub fn run(&self, device: &OpenDevice, language: Language) -> Outcome {
        let (off, fault) = match self.distance(device, language) {
            Ok((off, fault)) => (off, fault),
            Err(error) => (f64::INFINITY, Some(error.to_string())),
        };
        Outcome { name: self.name(language), off, tolerance: self.tolerance(), fault }
    }

    fn distance(&self, device: &OpenDevice, language: Language) -> Result<(f64, Option<String>)> {
        let plain = |off| Ok((off, None));
        match self {
            Self::Type(kind) => {
                // All experts are used: where some are chosen, rounding may choose others, and that is no fault.
                let config = Config { num_experts: 4, experts_per_token: 4, ..config(64, 2, 512) };
                let mut pair = Pair::random(device, &config, *kind, sizes(1, 256, 256))?;
                // One, few and many rows take different kernels; the pieces of one token are recorded steps.
                let mut worst: f64 = 0.0;
                for (len, chunk) in [(200, usize::MAX), (40, 12), (9, 3), (5, 1)] {
                    worst = worst.max(pair.distance(&[tokens(len, len)], chunk, usize::MAX)?);
                }
                plain(worst)
            }
            Self::HeadDim(dim) => {
                let config = config(*dim, 2, 512);
                let mut pair = Pair::random(device, &config, GgmlType::F16, sizes(3, 256, 256))?;
                plain(pair.distance(&[tokens(70, 1), tokens(1, 2), tokens(33, 3)], 20, usize::MAX)?)
            }
            Self::Budgets => {
                let mut pair = Pair::random(device, &config(64, 2, 512), GgmlType::F16, sizes(3, 128, 64))?;
                let prompts = [tokens(61, 4), tokens(2, 5), tokens(19, 6)];
                let mut worst: f64 = 0.0;
                for budget in 1..=40 {
                    worst = worst.max(pair.distance(&prompts, usize::MAX, budget)?);
                }
                plain(worst)
            }
            Self::Batch => {
                let mut pair = Pair::random(device, &config(64, 2, 512), GgmlType::F16, sizes(16, 128, 512))?;
                let prompts: Vec<Vec<u32>> = (0..16).map(|i| tokens(3 + i * 5, i)).collect();
                let whole = pair.distance(&prompts, 7, 64)?;
                plain(whole.max(pair.distance(&prompts, 1, usize::MAX)?))
            }
            Self::Greedy => {
                let mut pair = Pair::random(device, &config(64, 2, 512), GgmlType::F16, sizes(2, 128, 128))?;
                let (same, all) = greedy(&mut pair)?;
                Ok((0.0, (same < all).then(|| t!(language, "selftest-differs", same = same, all = all))))
            }
            Self::Context(len) => {
                let mut pair = Pair::random(device, &config(64, 1, *len), GgmlType::F16, sizes(1, *len, *len))?;
                plain(pair.distance(&[tokens(*len, 7)], 500, usize::MAX)?)
            }
            Self::Models => {
                let config = config(64, 1, 512);
                let mut one = Pair::random(device, &config, GgmlType::F16, sizes(1, 64, 64))?;
                let mut two = Pair::random(device, &config, GgmlType::F32, sizes(1, 64, 64))?;
                let mut worst: f64 = 0.0;
                for round in 0..4 {
                    worst = worst.max(one.distance(&[tokens(20 + round, round)], 6, usize::MAX)?);
                    worst = worst.max(two.distance(&[tokens(9 + round, round)], 1, usize::MAX)?);
                }
                plain(worst)
            }
            Self::File(path) => file(device, path),
        }
    }
}

/// Two answers of 40 tokens, chosen on either side by itself: how many tokens are the same at first, and how many there are.
fn greedy(pair: &mut Pair) -> Result<(usize, usize)> {
    let prompts = [tokens(9, 8), tokens(30, 9)];
    let answers = |model: &mut dyn Forward, vocabulary: usize| -> Result<Vec<Vec<u32>>> {
        let mut steps = Steps::new(model, vocabulary, &prompts);
        let mut answers = vec![Vec::new(); prompts.len()];
        for _ in 0..40 {
            for (number, logits) in steps.step(usize::MAX, usize::MAX)? {
                answers[number].push(likeliest(&logits));
                steps.push(number, likeliest(&logits));
            }
        }
        Ok(answers)
    };
    let wanted = answers(&mut *pair.reference, pair.vocabulary)?;
    let found = answers(&mut *pair.ours, pair.vocabulary)?;
    let same = found.iter().flatten().zip(wanted.iter().flatten()).take_while(|(a, b)| a == b).count();
    Ok((same, wanted.iter().map(Vec::len).sum()))
}

/// A model of a file: a prompt at once and in pieces.
fn file(device: &OpenDevice, path: &Path) -> Result<(f64, Option<String>)> {
    let files = ModelFiles::open(path, None)?;
    let config = files.config().clone();
    let sizes = sizes(1, 128.min(config.max_context), 128);
    let mut pair = match files.parameters() {
        weights if weights <= MOST_IN_F32 => Pair::new(device, &files, &config, sizes)?,
        _ => Pair::beside(device, &files, &files, &config, sizes)?,
    };
    let prompt: Vec<u32> =
        tokens(60.min(config.max_context), 3).iter().map(|t| 3 + t % (config.vocab_size as u32 - 3)).collect();
    let whole = pair.distance(std::slice::from_ref(&prompt), usize::MAX, usize::MAX)?;
    Ok((whole.max(pair.distance(&[prompt], 17, usize::MAX)?), None))
}
