//! A model as it is asked for by its path: a GGUF file, or an adapter's folder with its base.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::lora::MergeAtLoad;
use super::lora::{Adapter, AdapterConfig, CONFIG_FILE};
use crate::arch::Config;
use crate::error::{Error, LayoutFault, Place, Result};
use crate::formats::gguf::Gguf;
use crate::formats::{Info, Source};

/// The open files of a model. As a [`Source`] they give its weights, with the adapter put onto its base.
#[derive(Debug)]
pub struct ModelFiles {
    path: PathBuf,
    base: Gguf,
    config: Config,
    merge: Option<MergeAtLoad>,
}

impl ModelFiles {
    /// Opens a GGUF file (or the first of its shards), or an adapter's folder. An adapter's base is the file `base`, or else
    /// what its configuration names, as a path seen from the folder or from the one around it.
    ///
    /// # Errors
    /// A file is missing, damaged or not supported, the adapter does not fit its base, or the base cannot be found.
    pub fn open(path: &Path, base: Option<&Path>) -> Result<Self> {
        if !is_adapter(path) {
            if base.is_some() {
                return Err(Error::NoAdapter { path: path.to_owned() });
            }
            if path.join("config.json").is_file() {
                return Err(Error::file(path, Place::Whole, LayoutFault::HuggingFace));
            }
            if path.is_dir() {
                return Err(Error::file(path, Place::Whole, LayoutFault::Folder { file: CONFIG_FILE.to_owned() }));
            }
            let base = Gguf::open(path)?;
            let config = Config::from_gguf(&base)?;
            return Ok(Self { path: path.to_owned(), base, config, merge: None });
        }
        let file = match base {
            Some(base) => base.to_owned(),
            None => base_of(path)?,
        };
        let base = Gguf::open(&file)?;
        let config = Config::from_gguf(&base)?;
        let merge = MergeAtLoad::open(path, &base, &config)?;
        Ok(Self { path: path.to_owned(), base, config, merge: Some(merge) })
    }

    /// The model file, or the adapter's base: metadata and tokenizer are its.
    pub fn gguf(&self) -> &Gguf {
        &self.base
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The adapter, if there is one.
    pub fn adapter(&self) -> Option<&Adapter> {
        self.merge.as_ref().map(MergeAtLoad::adapter)
    }

    /// The name of the adapter's folder, if there is one.
    pub fn adapter_name(&self) -> Option<String> {
        self.adapter()?;
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        // `.` and `..` have no name of their own.
        name(&self.path).or_else(|| name(&self.path.canonicalize().ok()?)).or_else(|| Some(String::new()))
    }

    /// The length of all files together.
    pub fn file_bytes(&self) -> u64 {
        self.base.file_bytes() + self.adapter().map_or(0, Adapter::file_bytes)
    }
}

/// Whether there is an adapter's folder at this path.
pub fn is_adapter(path: &Path) -> bool {
    path.join(CONFIG_FILE).is_file()
}

/// The file of an adapter's base.
fn base_of(folder: &Path) -> Result<PathBuf> {
    let named = AdapterConfig::read(folder)?.base;
    let around = folder.join("..");
    let found = [folder, &around].map(|place| place.join(&named)).into_iter().find(|file| file.is_file());
    found.filter(|_| !named.is_empty()).ok_or_else(|| Error::NoBase { path: folder.to_owned(), base: named })
}

impl Source for ModelFiles {
    fn path(&self) -> &Path {
        &self.path
    }

    fn info(&self, name: &str) -> Option<Info> {
        let changed = self.merge.as_ref().and_then(|merge| merge.info(name));
        changed.cloned().or_else(|| self.base.info(name))
    }

    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>> {
        if let Some(merge) = &self.merge
            && let Some(bytes) = merge.bytes(&self.base, name)?
        {
            return Ok(Cow::Owned(bytes));
        }
        self.base.bytes(name)
    }

    fn release(&self, name: &str) {
        self.base.release(name);
    }

    fn names(&self) -> Vec<&str> {
        self.base.names()
    }
}
