//! A model as it is asked for by its path: a GGUF file, a Hugging Face folder, or an adapter's folder with its base.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::base::{Base, Identity};
use super::location::Location;
use super::lora::MergeAtLoad;
use super::lora::{Adapter, AdapterConfig, CONFIG_FILE};
use crate::arch::Config;
use crate::error::{Error, RequestFault, Result};
use crate::formats::gguf::Metadata;
use crate::formats::{Info, Source};
use crate::hugging_face::is_folder;
use crate::quant::GgmlType;

/// The open files of a model. As a [`Source`] they give its weights, with the adapter put onto its base.
#[derive(Debug)]
pub struct ModelFiles {
    path: PathBuf,
    base: Base,
    config: Config,
    merge: Option<MergeAtLoad>,
}

impl ModelFiles {
    /// Opens a GGUF file (or the first of its shards), a Hugging Face folder, with or without a type behind it (`FOLDER:Q4_K`), or
    /// an adapter's folder. An adapter's base is the model at `base`, or else what its configuration names, as a path seen from
    /// the folder or from the one around it.
    ///
    /// # Errors
    /// A file is missing, damaged or not supported, the adapter does not fit its base, or the base cannot be found.
    pub fn open(path: &Path, base: Option<&Path>) -> Result<Self> {
        Self::open_as(path, base, None)
    }

    /// The same with the type that a folder's matrices get, where the path does not tell one.
    ///
    /// # Errors
    /// As [`Self::open`], or the model has its types already.
    pub fn open_as(path: &Path, base: Option<&Path>, kind: Option<GgmlType>) -> Result<Self> {
        let at = Location::read(path)?;
        if !is_adapter(at.path) {
            if base.is_some() {
                return Err(Error::NoAdapter { path: path.to_owned() });
            }
            let (base, config) = Base::open(Location { kind: at.kind.or(kind), ..at })?;
            return Ok(Self { path: at.path.to_owned(), base, config, merge: None });
        }
        if at.kind.is_some() {
            // The type is the base's affair, which has a path of its own.
            return Err(Error::Request(RequestFault::TypeOfFile { path: at.path.display().to_string() }));
        }
        let found = match base {
            Some(base) => base.to_owned(),
            None => base_of(path)?,
        };
        let at = Location::read(&found)?;
        let (base, config) = Base::open(Location { kind: at.kind.or(kind), ..at })?;
        let merge = MergeAtLoad::open(path, &base, &config)?;
        Ok(Self { path: path.to_owned(), base, config, merge: Some(merge) })
    }

    /// What the model file (or the adapter's base) says besides its weights, by GGUF's keys: the tokenizer among others.
    pub fn metadata(&self) -> &Metadata {
        self.base.metadata()
    }

    /// The model's file or folder, or that of the adapter's base.
    pub fn base_path(&self) -> &Path {
        self.base.path()
    }

    /// The model's own weights, or those of the adapter's base as they are.
    pub fn base(&self) -> &dyn Source {
        &self.base
    }

    /// Which weights those are, if the system tells files apart.
    pub fn base_identity(&self) -> Option<Identity> {
        self.base.identity()
    }

    /// How many weights the model has, without the adapter's.
    pub fn parameters(&self) -> u64 {
        self.base.parameters()
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether weights are quantised while they load.
    pub fn quantises(&self) -> bool {
        match &self.base {
            Base::File(_) => false,
            Base::Folder(source) => source.quantises(),
        }
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

/// The file or folder of an adapter's base.
fn base_of(folder: &Path) -> Result<PathBuf> {
    let named = AdapterConfig::read(folder)?.base;
    let around = folder.join("..");
    let mut places = [folder, &around].map(|place| place.join(&named)).into_iter();
    let found = places.find(|place| place.is_file() || is_folder(place));
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
