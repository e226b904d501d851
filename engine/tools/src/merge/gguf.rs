//! Onto a GGUF: one file in the base's types, or in those that are asked for.

use std::collections::HashMap;
use std::path::Path;

use crate::files::atomic_file;
use mixtral_engine::arch::{Config, TensorSpec, tensor_specs};
use mixtral_engine::error::{ConversionFault, Error, Fault, Place, Result};
use mixtral_engine::formats::gguf::{Gguf, Value, Writer};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::{QuantMix, WRITABLE, encode_rows, needs_importance, tells_types, type_values};
use mixtral_engine::weights::lora::Adapter;
use mixtral_engine::weights::lora::{apply, touched};
use mixtral_engine::weights::source_matrix;

/// A tensor of the base: the part it is of, and the one expert in it, in the older layout.
type Owners = HashMap<String, (TensorSpec, Option<usize>)>;

/// Writes base and adapters as one GGUF file, which appears whole or not at all. `types` are those of the matrices, or
/// without them each tensor keeps its own. `tokenizer` replaces the base's keys where it is given. `progress` gets bytes of
/// the base: done, and in all.
///
/// # Errors
/// The file is one of the base's own, a type cannot be written, or the disk is full.
pub fn into_gguf(
    base: &Gguf,
    adapters: &[Adapter],
    tokenizer: Option<Vec<(String, Value)>>,
    out: &Path,
    types: Option<QuantMix>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    if atomic_file::same(base.path(), out) {
        return Err(Error::file(out, Place::Whole, ConversionFault::BaseItself));
    }
    let mut owners = Owners::new();
    for part in tensor_specs(&Config::from_gguf(base)?) {
        for expert in 0..part.experts() {
            owners.insert(part.split_name(expert), (part.clone(), Some(expert)));
        }
        owners.insert(part.name(), (part, None));
    }
    let mut writer = Writer::new();
    for (key, value) in base.metadata().iter() {
        // A tokenizer without a chat template leaves the base's.
        let given = |key: &str| tokenizer.iter().flatten().any(|(own, _)| own == key);
        let replaced = tokenizer.is_some() && key.starts_with("tokenizer.ggml.") || given(key);
        let types_told = types.is_some() && tells_types(key);
        if !replaced && !types_told && !key.starts_with("split.") {
            writer.value(key, value.clone());
        }
    }
    for (key, value) in tokenizer.into_iter().flatten() {
        writer.value(key, value);
    }
    if let Some(types) = types {
        for (key, value) in type_values(types) {
            writer.value(key, value);
        }
    }
    let mut planned = Vec::new();
    for tensor in base.tensors() {
        let owner = owners.get(&tensor.name);
        let changes = owner.map_or(Ok(false), |(part, _)| touched(adapters, part))?;
        let kind = types.map_or(tensor.kind, |types| types.of_tensor(&tensor.name, &tensor.dims));
        let fault = |fault: Fault| Error::file(base.path(), Place::Tensor(tensor.name.clone()), fault);
        let recodes = changes || kind != tensor.kind;
        if recodes && (!WRITABLE.contains(&kind) || needs_importance(kind)) {
            return Err(fault(ConversionFault::NeedsImatrix { kind: kind.to_string() }.into()));
        }
        let owner = match (recodes, owner) {
            (false, _) => None,
            (true, Some(owner)) => Some(owner),
            (true, None) => return Err(fault(Fault::Surplus)),
        };
        writer.plan(&tensor.name, kind, &tensor.dims).map_err(Error::io(out))?;
        planned.push((tensor, kind, owner));
    }
    let (mut done, all) = (0, base.tensors().iter().map(|tensor| tensor.len).sum());
    atomic_file::write(out, |file| {
        let mut stream = writer.begin(file).map_err(Error::io(out))?;
        for (tensor, kind, owner) in &planned {
            match owner {
                None => {
                    let bytes = base.tensor(&tensor.name).map(|view| view.bytes).unwrap_or_default();
                    stream.put(bytes).map_err(Error::io(out))?;
                }
                Some((part, of)) => {
                    let experts = of.map_or(0..part.experts(), |expert| expert..expert + 1);
                    for expert in experts {
                        let bytes = merged_matrix(base, adapters, &tensor.name, *kind, part, expert)?;
                        stream.piece(&bytes).map_err(Error::io(out))?;
                    }
                }
            }
            done += tensor.len;
            progress(done, all);
        }
        stream.end().map_err(Error::io(out))
    })
}

/// One expert's matrix of the base with all adapters in it, in the blocks of a type. `name` is the tensor's, for errors.
fn merged_matrix(
    base: &Gguf,
    adapters: &[Adapter],
    name: &str,
    kind: GgmlType,
    part: &TensorSpec,
    expert: usize,
) -> Result<Vec<u8>> {
    let weights = apply(adapters, part, expert, source_matrix(base, part, expert)?)?;
    encode_rows(kind, &weights, part.matrix().1).map_err(|error| error.of_tensor(base.path(), name))
}
