//! What a loaded model is, in figures and words.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::formats::Source;
use crate::text::{ChatTemplate, TemplateError};
use crate::weights::ModelFiles;

const EMBEDDING: &str = "token_embd.weight";

/// What there is to know of a loaded model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelCard {
    /// The name it is loaded under.
    pub name: String,
    /// Its own name, from the file.
    pub title: Option<String>,
    /// The architecture: `mixtral`, or `llama` where there are no experts.
    pub architecture: String,
    /// The licence, from the file.
    pub licence: Option<String>,
    /// The name of the file, or of an adapter's folder, without the folder around it.
    pub file: String,
    /// The name of the adapter's folder, where it is one on a base.
    pub adapter: Option<String>,
    /// Bytes of the files.
    pub bytes: u64,
    /// Weights in all.
    pub parameters: u64,
    /// Weights that one token uses.
    pub active_parameters: u64,
    /// The type or the mix of types, as people name it.
    pub quantisation: String,
    /// Experts in a layer.
    pub experts: usize,
    /// Experts that a token uses.
    pub experts_used: usize,
    /// Tokens that prompt and answer may have together.
    pub context: usize,
    /// What the model was made for.
    pub trained_context: usize,
    /// Tokens in the vocabulary.
    pub vocabulary: usize,
    /// Where its chat template comes from.
    pub template: TemplateState,
    /// The device in words.
    pub device: String,
    pub cache_bytes: u64,
    /// Of an adapter that stays beside its base: bytes of its weights in memory, the base's left out, which all models on it share.
    pub own_bytes: Option<u64>,
}

/// Where a model's chat template comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateState {
    /// The model file.
    File,
    /// Mixtral's own, for files without one.
    BuiltIn,
    /// The file's is broken: conversations are refused, plain text works.
    Broken(String),
}

impl TemplateState {
    pub(super) fn of(template: &Result<ChatTemplate, TemplateError>) -> Self {
        match template {
            Ok(t) if t.is_from_file() => Self::File,
            Ok(_) => Self::BuiltIn,
            Err(error) => Self::Broken(error.to_string()),
        }
    }
}

/// The mix of types that `general.file_type` names: the values of `enum llama_ftype` in llama.cpp's `llama.h`. What is called
/// `_S` there is the plain type but for a few matrices, and is named so.
const FILE_TYPES: [(u32, &str); 33] = [
    (0, "F32"),
    (1, "F16"),
    (2, "Q4_0"),
    (3, "Q4_1"),
    (7, "Q8_0"),
    (8, "Q5_0"),
    (9, "Q5_1"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (12, "Q3_K_M"),
    (13, "Q3_K_L"),
    (14, "Q4_K"),
    (15, "Q4_K_M"),
    (16, "Q5_K"),
    (17, "Q5_K_M"),
    (18, "Q6_K"),
    (19, "IQ2_XXS"),
    (20, "IQ2_XS"),
    (21, "Q2_K_S"),
    (22, "IQ3_XS"),
    (23, "IQ3_XXS"),
    (24, "IQ1_S"),
    (25, "IQ4_NL"),
    (26, "IQ3_S"),
    (27, "IQ3_M"),
    (28, "IQ2_S"),
    (29, "IQ2_M"),
    (30, "IQ4_XS"),
    (31, "IQ1_M"),
    (32, "BF16"),
    (36, "TQ1_0"),
    (37, "TQ2_0"),
    (38, "MXFP4"),
];

/// A model's quantisation as people name it: what the file says, or the type of most weights in its layers. The embedding and
/// the output matrix do not count there: in a mix they are more precise than the rest, and in a small model they are most of it.
pub fn quantisation(files: &ModelFiles) -> String {
    let said = files.metadata().opt_u32("general.file_type").ok().flatten();
    if let Some((_, name)) = said.and_then(|number| FILE_TYPES.iter().find(|row| row.0 == number)) {
        return (*name).to_owned();
    }
    let mut weights: BTreeMap<&'static str, u64> = BTreeMap::new();
    // An adapter's matrices stay beside its base's.
    let base = files.base();
    for info in base.names().into_iter().filter(|name| name.starts_with("blk.")).filter_map(|name| base.info(name)) {
        *weights.entry(info.kind.name()).or_default() += info.weights();
    }
    weights.into_iter().max_by_key(|(_, total)| *total).map_or_else(String::new, |(kind, _)| kind.to_owned())
}

/// Weights that one token uses: of the experts only `used` of `experts`, and one row of the
/// embedding is looked up rather than multiplied but counts, as it does in published figures.
pub fn active_parameters(source: &dyn Source, experts: usize, used: usize) -> u64 {
    let count = |name: &str| source.info(name).map_or(0, |info| info.weights());
    let names = source.names();
    let expert: u64 = names.iter().filter(|name| is_expert(name)).map(|name| count(name)).sum();
    let idle = expert / (experts.max(1) as u64) * (experts.saturating_sub(used) as u64);
    names.iter().map(|name| count(name)).sum::<u64>() - idle
}

/// Bytes of the weights that every step multiplies with, and of all experts. An embedding is looked up, not multiplied,
/// unless it is the output matrix too.
pub fn multiplied_bytes(source: &dyn Source) -> (u64, u64) {
    let names = source.names();
    let tied = source.is_tied();
    let bytes = |experts: bool| -> u64 {
        let wanted = names.iter().filter(|name| is_expert(name) == experts && (tied || **name != EMBEDDING));
        wanted.filter_map(|name| source.info(name)).map(|info| info.bytes()).sum()
    };
    (bytes(false), bytes(true))
}

/// `blk.0.ffn_up_exps.weight`, or `blk.0.ffn_up.3.weight` in the older layout.
fn is_expert(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["blk", _, part, "weight"] => part.ends_with("_exps"),
        ["blk", _, "ffn_gate" | "ffn_up" | "ffn_down", expert, "weight"] => expert.parse::<usize>().is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_expert;

    #[test]
    fn experts_are_told_apart_in_both_layouts() {
        assert!(is_expert("blk.0.ffn_up_exps.weight") && is_expert("blk.11.ffn_down.7.weight"));
        assert!(
            !is_expert("blk.0.ffn_gate_inp.weight") && !is_expert("blk.0.attn_q.weight") && !is_expert("output.weight")
        );
    }
}
