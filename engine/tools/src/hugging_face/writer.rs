//! A Hugging Face folder, written tensor by tensor into shards.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::write_config::{self, Ends};
use crate::files::atomic_file::write_bytes;
use crate::files::atomic_folder::WholeFolder;
use crate::safetensors::{Planned, Stream, dtype};
use crate::tokenizer;
use mixtral_engine::arch::order;
use mixtral_engine::arch::{Config, TensorSpec};
use mixtral_engine::error::{ConversionFault, Error, Fault, Place, RequestFault, Result};
use mixtral_engine::formats::gguf::Metadata;
use mixtral_engine::hugging_face::{CONFIG, INDEX, SINGLE, matrices};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::encode_rows;

/// How a folder is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// The model's shape.
    pub config: &'a Config,
    /// Whether the embedding is the output matrix too. Then there is no part [`mixtral_engine::arch::TensorRole::Output`].
    pub tied: bool,
    /// F32, F16 or BF16, of all tensors.
    pub kind: GgmlType,
    /// No shard is larger, but for one of a single tensor.
    pub shard_bytes: u64,
    /// Whether a model's folder that is there already is replaced.
    pub replace: bool,
}

/// A folder that is being written. Dropped unfinished, it is removed.
#[derive(Debug)]
pub struct Writer {
    folder: WholeFolder,
    kind: GgmlType,
    head_dim: usize,
    config: Config,
    tied: bool,
    wanted: std::vec::IntoIter<(TensorSpec, usize)>,
    /// those not begun yet, last first
    shards: Vec<(String, Vec<Planned>)>,
    open: Option<Stream<BufWriter<File>>>,
    index: Map<String, Value>,
    bytes: u64,
}

impl Writer {
    /// Begins a folder.
    ///
    /// # Errors
    /// The type is none of Hugging Face's, or the folder is there already.
    pub fn create(folder: &Path, form: &Form) -> Result<Self> {
        if dtype(form.kind).is_none() {
            return Err(Error::Request(RequestFault::NotPlain { kind: form.kind.to_string() }));
        }
        let matrices: Vec<_> = matrices(form.config, form.tied).collect();
        let planned: Vec<Planned> = matrices.iter().map(|(part, expert)| plan(part, *expert, form.kind)).collect();
        let bytes = planned.iter().map(Planned::bytes).sum();
        let shards = cut(planned, form.shard_bytes);
        let count = shards.len();
        let mut index = Map::new();
        let mut named = Vec::new();
        for (number, tensors) in shards.into_iter().enumerate() {
            let name = match count {
                1 => SINGLE.to_owned(),
                _ => format!("model-{:05}-of-{count:05}.safetensors", number + 1),
            };
            index.extend(tensors.iter().map(|t| (t.name.clone(), Value::String(name.clone()))));
            named.push((name, tensors));
        }
        named.reverse();
        Ok(Self {
            folder: WholeFolder::create(folder, form.replace, CONFIG)?,
            kind: form.kind,
            head_dim: form.config.head_dim,
            config: form.config.clone(),
            tied: form.tied,
            wanted: matrices.into_iter(),
            shards: named,
            open: None,
            index,
            bytes,
        })
    }

    /// How many bytes the weights will take.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the next matrix of [`matrices`], given in GGUF's order.
    ///
    /// # Errors
    /// Another one is next, a weight does not fit the type, or the disk is full.
    pub fn matrix(&mut self, part: &TensorSpec, expert: usize, weights: Vec<f32>) -> Result<()> {
        let name = format!("{}.weight", part.role.hugging_face(part.layer, expert));
        let fault = |fault: ConversionFault| Error::file(self.folder.target(), Place::Tensor(name.clone()), fault);
        match self.wanted.next() {
            Some((next, at)) if next == *part && at == expert => {}
            Some((next, at)) => {
                return Err(fault(ConversionFault::Before { next: next.name(), expert: at.to_string() }));
            }
            None => return Err(fault(ConversionFault::OneTooMany)),
        }
        let cols = part.matrix().1;
        let weights = order::to_hugging_face(part.role, weights, cols, self.head_dim);
        let target = self.folder.target().to_owned();
        let bytes = encode_rows(self.kind, &weights, cols).map_err(|error| error.of_tensor(&target, &name))?;
        let full = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(begin(&self.folder, &mut self.shards)?),
        };
        full.put(&bytes).map_err(Error::io(&target))?;
        if full.is_full() {
            self.end_shard()?;
        }
        Ok(())
    }

    /// Writes the next part, all its experts.
    ///
    /// # Errors
    /// As [`Self::matrix`].
    pub fn part(&mut self, part: &TensorSpec, weights: &[f32]) -> Result<()> {
        if weights.len() != part.len() || part.is_empty() {
            let fault = Fault::Shape { found: vec![weights.len()], expected: part.dims.clone() };
            return Err(Error::file(self.folder.target(), Place::Tensor(part.name()), fault));
        }
        let each = part.len() / part.experts();
        weights.chunks_exact(each).enumerate().try_for_each(|(e, weights)| self.matrix(part, e, weights.to_vec()))
    }

    fn end_shard(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let file = open.end().map_err(Error::io(self.folder.target()))?;
        file.get_ref().sync_all().map_err(Error::io(self.folder.target()))
    }

    /// Writes the other files, and puts the folder in its place. The tokenizer and the chat template are those that a
    /// GGUF's metadata describe.
    ///
    /// # Errors
    /// A matrix was not given, the tokenizer has no Hugging Face form, or the disk is full.
    pub fn finish(mut self, tokenizer: &Metadata) -> Result<()> {
        if let Some((part, expert)) = self.wanted.next() {
            let name = part.role.hugging_face(part.layer, expert);
            return Err(Error::file(self.folder.target(), Place::Tensor(name), ConversionFault::NotGiven));
        }
        self.end_shard()?;
        let ends = Ends {
            bos: tokenizer.opt_u32("tokenizer.ggml.bos_token_id")?,
            eos: tokenizer.opt_u32("tokenizer.ggml.eos_token_id")?,
        };
        self.json(CONFIG, &write_config::config(&self.config, self.tied, self.kind, ends))?;
        self.json("generation_config.json", &write_config::generation(ends))?;
        if self.index.values().any(|name| name != SINGLE) {
            let about = json!({"total_size": self.bytes});
            self.json(INDEX, &json!({"metadata": about, "weight_map": self.index}))?;
        }
        for (name, text) in tokenizer::files(tokenizer, self.config.max_context)? {
            write_bytes(&self.folder.path().join(name), text.as_bytes())?;
        }
        self.folder.finish()
    }

    fn json(&self, name: &str, value: &Value) -> Result<()> {
        write_bytes(&self.folder.path().join(name), format!("{value:#}\n").as_bytes())
    }
}

/// Writes a whole model, whose parts come in the order of [`mixtral_engine::arch::tensor_specs`] (without the output matrix if it is tied), each with
/// all its experts, in GGUF's order. Tokenizer and chat template are those that a GGUF's metadata describe.
///
/// # Errors
/// Those of [`Writer`]; nothing is left behind then.
pub fn write(
    folder: &Path,
    form: &Form,
    tokenizer: &Metadata,
    parts: &mut dyn Iterator<Item = (TensorSpec, Vec<f32>)>,
) -> Result<()> {
    let mut out = Writer::create(folder, form)?;
    for (part, weights) in parts {
        out.part(&part, &weights)?;
    }
    out.finish(tokenizer)
}

fn begin(folder: &WholeFolder, shards: &mut Vec<(String, Vec<Planned>)>) -> Result<Stream<BufWriter<File>>> {
    let Some((name, tensors)) = shards.pop() else {
        return Err(Error::file(folder.target(), Place::Whole, ConversionFault::MoreThanPlanned));
    };
    let path = folder.path().join(name);
    let file = File::create(&path).map_err(Error::io(&path))?;
    Stream::begin(BufWriter::with_capacity(1 << 20, file), &tensors).map_err(Error::io(&path))
}

fn plan(part: &TensorSpec, expert: usize, kind: GgmlType) -> Planned {
    let dims = if part.role.is_expert() { &part.dims[1..] } else { &part.dims[..] };
    let name = format!("{}.weight", part.role.hugging_face(part.layer, expert));
    Planned { name, kind, dims: dims.to_vec() }
}

/// Into shards of at most so many bytes, in order.
fn cut(tensors: Vec<Planned>, most: u64) -> Vec<Vec<Planned>> {
    let mut shards: Vec<Vec<Planned>> = Vec::new();
    let mut room = 0;
    for tensor in tensors {
        let bytes = tensor.bytes();
        match shards.last_mut() {
            Some(shard) if bytes <= room => {
                room -= bytes;
                shard.push(tensor);
            }
            _ => {
                room = most.saturating_sub(bytes);
                shards.push(vec![tensor]);
            }
        }
    }
    shards
}
