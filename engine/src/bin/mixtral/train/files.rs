//! What a training leaves: a model as GGUF, or an adapter's folder.

use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::train::recipe::Lora;
use mixtral_engine::train::{Model, output};
use mixtral_engine::weights::gguf::Value;

/// The folder of the best adapter.
pub const ADAPTER: &str = "adapter";

pub enum Output {
    Model {
        /// The tokenizer's metadata.
        values: Vec<(String, Value)>,
    },
    Adapter {
        settings: Lora,
        /// What the adapter calls its base.
        base: String,
    },
}

impl Output {
    /// Writes the model with the lowest validation loss so far.
    pub fn best(&self, folder: &Path, model: &Model) -> anyhow::Result<()> {
        self.write(folder, ["best.gguf", ADAPTER], model)
    }

    /// Writes the model as the training leaves it; an adapter that nothing else was judged by is also the best.
    pub fn last(&self, folder: &Path, model: &Model, judged: bool) -> anyhow::Result<()> {
        self.write(folder, ["last.gguf", if judged { "last-adapter" } else { ADAPTER }], model)
    }

    fn write(&self, folder: &Path, [file, sub]: [&str; 2], model: &Model) -> anyhow::Result<()> {
        match self {
            Self::Model { values } => output::write_gguf(&folder.join(file), model, values.clone(), GgmlType::F16)?,
            Self::Adapter { settings, base } => {
                output::write_adapter(&folder.join(sub), model, settings, base, GgmlType::F16)?;
            }
        }
        Ok(())
    }
}

/// The way from a folder (which need not be there yet, but its parent must) to a file.
pub fn way(folder: &Path, file: &Path) -> anyhow::Result<String> {
    let real = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    let (parent, file) = (real(folder.parent().unwrap_or(folder))?, real(file)?);
    let from = parent.join(folder.file_name().unwrap_or_default());
    let shared = from.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return Ok(file.display().to_string());
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(file.components().skip(shared)).collect();
    Ok(way.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_finds_its_base_by_a_relative_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("runs/a");
        std::fs::create_dir_all(&out).expect("made");
        std::fs::write(folder.path().join("base.gguf"), "").expect("written");
        std::fs::write(out.join("own.gguf"), "").expect("written");
        assert_eq!(way(&out.join(ADAPTER), &folder.path().join("base.gguf")).expect("a way"), "../../../base.gguf");
        assert_eq!(way(&out.join(ADAPTER), &out.join("own.gguf")).expect("a way"), "../own.gguf");
        assert!(way(&out.join(ADAPTER), &folder.path().join("none.gguf")).is_err());
    }
}
