//! An adapter that fits a model: found by part, read when it is asked for.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use super::config::AdapterConfig;
use super::names;
use super::pair::{Pair, transposed};
use crate::arch::order::to_gguf;
use crate::arch::{Config, TensorRole, TensorSpec, tensor_specs};
use crate::error::{AdapterFault, Error, Fault, Place, Result};
use crate::formats::safetensors::Tensors;

/// The name of the file with the tensors.
pub const WEIGHTS_FILE: &str = "adapter_model.safetensors";

/// An adapter of one model. Its file is mapped into memory; every tensor of it is known to be of a part's shape.
#[derive(Debug)]
pub struct Adapter {
    config: AdapterConfig,
    tensors: Tensors,
    head_dim: usize,
}

/// Where the two tensors of a part's pair stand, and how they are laid out.
struct Found {
    a: String,
    b: String,
    layout: Layout,
    rank: usize,
    scale: f32,
}

enum Layout {
    /// (rank, cols) and (rows, rank)
    Plain,
    /// (rank, rows) and (cols, rank)
    Embedding,
    /// (experts * rank, cols), expert after expert, and (rows, rank * experts), the experts of a rank side by side
    Fused {
        experts: usize,
        /// the part's own rows
        rows: Range<usize>,
    },
}

impl Adapter {
    /// Opens an adapter's folder for a model of this shape.
    ///
    /// # Errors
    /// A file is missing, damaged or not understood, or the adapter was made for another shape: a tensor that fits no
    /// part of the model is refused by its name.
    pub fn open(folder: &Path, shape: &Config) -> Result<Self> {
        let config = AdapterConfig::read(folder)?;
        let path = folder.join(WEIGHTS_FILE);
        let pickled = folder.join("adapter_model.bin");
        if !path.exists() && pickled.exists() {
            let fault = AdapterFault::Pickled { file: WEIGHTS_FILE.to_owned() };
            return Err(Error::file(pickled, Place::Whole, fault));
        }
        let mut adapter = Self { config, tensors: Tensors::open(&path)?, head_dim: shape.head_dim };
        adapter.check(shape)?;
        Ok(adapter)
    }

    /// What its configuration says.
    pub fn config(&self) -> &AdapterConfig {
        &self.config
    }

    /// The file of its weights.
    pub fn path(&self) -> &Path {
        self.tensors.path()
    }

    /// The length of that file.
    pub fn file_bytes(&self) -> u64 {
        self.tensors.file_bytes()
    }

    /// How many weights it has.
    pub fn parameters(&self) -> u64 {
        self.tensors.weights()
    }

    /// Whether the adapter changes anything in this part.
    ///
    /// # Errors
    /// What it has for it is of another shape.
    pub fn touches(&self, part: &TensorSpec) -> Result<bool> {
        for expert in 0..part.experts() {
            if self.find(part, expert)?.is_some() || self.find_whole(part, expert)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the adapter has a tensor of its own for this part, or for an expert of it.
    ///
    /// # Errors
    /// What it has for it is of another shape.
    pub fn replaces(&self, part: &TensorSpec) -> Result<bool> {
        let mut experts = 0..part.experts();
        experts.try_fold(false, |any, expert| Ok(any || self.find_whole(part, expert)?.is_some()))
    }

    /// A part's pair; `expert` is 0 for parts without experts.
    ///
    /// # Errors
    /// The part is of another shape than the model's, or a number is none.
    pub fn pair(&self, part: &TensorSpec, expert: usize) -> Result<Option<Pair>> {
        let Some(Found { a, b, layout, rank, scale }) = self.find(part, expert)? else { return Ok(None) };
        let (a, b) = match layout {
            Layout::Plain => (self.tensors.all(&a)?, self.tensors.all(&b)?),
            Layout::Embedding => {
                let (rows, cols) = part.matrix();
                (transposed(&self.tensors.all(&b)?, cols, rank), transposed(&self.tensors.all(&a)?, rank, rows))
            }
            Layout::Fused { experts, rows } => {
                let b = self.tensors.rows(&b, rows)?;
                let b = b.chunks_exact(rank * experts).flat_map(|row| row[expert..].iter().step_by(experts)).copied();
                (self.tensors.rows(&a, expert * rank..(expert + 1) * rank)?, b.collect())
            }
        };
        Ok(Some(Pair { rank, a, b: to_gguf(part.role, b, rank, self.head_dim), scale }))
    }

    /// A module that is saved whole, all experts of it.
    ///
    /// # Errors
    /// The part is of another shape than the model's, some of its experts are missing, or a number is none.
    pub fn whole(&self, part: &TensorSpec) -> Result<Option<Vec<f32>>> {
        let found: Vec<String> =
            (0..part.experts()).filter_map(|e| self.find_whole(part, e).transpose()).collect::<Result<_>>()?;
        let Some(first) = found.first() else { return Ok(None) };
        if found.len() < part.experts() {
            return Err(self.tensors.fault(first, AdapterFault::PartlyWhole));
        }
        let mut all = Vec::with_capacity(part.len());
        for name in &found {
            all.extend(self.tensors.all(name)?);
        }
        Ok(Some(to_gguf(part.role, all, part.matrix().1, self.head_dim)))
    }

    /// The same of one expert.
    pub(crate) fn whole_one(&self, part: &TensorSpec, expert: usize) -> Result<Option<Vec<f32>>> {
        let Some(name) = self.find_whole(part, expert)? else { return Ok(None) };
        Ok(Some(to_gguf(part.role, self.tensors.all(&name)?, part.matrix().1, self.head_dim)))
    }

    /// Every tensor must belong to a part, or the model would be computed wrongly.
    fn check(&mut self, shape: &Config) -> Result<()> {
        let mut used = BTreeSet::new();
        for part in tensor_specs(shape) {
            for expert in 0..part.experts() {
                if let Some(Found { a, b, .. }) = self.find(&part, expert)? {
                    used.extend([a, b]);
                }
                used.extend(self.find_whole(&part, expert)?);
            }
        }
        if let Some(name) = self.tensors.names().find(|name| !used.contains(*name)) {
            return Err(self.tensors.fault(name, AdapterFault::NotInBase));
        }
        if used.is_empty() {
            return Err(Error::file(self.path(), Place::Whole, AdapterFault::Empty));
        }
        if self.config.targets.is_empty() {
            let module = |name: &String| Some(name.split(".lora_").next()?.rsplit('.').next()?.to_owned());
            let met: BTreeSet<String> = used.iter().filter(|name| name.contains(".lora_")).filter_map(module).collect();
            self.config.targets = met.into_iter().collect();
        }
        Ok(())
    }

    fn find(&self, part: &TensorSpec, expert: usize) -> Result<Option<Found>> {
        let (rows, cols) = part.matrix();
        for module in names::modules(part, expert) {
            let embedding = part.role == TensorRole::Embedding;
            let (a, b) = if embedding { names::embedding_pair(&module) } else { names::pair(&module) };
            let Some((tall, wide)) = self.shapes(&a, &b)? else { continue };
            let (rank, scale) = self.config.of(&module);
            let layout = if embedding { Layout::Embedding } else { Layout::Plain };
            let (wide_cols, tall_rows) = if embedding { (rows, cols) } else { (cols, rows) };
            self.expect(&a, wide, [rank, wide_cols])?;
            self.expect(&b, tall, [tall_rows, rank])?;
            return Ok(Some(Found { a, b, layout, rank, scale }));
        }
        self.find_fused(part, expert)
    }

    /// Transformers 5 keeps the experts of a layer in one module, and PEFT wraps it once for each of its parameters: the
    /// tensors' shapes tell which.
    fn find_fused(&self, part: &TensorSpec, expert: usize) -> Result<Option<Found>> {
        let Some((module, parameter)) = names::fused(part) else { return Ok(None) };
        let (rows, cols) = part.matrix();
        let experts = part.experts();
        let all_rows = if part.role == TensorRole::Down { rows } else { 2 * rows };
        for wrapped in [module.clone(), format!("{module}.base_layer")] {
            let (a, b) = names::pair(&wrapped);
            let Some((tall, wide)) = self.shapes(&a, &b)? else { continue };
            let (rank, scale) = self.config.of(&format!("{module}.{parameter}"));
            if expert < experts && wide == [experts * rank, cols] && tall == [all_rows, rank * experts] {
                // w3 stands below w1.
                let first = if part.role == TensorRole::Up { rows } else { 0 };
                let layout = Layout::Fused { experts, rows: first..first + rows };
                return Ok(Some(Found { a, b, layout, rank, scale }));
            }
        }
        Ok(None)
    }

    /// The shapes of B and of A, if they are there.
    fn shapes(&self, a: &str, b: &str) -> Result<Option<(&[usize], &[usize])>> {
        match (self.tensors.get(a), self.tensors.get(b)) {
            (Some(a), Some(b)) => Ok(Some((&b.dims, &a.dims))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.tensors.fault(b, Fault::Missing)),
            (None, Some(_)) => Err(self.tensors.fault(a, Fault::Missing)),
        }
    }

    fn find_whole(&self, part: &TensorSpec, expert: usize) -> Result<Option<String>> {
        let names = names::modules(part, expert);
        let Some(name) = names.iter().flat_map(|m| names::whole(m)).find(|name| self.tensors.get(name).is_some())
        else {
            return Ok(None);
        };
        let wanted = if part.role.is_expert() { &part.dims[1..] } else { &part.dims };
        let found = self.tensors.get(&name).map_or(&[][..], |tensor| &tensor.dims);
        self.expect(&name, found, wanted)?;
        Ok(Some(name))
    }

    fn expect(&self, name: &str, found: &[usize], wanted: impl AsRef<[usize]>) -> Result<()> {
        let wanted = wanted.as_ref();
        if found == wanted {
            return Ok(());
        }
        Err(self.tensors.fault(name, Fault::Shape { found: found.to_vec(), expected: wanted.to_vec() }))
    }
}
