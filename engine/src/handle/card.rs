//! What a loaded model is, in figures and words.

use candle_core::Device;
use serde::Serialize;

use crate::text::{ChatTemplate, TemplateError};
use crate::weights::gguf::{Gguf, TensorInfo};

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
    /// The file's name, without its folder.
    pub file: String,
    /// Bytes of the files.
    pub bytes: u64,
    /// Weights in all.
    pub parameters: u64,
    /// Weights that one token uses.
    pub active_parameters: u64,
    /// The type that takes most of the file.
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
    /// Bytes of its cache.
    pub cache_bytes: u64,
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

/// The type that takes most of a file, as people name it.
pub fn quantisation(gguf: &Gguf) -> String {
    let mut bytes: Vec<(String, u64)> = Vec::new();
    for tensor in gguf.tensors() {
        let kind = tensor.kind.to_string();
        match bytes.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, total)) => *total += tensor.len,
            None => bytes.push((kind, tensor.len)),
        }
    }
    bytes.into_iter().max_by_key(|(_, total)| *total).map_or_else(String::new, |(kind, _)| kind)
}

/// Weights that one token uses: of the experts only `used` of `experts`, and one row of the
/// embedding is looked up rather than multiplied but counts, as it does in published figures.
pub fn active_parameters(gguf: &Gguf, experts: usize, used: usize) -> u64 {
    let count = |t: &TensorInfo| t.dims.iter().map(|d| *d as u64).product::<u64>();
    let of_experts = |t: &&TensorInfo| is_expert(&t.name);
    let expert: u64 = gguf.tensors().iter().filter(of_experts).map(count).sum();
    let idle = expert / (experts.max(1) as u64) * (experts.saturating_sub(used) as u64);
    gguf.parameters() - idle
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

/// The device in words.
pub(super) fn device_name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".to_owned(),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
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
