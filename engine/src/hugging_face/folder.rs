//! A Hugging Face folder that is read: its shape, and every matrix of it by part.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::generation;
use super::names::{CONFIG, INDEX, SINGLE, matrices};
use super::read_config::{self, Read};
use crate::arch::order;
use crate::arch::{Config, TensorRole, TensorSpec, tensor_specs};
use crate::error::{ConversionFault, Error, Fault, LayoutFault, Place, Result};
use crate::formats::json::bounded_object;
use crate::formats::safetensors::Tensors;
use crate::quant::GgmlType;

/// No real model has more shards.
const MAX_SHARDS: usize = 9_999;
/// No real index is longer, in bytes.
const MAX_INDEX: u64 = 1 << 27;

/// An open folder. Every tensor is known to be there and of its shape, and none is left over.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    about: Read,
    ends: Vec<u32>,
    shards: Vec<Shard>,
    by_name: HashMap<String, usize>,
}

/// Where a matrix stands.
pub struct Spot {
    /// The tensor.
    pub name: String,
    /// Its whole shape.
    pub dims: Vec<usize>,
    /// The expert in it, where it holds those of a layer.
    pub expert: Option<usize>,
    /// The first row in it: w3 stands below w1.
    pub row: usize,
}

/// Whether this path is a model's folder.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir() && path.join(CONFIG).is_file()
}

impl Folder {
    /// Opens a folder and checks every tensor.
    ///
    /// # Errors
    /// A file is missing, damaged or not understood; the key or the tensor is named.
    pub fn open(path: &Path) -> Result<Self> {
        let about = read_config::read(&path.join(CONFIG))?;
        let ends = generation::ends(path)?;
        let (shards, told) = open_shards(path)?;
        let mut by_name = HashMap::new();
        for (at, (_, shard)) in shards.iter().enumerate() {
            for name in shard.names() {
                if by_name.insert(name.to_owned(), at).is_some() {
                    return Err(shard.fault(name, LayoutFault::InAnotherShard));
                }
            }
        }
        let mut folder = Self { path: path.to_owned(), about, ends, shards, by_name };
        for (name, file) in told.iter().flatten() {
            let found = folder.by_name.get(name).map(|at| &folder.shards[*at].0);
            if found != Some(file) {
                let fault = ConversionFault::OtherFile { file: file.clone(), index: INDEX.to_owned() };
                return Err(folder.fault(name, fault));
            }
        }
        folder.check()?;
        Ok(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.about.config
    }

    /// Whether the embedding is the output matrix too.
    pub fn tied(&self) -> bool {
        self.about.tied
    }

    /// The begin token that `config.json` names.
    pub(crate) fn bos(&self) -> Option<u32> {
        self.about.bos
    }

    /// The end token that `config.json` names.
    pub(crate) fn eos(&self) -> Option<u32> {
        self.about.eos
    }

    /// The tokens that end an answer, by `generation_config.json`.
    pub(crate) fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The type that takes most of the folder.
    pub fn kind(&self) -> GgmlType {
        let mut bytes: BTreeMap<GgmlType, u64> = BTreeMap::new();
        for (name, shard) in self.tensors() {
            if let Some(tensor) = shard.get(name) {
                *bytes.entry(tensor.kind).or_default() += tensor.size();
            }
        }
        bytes.into_iter().max_by_key(|(_, bytes)| *bytes).map_or(GgmlType::F32, |(kind, _)| kind)
    }

    /// The type that the folder has a part in; F32 where its experts differ.
    pub(crate) fn kind_of(&self, part: &TensorSpec) -> GgmlType {
        let kind = |expert| {
            let name = self.spot(part, expert)?.name;
            Some(self.shards[*self.by_name.get(&name)?].1.get(&name)?.kind)
        };
        let first = kind(0).unwrap_or(GgmlType::F32);
        if (1..part.experts()).all(|expert| kind(expert) == Some(first)) { first } else { GgmlType::F32 }
    }

    /// How many weights the folder holds.
    pub fn weights(&self) -> u64 {
        matrices(self.config(), self.tied()).map(|(part, _)| (part.len() / part.experts()) as u64).sum()
    }

    /// The length of all its tensors' files.
    pub fn file_bytes(&self) -> u64 {
        self.shards.iter().map(|(_, shard)| shard.file_bytes()).sum()
    }

    /// A matrix of [`matrices`], in GGUF's order.
    ///
    /// # Errors
    /// It is no part of this model, or holds what is no number.
    pub fn matrix(&self, part: &TensorSpec, expert: usize) -> Result<Vec<f32>> {
        let spot = self.spot(part, expert).ok_or_else(|| self.fault(&part.name(), Fault::Missing))?;
        let (_, shard) = &self.shards[self.by_name[&spot.name]];
        let (rows, cols) = part.matrix();
        let weights = match spot.expert {
            None => shard.all(&spot.name)?,
            Some(expert) => {
                let all = shard.rows(&spot.name, expert..expert + 1)?;
                all[spot.row * cols..][..rows * cols].to_vec()
            }
        };
        Ok(order::to_gguf(part.role, weights, cols, self.config().head_dim))
    }

    /// The bytes of a matrix as they stand in the folder, where they stand in GGUF's order and in this type.
    pub(crate) fn plain(&self, part: &TensorSpec, expert: usize, kind: GgmlType) -> Option<&[u8]> {
        if matches!(part.role, TensorRole::Query | TensorRole::Key) {
            return None;
        }
        let spot = self.spot(part, expert)?;
        let (_, shard) = &self.shards[*self.by_name.get(&spot.name)?];
        let bytes = shard.bytes(&spot.name).filter(|_| shard.get(&spot.name).is_some_and(|t| t.kind == kind))?;
        let Some(expert) = spot.expert else { return Some(bytes) };
        let (rows, cols) = part.matrix();
        let row = cols * kind.block_bytes();
        bytes.get((expert * spot.dims[1] + spot.row) * row..)?.get(..rows * row)
    }

    /// Gives the memory of a matrix's file back to the system.
    pub(crate) fn release(&self, part: &TensorSpec, expert: usize) {
        if let Some(spot) = self.spot(part, expert) {
            self.shards[self.by_name[&spot.name]].1.release(&spot.name);
        }
    }

    /// The shards and what they are called.
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// Where a matrix stands, in either of two layouts: a tensor an expert, or all of a layer's experts in two tensors,
    /// as transformers 5 keeps them in memory and can save them.
    pub fn spot(&self, part: &TensorSpec, expert: usize) -> Option<Spot> {
        let one = format!("{}.weight", part.role.hugging_face(part.layer, expert));
        let renamed = one.replace(".block_sparse_moe.", ".mlp.");
        let own = if part.role.is_expert() { &part.dims[1..] } else { &part.dims[..] };
        if let Some(name) = [one, renamed].into_iter().find(|name| self.by_name.contains_key(name)) {
            return Some(Spot { name, dims: own.to_vec(), expert: None, row: 0 });
        }
        let [experts, rows, cols] = part.dims[..] else { return None };
        let (module, all, row) = match part.role {
            TensorRole::Gate => ("gate_up_proj", 2 * rows, 0),
            TensorRole::Up => ("gate_up_proj", 2 * rows, rows),
            _ => ("down_proj", rows, 0),
        };
        let name = format!("model.layers.{}.mlp.experts.{module}", part.layer?);
        let there = self.by_name.contains_key(&name);
        there.then(|| Spot { name, dims: vec![experts, all, cols], expert: Some(expert), row })
    }

    fn tensors(&self) -> impl Iterator<Item = (&str, &Tensors)> {
        self.by_name.iter().map(|(name, at)| (name.as_str(), &self.shards[*at].1))
    }

    fn fault(&self, name: &str, fault: impl Into<Fault>) -> Error {
        Error::file(&self.path, Place::Tensor(name.to_owned()), fault)
    }

    fn check(&mut self) -> Result<()> {
        let mut used = HashSet::new();
        for (part, expert) in matrices(&self.about.config, self.about.tied) {
            let name = || format!("{}.weight", part.role.hugging_face(part.layer, expert));
            let spot = self.spot(&part, expert).ok_or_else(|| self.fault(&name(), Fault::Missing))?;
            let (_, shard) = &self.shards[self.by_name[&spot.name]];
            let found = shard.get(&spot.name).map_or(&[][..], |tensor| &tensor.dims);
            if found != spot.dims {
                let (found, wanted) = (format!("{found:?}"), format!("{:?}", spot.dims));
                return Err(shard.fault(&spot.name, ConversionFault::ConfigShape { found, wanted }));
            }
            used.insert(spot.name);
        }
        // A tied model's file may hold the one matrix twice; transformers takes the embedding, as is done here.
        let output = tensor_specs(&self.about.config).into_iter().find(|part| part.role == TensorRole::Output);
        let twice =
            output.filter(|_| self.about.tied).map(|part| format!("{}.weight", part.role.hugging_face(None, 0)));
        // Some old files hold the rotary angles too, which follow from the shape.
        let known = |name: &str| twice.as_deref() == Some(name) || name.ends_with(".rotary_emb.inv_freq");
        let surplus = self.tensors().find(|(name, _)| !used.contains(*name) && !known(name));
        match surplus {
            Some((name, shard)) => Err(shard.fault(name, LayoutFault::NotInShape)),
            None => Ok(()),
        }
    }
}

/// A shard's name and its tensors.
pub type Shard = (String, Tensors);
/// Which shard each tensor is in.
type Index = BTreeMap<String, String>;

/// The shards by name, and what the index says of them.
fn open_shards(path: &Path) -> Result<(Vec<Shard>, Option<Index>)> {
    let index = path.join(INDEX);
    if path.join(SINGLE).is_file() {
        return Ok((vec![(SINGLE.to_owned(), Tensors::open(&path.join(SINGLE))?)], None));
    }
    if !index.is_file() {
        let fault = if path.join("pytorch_model.bin").exists() || path.join("pytorch_model.bin.index.json").exists() {
            ConversionFault::Pickled
        } else {
            ConversionFault::Neither { one: SINGLE.to_owned(), other: INDEX.to_owned() }
        };
        return Err(Error::file(path, Place::Whole, fault));
    }
    let fault = |fault: Fault| Error::file(&index, Place::Key("weight_map".into()), fault);
    let json = bounded_object(&index, MAX_INDEX)?;
    let map = json.get("weight_map").and_then(serde_json::Value::as_object);
    let map = map.ok_or_else(|| fault(Fault::Missing))?;
    let mut told = Index::new();
    for (tensor, file) in map {
        let file = file.as_str().filter(|file| {
            // A name must not lead out of the folder.
            Path::new(file).file_name().is_some_and(|name| name == *file)
        });
        let file = file.ok_or_else(|| fault(ConversionFault::NoFile { tensor: tensor.clone() }.into()))?;
        told.insert(tensor.clone(), file.to_owned());
    }
    let mut files: Vec<&String> = told.values().collect();
    files.sort_unstable();
    files.dedup();
    if files.is_empty() || files.len() > MAX_SHARDS {
        return Err(fault(ConversionFault::Shards { count: files.len().to_string() }.into()));
    }
    let open = |file: &String| match path.join(file) {
        shard if shard.is_file() => Ok((file.clone(), Tensors::open(&shard)?)),
        _ => Err(fault(LayoutFault::MissingShard { file: file.clone() }.into())),
    };
    let shards = files.into_iter().map(open).collect::<Result<_>>()?;
    Ok((shards, Some(told)))
}
