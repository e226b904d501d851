//! `mixtral selftest`: whether a device computes what the processor does, over types, cuts of prompts, batches and contexts.

mod checks;
mod outcome;
mod random;
pub mod steps;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::ensure;
use clap::Args;
use mixtral_engine::DeviceSpec;
use mixtral_engine::devices::OpenDevice;
use serde_json::json;

use crate::i18n::Language;
use crate::options::Pool;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Models to compare beside the random ones.
    #[arg(value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    #[arg(short, long, default_value = "auto")]
    pub device: DeviceSpec,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub pool: Pool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.pool.make(language)?;
    let device = OpenDevice::open(arguments.device, arguments.pool.threads)?;
    let mut rows = Vec::new();
    if !arguments.json {
        let (memory, what) = match &device {
            OpenDevice::Cpu(_) => (String::new(), device.name()),
            OpenDevice::Gpu { gpu, .. } => {
                let (is, memory) = (gpu.properties(), gpu.memory()?);
                let (major, minor) = is.capability;
                let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
                let memory = format!("{:.1}/{:.1} GiB", gib(memory.free), gib(memory.total));
                (memory, format!("{}, {} (sm_{major}{minor}, {} SMs)", device.name(), is.name, is.multiprocessors))
            }
        };
        say!("{what} {memory}");
    }
    let (mut failed, mut all) = (0, 0);
    for check in checks::all(&arguments.models) {
        let begun = Instant::now();
        let outcome = check.run(&device, language);
        let milliseconds = begun.elapsed().as_millis() as u64;
        let passed = outcome.passed();
        all += 1;
        failed += usize::from(!passed);
        if arguments.json {
            rows.push(json!({
                "check": outcome.name, "passed": passed, "distance": outcome.off, "tolerance": outcome.tolerance,
                "error": outcome.fault, "milliseconds": milliseconds,
            }));
            continue;
        }
        let verdict = if passed { t!(language, "selftest-ok") } else { t!(language, "selftest-wrong") };
        let fault = outcome.fault.map(|fault| format!("  {fault}")).unwrap_or_default();
        say!("{verdict:>6}  {:<44} {:>10.2e} {milliseconds:>7} ms{fault}", outcome.name, outcome.off);
    }
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&json!({ "device": device.name(), "checks": rows }))?);
    } else {
        say!("{}", t!(language, "selftest-result", passed = all - failed, all = all));
    }
    ensure!(failed == 0, t!(language, "selftest-failed", failed = failed));
    Ok(())
}
