//! `mixtral quantize`: a model file into a smaller type.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quantize::QuantMix;
use mixtral_engine::quantize::WRITABLE;
use mixtral_tools::imatrix::Imatrix;
use mixtral_tools::quantize_file::{Written, quantise};

use crate::i18n::Language;
use crate::progress::{kind, refuse_existing, refuse_folder, shown};

#[derive(Debug, Args)]
pub struct Arguments {
    pub model: PathBuf,
    pub out: PathBuf,
    #[arg(id = "type", value_name = "TYPE")]
    pub kind: String,
    #[arg(long, alias = "token-embedding-type", value_name = "TYPE")]
    pub embedding: Option<String>,
    #[arg(long, alias = "output-tensor-type", value_name = "TYPE")]
    pub output: Option<String>,
    #[arg(long)]
    pub pure: bool,
    #[arg(long, value_name = "FILE")]
    pub imatrix: Option<PathBuf>,
    #[arg(short, long)]
    pub force: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let writable = |name: &str| kind(name, &WRITABLE, language);
    let asked = writable(&arguments.kind)?;
    let mut types = if arguments.pure { QuantMix::pure(asked) } else { QuantMix::of(asked) };
    if let Some(name) = &arguments.embedding {
        types.embedding = writable(name)?;
    }
    if let Some(name) = &arguments.output {
        types.output = writable(name)?;
    }
    if let Some(kind) = types.needs_importance().filter(|_| arguments.imatrix.is_none()) {
        bail!(t!(language, "quantize-needs-imatrix", type = kind.name()));
    }
    refuse_existing(&arguments.out, arguments.force, language)?;
    refuse_folder(&arguments.out, language)?;
    let gguf = Gguf::open(&arguments.model)?;
    let imatrix = arguments.imatrix.as_deref().map(Imatrix::open).transpose()?;
    let file = arguments.imatrix.as_ref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
    let importance = imatrix.as_ref().map(|imatrix| (&*file, imatrix));
    let written = shown("{wide_bar} {bytes}/{total_bytes} {eta}", |report| {
        quantise(&gguf, &arguments.out, types, importance, report)
    });
    tell(&written.with_context(|| arguments.out.display().to_string())?, language);
    Ok(())
}

fn tell(written: &Written, language: Language) {
    for (tensor, kind) in &written.fallen_back {
        eprintln!("{}", t!(language, "quantize-fallback", tensor = tensor, type = *kind));
    }
    for (tensor, expert) in &written.unweighted {
        match expert {
            None => eprintln!("{}", t!(language, "quantize-unweighted", tensor = tensor)),
            Some(expert) => {
                eprintln!("{}", t!(language, "quantize-unweighted-expert", tensor = tensor, expert = *expert));
            }
        }
    }
    let types: Vec<String> = written.types.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
    let [before, after] = [written.before, written.after].map(|bytes| format!("{:.1} MB", bytes as f64 / 1e6));
    let share = format!("{:.0}%", 100.0 * written.after as f64 / written.before.max(1) as f64);
    let types = types.join(&t!(language, "list-separator"));
    say!("{}", t!(language, "quantize-written", before = before, after = after, share = share, types = types));
}
