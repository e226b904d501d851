//! What a training leaves: a model as GGUF (and in Hugging Face's layout), or an adapter's folder.

use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use mixtral_engine::formats::gguf::Metadata;
use mixtral_engine::hugging_face::SHARD_BYTES;
use mixtral_engine::quant::GgmlType;
use mixtral_train::recipe::Lora;
use mixtral_train::{Model, output};

use crate::i18n::Language;

/// What a run is resumed from.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// What the reference of a training on preferences says of its pairs.
pub const REFERENCE: &str = "reference.safetensors";
/// The folder of the best adapter.
pub const ADAPTER: &str = "adapter";

/// All that a training leaves, but for its checkpoint, log and recipe.
const LEFT: [&str; 6] = ["best.gguf", "last.gguf", BEST, LAST, ADAPTER, LAST_ADAPTER];
const BEST: &str = "best";
const LAST: &str = "last";
const LAST_ADAPTER: &str = "last-adapter";

pub enum Output {
    Model {
        /// Brings the tokenizer.
        source: Metadata,
        /// Whether folders in Hugging Face's layout are wanted too.
        hugging_face: bool,
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
        self.write(folder, [BEST, ADAPTER], model)
    }

    /// Writes the model as the training leaves it; an adapter that nothing else was judged by is also the best.
    pub fn last(&self, folder: &Path, model: &Model, judged: bool) -> anyhow::Result<()> {
        self.write(folder, [LAST, if judged { LAST_ADAPTER } else { ADAPTER }], model)
    }

    /// Whether a best model stands in the folder.
    pub fn has_best(&self, folder: &Path) -> bool {
        match self {
            Self::Model { .. } => folder.join("best.gguf").exists(),
            Self::Adapter { .. } => folder.join(ADAPTER).exists(),
        }
    }

    fn write(&self, folder: &Path, [whole, adapter]: [&str; 2], model: &Model) -> anyhow::Result<()> {
        match self {
            Self::Model { source, hugging_face } => {
                let values = output::tokenizer_values(source);
                output::write_gguf(&folder.join(format!("{whole}.gguf")), model, values, GgmlType::F16)?;
                if *hugging_face {
                    // What a killed training left half written; the folder is this training's own.
                    remove(&folder.join(format!("{whole}.part")))?;
                    let folder = folder.join(whole);
                    output::write_hugging_face(&folder, model, source, GgmlType::F16, SHARD_BYTES)?;
                }
            }
            Self::Adapter { settings, base } => {
                output::write_adapter(&folder.join(adapter), model, settings, base, GgmlType::F16)?;
            }
        }
        Ok(())
    }
}

/// Whether the folder holds what a training left.
pub fn holds_training(folder: &Path) -> bool {
    left().any(|name| folder.join(name).exists())
}

fn left() -> impl Iterator<Item = &'static str> {
    LEFT.into_iter().chain([CHECKPOINT, REFERENCE])
}

/// Removes what an earlier training left in the folder, so that nothing stands there that this one did not make.
///
/// # Errors
/// A file cannot be removed, or `kept` is among them.
pub fn clear(folder: &Path, kept: &Path, language: Language) -> anyhow::Result<()> {
    let kept = kept.canonicalize().ok();
    for name in left() {
        let path = folder.join(name);
        let holds = path.canonicalize().is_ok_and(|path| kept.as_ref().is_some_and(|kept| kept.starts_with(path)));
        anyhow::ensure!(!holds, t!(language, "train-folder-of-base", path = path.display()));
        remove(&path)?;
    }
    Ok(())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
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
    fn a_new_training_clears_only_what_trainings_leave() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["best.gguf", CHECKPOINT, "poem.txt"] {
            std::fs::write(folder.path().join(name), "").expect("written");
        }
        std::fs::create_dir_all(folder.path().join(ADAPTER).join("x")).expect("made");
        let base = folder.path().join("best.gguf");
        assert!(clear(folder.path(), &base, Language::English).is_err() && base.exists(), "the base is kept");
        assert!(holds_training(folder.path()));
        let other = folder.path().join("poem.txt");
        clear(folder.path(), &other, Language::English).expect("cleared");
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).expect("the folder").flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, ["poem.txt"]);
        clear(folder.path(), &other, Language::English).expect("nothing to clear");
        assert!(!holds_training(folder.path()));
    }

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
