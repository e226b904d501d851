//! `mixtral bench kernels`: how near a GPU's products come to what its memory and its tensor cores allow, and in which parts a
//! model's steps spend their time.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use mixtral_engine::DeviceSpec;
use mixtral_engine::devices::OpenDevice;
use mixtral_engine::gpu::GpuModel;
use mixtral_engine::gpu::product::{copy_rate, measure, mixtral_cases};
use mixtral_engine::weights::ModelFiles;

use crate::i18n::Language;
use crate::selftest::steps::{Steps, sizes};

/// How often each product is repeated.
const REPEATS: usize = 20;
/// What the memory's bandwidth is measured with.
const COPIED: usize = 1 << 30;
/// Tokens of a prompt, and conversations at once, whose steps are taken apart.
const PROMPT: usize = 512;
const CONVERSATIONS: usize = 16;
/// Steps of decoding that are averaged.
const DECODED: usize = 8;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(id = "model", value_name = "MODEL")]
    pub path: Option<PathBuf>,
    #[arg(short, long, default_value = "auto")]
    pub device: DeviceSpec,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let OpenDevice::Gpu { gpu, .. } = OpenDevice::open(arguments.device, None)? else {
        bail!(t!(language, "bench-kernels-gpu"));
    };
    let memory = copy_rate(&gpu, COPIED)?;
    say!("{}", t!(language, "bench-kernels", device = gpu.properties().name.clone(), memory = format!("{memory:.0}")));
    for case in mixtral_cases() {
        let m = measure(&gpu, case, REPEATS)?;
        let (rate, share) = (m.gigabytes_per_second(), 100.0 * m.gigabytes_per_second() / memory);
        let (name, time) = (&m.name, m.microseconds);
        say!("{name:<44} {time:>9.1} µs {rate:>7.0} GB/s {share:>4.0}% {:>7.1} TFLOP/s", m.teraflops());
    }
    let Some(path) = &arguments.path else { return Ok(()) };
    let files = ModelFiles::open(path, None)?;
    let config = files.config().clone();
    let vocabulary = config.vocab_size;
    let sizes = sizes(CONVERSATIONS, PROMPT + 2 * DECODED, PROMPT);
    let mut model = GpuModel::load(&gpu.fork()?, &files, config, sizes, &mut |_, _| {})?;
    model.warm_up()?;
    let prompt = |len: usize, seed: usize| -> Vec<u32> {
        (0..len).map(|i| ((i * 7919 + seed * 104_729 + i * i % 13) % vocabulary) as u32).collect()
    };
    for conversations in [1, CONVERSATIONS] {
        let prompts: Vec<Vec<u32>> = (0..conversations).map(|i| prompt(PROMPT / CONVERSATIONS, i)).collect();
        let mut steps = Steps::new(&mut model, vocabulary, &prompts);
        let mut logits = steps.step(usize::MAX, usize::MAX)?;
        for decoded in 0..2 * DECODED {
            // Where the first steps do something once, only the others count.
            if decoded == DECODED {
                steps.model().start_profile();
            }
            logits.iter().for_each(|(number, _)| steps.push(*number, (decoded * 31 % vocabulary) as u32));
            logits = steps.step(usize::MAX, usize::MAX)?;
        }
        parts(&mut model, &t!(language, "bench-kernels-decode", conversations = conversations));
    }
    for profiled in [false, true] {
        if profiled {
            model.start_profile();
        }
        Steps::new(&mut model, vocabulary, &[prompt(PROMPT, usize::from(profiled))]).step(usize::MAX, usize::MAX)?;
    }
    parts(&mut model, &t!(language, "bench-kernels-prefill", tokens = PROMPT));
    Ok(())
}

/// Shows where the measured steps spent their time, in milliseconds a step.
fn parts(model: &mut GpuModel, title: &str) {
    let Some(profile) = model.end_profile() else { return };
    let steps = profile.steps.max(1) as f64;
    let all: f64 = profile.parts.iter().map(|(.., time)| time).sum();
    say!("\n{title}: {:.3} ms", all / steps);
    for (name, count, time) in &profile.parts {
        let (each, share) = (1e3 * time / *count as f64, 100.0 * time / all);
        say!("{name:<30} {:>9.3} ms {share:>4.0}%  {:>5.0} × {each:>7.1} µs", time / steps, *count as f64 / steps);
    }
}
