//! The shape of a model, read from a file and checked.

use crate::error::{Error, Fault, LayoutFault, Place, Result};
use crate::formats::gguf::{Gguf, Metadata};

/// No dimension of a real model is larger; beyond it products could overflow.
const MAX_DIM: usize = 1 << 24;

/// The shape and the constants of a Mixtral model.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Width of a token's vector.
    pub hidden_size: usize,
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; each serves `heads / kv_heads` query heads.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Inner width of an expert.
    pub intermediate_size: usize,
    /// Experts of a layer.
    pub num_experts: usize,
    /// Experts that work on each token.
    pub experts_per_token: usize,
    /// Size of the vocabulary.
    pub vocab_size: usize,
    /// Longest context the model was made for.
    pub max_context: usize,
    /// What is added under the root of RMS norm.
    pub norm_eps: f32,
    /// Base of the rotary angles.
    pub rope_theta: f32,
    /// How the rotary angles are stretched for longer contexts.
    pub rope_scaling: RopeScaling,
}

/// A way to stretch rotary angles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RopeScaling {
    /// Not at all.
    None,
    /// All positions divided by `factor`.
    Linear {
        /// Context after stretching, over context before.
        factor: f32,
    },
    /// YaRN (arXiv 2309.00071): slow angles are stretched, fast ones kept.
    Yarn {
        /// Context after stretching, over context before.
        factor: f32,
        /// Context before stretching.
        original: usize,
    },
}

impl Config {
    /// Reads the shape of a GGUF model. Other architectures are refused.
    pub fn from_gguf(file: &Gguf) -> Result<Self> {
        let meta = file.metadata();
        let architecture = meta.str("general.architecture")?;
        if architecture != "llama" {
            return Err(meta.fault("general.architecture", Fault::Architecture(architecture.to_owned())));
        }
        let experts = match meta.opt_u32("llama.expert_count")? {
            Some(1..) => size(meta, "llama.expert_count")?,
            _ => return Err(meta.fault("llama.expert_count", Fault::Dense)),
        };
        let top = size(meta, "llama.expert_used_count")?;
        if top > experts {
            return Err(meta.fault("llama.expert_used_count", Fault::TooManyExperts { used: top, experts }));
        }
        let hidden = size(meta, "llama.embedding_length")?;
        let heads = size(meta, "llama.attention.head_count")?;
        let kv_heads = match meta.get("llama.attention.head_count_kv") {
            Some(_) => size(meta, "llama.attention.head_count_kv")?,
            None => heads,
        };
        if !heads.is_multiple_of(kv_heads) {
            let fault = Fault::HeadCount { size: heads, heads: kv_heads };
            return Err(meta.fault("llama.attention.head_count_kv", fault));
        }
        let head_dim = head_dim(meta, hidden, heads)?;
        refuse_window(meta)?;
        Ok(Self {
            hidden_size: hidden,
            layers: size(meta, "llama.block_count")?,
            heads,
            kv_heads,
            head_dim,
            intermediate_size: match meta.get("llama.expert_feed_forward_length") {
                Some(_) => size(meta, "llama.expert_feed_forward_length")?,
                None => size(meta, "llama.feed_forward_length")?,
            },
            num_experts: experts,
            experts_per_token: top,
            vocab_size: vocabulary(file)?,
            max_context: size(meta, "llama.context_length")?,
            norm_eps: positive(meta, "llama.attention.layer_norm_rms_epsilon", None)?,
            rope_theta: positive(meta, "llama.rope.freq_base", Some(10_000.0))?,
            rope_scaling: rope_scaling(meta)?,
        })
    }
}

/// A dimension: a whole number from 1 to [`MAX_DIM`].
fn size(meta: &Metadata, key: &str) -> Result<usize> {
    match meta.u32(key)? as usize {
        n @ 1..=MAX_DIM => Ok(n),
        n => Err(meta.fault(key, Fault::Impossible(n.to_string()))),
    }
}

fn positive(meta: &Metadata, key: &str, default: Option<f32>) -> Result<f32> {
    let value = match default {
        Some(default) => meta.opt_f32(key)?.unwrap_or(default),
        None => meta.f32(key)?,
    };
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(meta.fault(key, Fault::Impossible(value.to_string())))
    }
}

fn head_dim(meta: &Metadata, hidden: usize, heads: usize) -> Result<usize> {
    let head_dim = match meta.get("llama.attention.key_length") {
        Some(_) => size(meta, "llama.attention.key_length")?,
        None if hidden.is_multiple_of(heads) => hidden / heads,
        None => {
            return Err(meta.fault("llama.embedding_length", Fault::HeadCount { size: hidden, heads }));
        }
    };
    if head_dim % 2 == 1 {
        return Err(meta.fault("llama.attention.head_count", Fault::OddHeads(head_dim)));
    }
    for key in ["llama.attention.value_length", "llama.rope.dimension_count"] {
        if let Some(other) = meta.opt_u32(key)?
            && other as usize != head_dim
        {
            return Err(meta.fault(key, Fault::Differs { found: other.to_string(), wanted: head_dim.to_string() }));
        }
    }
    Ok(head_dim)
}

/// Mixtral looks at the whole context. A file that asks for less is not computed wrongly in silence.
fn refuse_window(meta: &Metadata) -> Result<()> {
    let key = "llama.attention.sliding_window";
    match meta.opt_u32(key)? {
        Some(window @ 1..) if window < meta.u32("llama.context_length")? => {
            Err(meta.fault(key, LayoutFault::SlidingWindow { window: window.to_string() }))
        }
        _ => Ok(()),
    }
}

fn vocabulary(file: &Gguf) -> Result<usize> {
    let name = "token_embd.weight";
    let tensor = file.tensor(name);
    let dims = tensor.as_ref().map(|t| t.dims.as_slice());
    match dims {
        Some(&[vocabulary @ 1..=MAX_DIM, _]) => Ok(vocabulary),
        _ => {
            let fault = match dims {
                Some(dims) => Fault::Impossible(format!("{dims:?}")),
                None => Fault::Missing,
            };
            Err(Error::file(file.path(), Place::Tensor(name.into()), fault))
        }
    }
}

fn rope_scaling(meta: &Metadata) -> Result<RopeScaling> {
    let key = "llama.rope.scaling.type";
    let factor = || match meta.get("llama.rope.scaling.factor") {
        Some(_) => positive(meta, "llama.rope.scaling.factor", None),
        // the older name
        None => positive(meta, "llama.rope.scale_linear", Some(1.0)),
    };
    match meta.opt_str(key)? {
        None if meta.get("llama.rope.scale_linear").is_some() => Ok(RopeScaling::Linear { factor: factor()? }),
        None | Some("none") => Ok(RopeScaling::None),
        Some("linear") => Ok(RopeScaling::Linear { factor: factor()? }),
        Some("yarn") => {
            for name in [
                "attn_factor",
                "yarn_attn_factor",
                "yarn_ext_factor",
                "yarn_beta_fast",
                "yarn_beta_slow",
                "yarn_log_multiplier",
            ] {
                let key = format!("llama.rope.scaling.{name}");
                if meta.get(&key).is_some() {
                    return Err(meta.fault(&key, LayoutFault::Yarn));
                }
            }
            let original = match meta.get("llama.rope.scaling.original_context_length") {
                Some(_) => size(meta, "llama.rope.scaling.original_context_length")?,
                None => size(meta, "llama.context_length")?,
            };
            Ok(RopeScaling::Yarn { factor: factor()?, original })
        }
        Some(other) => {
            Err(meta.fault(key, Fault::UnknownChoice { found: other.to_owned(), known: &["linear", "yarn"] }))
        }
    }
}
