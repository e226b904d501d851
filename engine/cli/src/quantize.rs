//! `mixtral quantize`: a model file into a smaller type.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_tools::imatrix::Imatrix;
use mixtral_tools::mixes::Types;
use mixtral_tools::quantize_file::{Written, quantise};

use crate::language::Language;
use crate::progress::{gguf_kind, refuse_existing, refuse_folder, shown};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The model: a GGUF file, or its first shard.
    pub model: PathBuf,
    /// The file to write.
    #[arg(id = "written", value_name = "OUT")]
    pub out: PathBuf,
    /// The type of the matrices, such as Q4_K.
    #[arg(id = "kind", value_name = "TYPE")]
    pub kind: String,
    /// The embedding's type; without it Q6_K for Q2_K and Q3_K, else TYPE.
    #[arg(long, value_name = "TYPE")]
    pub embedding: Option<String>,
    /// The output matrix's type; without it Q6_K for Q2_K to Q5_K, else TYPE.
    #[arg(long, value_name = "TYPE")]
    pub output: Option<String>,
    /// TYPE throughout; without it, the few matrices that every token passes stay more precise, as in llama.cpp.
    #[arg(long)]
    pub pure: bool,
    /// The importance matrix that mixtral imatrix (or llama.cpp) made of this model.
    #[arg(long, value_name = "FILE")]
    pub imatrix: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(short, long)]
    pub force: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let asked = gguf_kind(&arguments.kind, language)?;
    let mut types = if arguments.pure { Types::pure(asked) } else { Types::of(asked) };
    if let Some(name) = &arguments.embedding {
        types.embedding = gguf_kind(name, language)?;
    }
    if let Some(name) = &arguments.output {
        types.output = gguf_kind(name, language)?;
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
        match language {
            Language::English => eprintln!("{tensor}: its rows are not whole blocks, written as {kind}"),
            Language::Chinese => eprintln!("{tensor}：行长不是整块，改写为 {kind}"),
        }
    }
    for (tensor, expert) in &written.unweighted {
        match (expert, language) {
            (None, Language::English) => {
                eprintln!("{tensor}: not in the importance matrix, all columns count the same")
            }
            (None, Language::Chinese) => eprintln!("{tensor}：重要性矩阵中没有，各列同等对待"),
            (Some(expert), Language::English) => {
                eprintln!("{tensor}: no token came to expert {expert}, all its columns count the same");
            }
            (Some(expert), Language::Chinese) => eprintln!("{tensor}：专家 {expert} 没有词元经过，其各列同等对待"),
        }
    }
    let types: Vec<String> = written.types.iter().map(|(kind, count)| format!("{count} x {kind}")).collect();
    let (before, after) = (written.before as f64 / 1e6, written.after as f64 / 1e6);
    let part = 100.0 * written.after as f64 / written.before.max(1) as f64;
    say!("{before:.1} MB -> {after:.1} MB ({part:.0} %); {}", types.join(", "));
}
