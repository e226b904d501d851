//! The names that PEFT gives to the tensors of an adapter for `MixtralForCausalLM`.

use crate::arch::TensorSpec;

/// What PEFT puts before every name.
pub const PREFIX: &str = "base_model.model.";

/// A module's names in Hugging Face's model: that of transformers 4, under which experts are modules of their own, and
/// where transformers 5 has renamed it, that one too.
pub fn modules(part: &TensorSpec, expert: usize) -> Vec<String> {
    let name = part.role.hugging_face(part.layer, expert);
    let renamed = name.replace(".block_sparse_moe.", ".mlp.");
    if renamed == name { vec![name] } else { vec![name, renamed] }
}

/// The module of transformers 5 that holds all experts of a layer, and the parameter in it that holds this part of them:
/// w1 above w3, or w2.
pub fn fused(part: &TensorSpec) -> Option<(String, &'static str)> {
    use crate::arch::TensorRole::{Down, Gate, Up};
    let parameter = match part.role {
        Gate | Up => "gate_up_proj",
        Down => "down_proj",
        _ => return None,
    };
    Some((format!("model.layers.{}.mlp.experts", part.layer?), parameter))
}

/// The tensors of a module's pair.
pub fn pair(module: &str) -> (String, String) {
    (format!("{PREFIX}{module}.lora_A.weight"), format!("{PREFIX}{module}.lora_B.weight"))
}

/// The tensors of an embedding's pair, which PEFT keeps the other way round: (rank, vocabulary) and (width, rank).
pub fn embedding_pair(module: &str) -> (String, String) {
    (format!("{PREFIX}{module}.lora_embedding_A"), format!("{PREFIX}{module}.lora_embedding_B"))
}

/// The tensor of a module that is saved whole: as such, or because its embedding was a target.
pub fn whole(module: &str) -> [String; 2] {
    [format!("{PREFIX}{module}.weight"), format!("{PREFIX}{module}.base_layer.weight")]
}
