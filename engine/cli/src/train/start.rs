//! What a training starts from: a model as a GGUF file or a Hugging Face folder, or a tokenizer alone.

use std::path::Path;

use anyhow::bail;
use mixtral_engine::arch::Config;
use mixtral_engine::formats::Source;
use mixtral_engine::formats::gguf::{Gguf, Metadata};
use mixtral_engine::hugging_face::FolderSource;
use mixtral_engine::hugging_face::{Folder, is_folder};
use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_tools::convert::named;

use crate::i18n::Language;
use crate::progress::gguf_kind;

enum Weights {
    File(Gguf),
    Folder(FolderSource),
}

pub struct Start {
    weights: Weights,
    /// The tokenizer's keys, among others.
    pub metadata: Metadata,
    pub tokenizer: Tokenizer,
    pub template: ChatTemplate,
}

impl Start {
    /// Opens a file or a folder. The matrices of a folder are quantised to `kind` where one is given.
    pub fn open(path: &Path, kind: Option<&str>, language: Language) -> anyhow::Result<Self> {
        let (weights, metadata) = if is_folder(path) {
            let folder = Folder::open(path)?;
            let (found, differs) = named(&folder)?;
            if let Some(text) = differs {
                eprintln!("{}", t!(language, "convert-merges-differ", text = format!("{text:?}")));
            }
            let kind = kind.map(|name| gguf_kind(name, language)).transpose()?;
            let folder = FolderSource::with(folder, kind, found)?;
            let metadata = folder.metadata().clone();
            (Weights::Folder(folder), metadata)
        } else if kind.is_some() {
            bail!(t!(language, "train-base-type-of-a-file", path = path.display()));
        } else {
            let gguf = Gguf::open(path)?;
            let metadata = gguf.metadata().clone();
            (Weights::File(gguf), metadata)
        };
        let tokenizer = Tokenizer::from_gguf(&metadata)?;
        let template = ChatTemplate::new(metadata.opt_str("tokenizer.chat_template")?)
            .map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
        Ok(Self { weights, metadata, tokenizer, template })
    }

    /// The tensors.
    pub fn source(&self) -> &dyn Source {
        match &self.weights {
            Weights::File(gguf) => gguf,
            Weights::Folder(folder) => folder,
        }
    }

    /// The model's shape.
    pub fn config(&self) -> mixtral_engine::Result<Config> {
        match &self.weights {
            Weights::File(gguf) => Config::from_gguf(gguf),
            Weights::Folder(source) => Ok(source.folder().config().clone()),
        }
    }
}
