//! Every tensor of a Mixtral model: its name and shape in GGUF, and its names in Hugging Face's
//! files. The trainer, the converters and adapters all read this one list.

use super::config::Config;

/// Which matrix of the model a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TensorRole {
    Embedding,
    AttentionNorm,
    Query,
    Key,
    Value,
    AttentionOutput,
    ExpertNorm,
    Router,
    /// w1
    Gate,
    /// w3
    Up,
    /// w2
    Down,
    OutputNorm,
    Output,
}

impl TensorRole {
    /// Whether it is a norm's weights.
    pub fn is_norm(self) -> bool {
        matches!(self, Self::AttentionNorm | Self::ExpertNorm | Self::OutputNorm)
    }

    /// Whether every expert has one.
    pub fn is_expert(self) -> bool {
        matches!(self, Self::Gate | Self::Up | Self::Down)
    }

    /// The name in GGUF, without layer and `.weight`.
    pub fn gguf(self) -> &'static str {
        match self {
            Self::Embedding => "token_embd",
            Self::AttentionNorm => "attn_norm",
            Self::Query => "attn_q",
            Self::Key => "attn_k",
            Self::Value => "attn_v",
            Self::AttentionOutput => "attn_output",
            Self::ExpertNorm => "ffn_norm",
            Self::Router => "ffn_gate_inp",
            Self::Gate => "ffn_gate_exps",
            Self::Up => "ffn_up_exps",
            Self::Down => "ffn_down_exps",
            Self::OutputNorm => "output_norm",
            Self::Output => "output",
        }
    }

    /// The name of its module in Hugging Face's `MixtralForCausalLM`, without layer and expert.
    pub fn module(self) -> &'static str {
        match self {
            Self::Embedding => "model.embed_tokens",
            Self::AttentionNorm => "input_layernorm",
            Self::Query => "self_attn.q_proj",
            Self::Key => "self_attn.k_proj",
            Self::Value => "self_attn.v_proj",
            Self::AttentionOutput => "self_attn.o_proj",
            Self::ExpertNorm => "post_attention_layernorm",
            Self::Router => "block_sparse_moe.gate",
            Self::Gate => "w1",
            Self::Up => "w3",
            Self::Down => "w2",
            Self::OutputNorm => "model.norm",
            Self::Output => "lm_head",
        }
    }

    /// Its whole name in Hugging Face's files, without `.weight`.
    pub fn hugging_face(self, layer: Option<usize>, expert: usize) -> String {
        let module = self.module();
        match layer {
            None => module.to_owned(),
            Some(layer) if self.is_expert() => {
                format!("model.layers.{layer}.block_sparse_moe.experts.{expert}.{module}")
            }
            Some(layer) => format!("model.layers.{layer}.{module}"),
        }
    }
}

/// One tensor of a model, experts merged.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorSpec {
    /// Which matrix.
    pub role: TensorRole,
    pub layer: Option<usize>,
    /// The shape, outermost first; experts have three dimensions.
    pub dims: Vec<usize>,
}

impl TensorSpec {
    /// The part of this role in a model of this shape; `layer` for those that every layer has.
    pub fn new(config: &Config, role: TensorRole, layer: Option<usize>) -> Self {
        let Config {
            hidden_size: hidden,
            heads,
            kv_heads,
            head_dim,
            intermediate_size: ffn,
            num_experts: experts,
            vocab_size: vocabulary,
            ..
        } = *config;
        let dims = match role {
            TensorRole::Embedding | TensorRole::Output => vec![vocabulary, hidden],
            TensorRole::AttentionNorm | TensorRole::ExpertNorm | TensorRole::OutputNorm => vec![hidden],
            TensorRole::Query => vec![heads * head_dim, hidden],
            TensorRole::Key | TensorRole::Value => vec![kv_heads * head_dim, hidden],
            TensorRole::AttentionOutput => vec![hidden, heads * head_dim],
            TensorRole::Router => vec![experts, hidden],
            TensorRole::Gate | TensorRole::Up => vec![experts, ffn, hidden],
            TensorRole::Down => vec![experts, hidden, ffn],
        };
        Self { role, layer, dims }
    }

    /// The tensor's name in GGUF.
    pub fn name(&self) -> String {
        match self.layer {
            Some(layer) => format!("blk.{layer}.{}.weight", self.role.gguf()),
            None => format!("{}.weight", self.role.gguf()),
        }
    }

    /// The name of one expert's matrix in older files, which keep a tensor for each: `blk.0.ffn_up.3.weight`.
    pub fn split_name(&self, expert: usize) -> String {
        self.name().replacen("_exps", &format!(".{expert}"), 1)
    }

    /// Rows and columns of the matrix, or of each expert's; a norm is one row.
    pub fn matrix(&self) -> (usize, usize) {
        match self.dims[..] {
            [.., rows, cols] => (rows, cols),
            [cols] => (1, cols),
            [] => (1, 1),
        }
    }

    /// How many experts it has a matrix of; 1 where it has none.
    pub fn experts(&self) -> usize {
        if self.role.is_expert() { self.dims[0] } else { 1 }
    }

    /// How many weights it has.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Whether it has none, which no part of a real model does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The roles in a layer, in the order of computation.
const LAYER: [TensorRole; 10] = [
    TensorRole::AttentionNorm,
    TensorRole::Query,
    TensorRole::Key,
    TensorRole::Value,
    TensorRole::AttentionOutput,
    TensorRole::ExpertNorm,
    TensorRole::Router,
    TensorRole::Gate,
    TensorRole::Up,
    TensorRole::Down,
];

/// All tensors of a model with an output matrix of its own.
pub fn tensor_specs(config: &Config) -> Vec<TensorSpec> {
    let part = |role, layer| TensorSpec::new(config, role, layer);
    let mut out = vec![part(TensorRole::Embedding, None)];
    for layer in (0..config.layers).map(Some) {
        out.extend(LAYER.map(|role| part(role, layer)));
    }
    out.extend([part(TensorRole::OutputNorm, None), part(TensorRole::Output, None)]);
    out
}

/// The row that stands at place `row` of a query or key matrix when Hugging Face's order (the two
/// halves of a head turn against each other) becomes GGUF's (neighbours do).
pub fn interleaved_row(row: usize, head_dim: usize) -> usize {
    let (head, at) = (row / head_dim, row % head_dim);
    head * head_dim + at % 2 * (head_dim / 2) + at / 2
}
