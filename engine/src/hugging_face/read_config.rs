//! `config.json` into a model's shape. What would be computed wrongly is refused by its key.

use std::path::Path;

use serde_json::{Map, Value};

use crate::arch::{Config, RopeScaling};
use crate::error::{Fault, LayoutFault, Result};
use crate::formats::json::{Object, object};

/// No dimension of a real model is larger; beyond it products could overflow.
const MAX_DIM: u64 = 1 << 24;

/// What a folder's `config.json` says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub config: Config,
    pub tied: bool,
    pub bos: Option<u32>,
    pub eos: Option<u32>,
}

pub(super) fn read(path: &Path) -> Result<Read> {
    let json = object(path)?;
    let reader = Reader(Object { path, json: &json });
    let config = reader.config()?;
    Ok(Read {
        config,
        tied: reader.0.switch("tie_word_embeddings")?,
        bos: reader.token("bos_token_id"),
        eos: reader.token("eos_token_id"),
    })
}

struct Reader<'a>(Object<'a>);

impl<'a> Reader<'a> {
    fn config(&self) -> Result<Config> {
        match self.0.get("model_type").and_then(Value::as_str) {
            Some("mixtral") => {}
            Some(other) => {
                return Err(self.0.fault("model_type", Fault::Architecture(other.to_owned())));
            }
            None => return Err(self.0.fault("model_type", LayoutFault::NotAModel)),
        }
        if let Some(act) = self.0.get("hidden_act").filter(|act| *act != "silu") {
            let found = act.as_str().map_or_else(|| act.to_string(), str::to_owned);
            return Err(self.0.fault("hidden_act", Fault::UnknownChoice { found, known: &["silu"] }));
        }
        if let Some(how) = self.0.get("quantization_config") {
            let method = how.get("quant_method").and_then(Value::as_str).unwrap_or("quantised");
            return Err(self.0.fault("quantization_config", LayoutFault::Quantised { method: method.to_owned() }));
        }
        let (hidden, heads) = (self.size("hidden_size")?, self.size("num_attention_heads")?);
        let kv_heads =
            if self.0.get("num_key_value_heads").is_some() { self.size("num_key_value_heads")? } else { heads };
        if !heads.is_multiple_of(kv_heads) {
            let fault = LayoutFault::KeyHeads { kv: kv_heads.to_string(), heads: heads.to_string() };
            return Err(self.0.fault("num_key_value_heads", fault));
        }
        let head_dim = match self.0.get("head_dim") {
            Some(_) => self.size("head_dim")?,
            None if hidden.is_multiple_of(heads) => hidden / heads,
            None => return Err(self.0.fault("hidden_size", Fault::HeadCount { size: hidden, heads })),
        };
        if head_dim % 2 == 1 {
            return Err(self.0.fault("head_dim", Fault::OddHeads(head_dim)));
        }
        let (experts, top) = (self.size("num_local_experts")?, self.size("num_experts_per_tok")?);
        if top > experts {
            return Err(self.0.fault("num_experts_per_tok", Fault::TooManyExperts { used: top, experts }));
        }
        let context = self.size("max_position_embeddings")?;
        // Mixtral looks at the whole context.
        if let Some(window) = self.0.get("sliding_window")
            && window.as_u64().is_none_or(|window| window < context as u64)
        {
            return Err(self.0.fault("sliding_window", LayoutFault::SlidingWindow { window: window.to_string() }));
        }
        let rope = self.rope()?;
        Ok(Config {
            hidden_size: hidden,
            layers: self.size("num_hidden_layers")?,
            heads,
            kv_heads,
            head_dim,
            intermediate_size: self.size("intermediate_size")?,
            num_experts: experts,
            experts_per_token: top,
            vocab_size: self.size("vocab_size")?,
            max_context: context,
            norm_eps: self.positive(self.0.json, "rms_norm_eps", Some(1e-5))?,
            rope_theta: match rope.filter(|rope| rope.contains_key("rope_theta")) {
                Some(rope) => self.positive(rope, "rope_theta", None)?,
                // transformers' own default for Mixtral
                None => self.positive(self.0.json, "rope_theta", Some(1e6))?,
            },
            rope_scaling: rope.map_or(Ok(RopeScaling::None), |rope| self.scaling(rope, context))?,
        })
    }

    /// What is said of rotary angles: `rope_parameters` since transformers 5, `rope_scaling` before.
    fn rope(&self) -> Result<Option<&'a Map<String, Value>>> {
        for key in ["rope_parameters", "rope_scaling"] {
            match self.0.get(key) {
                None => {}
                Some(Value::Object(rope)) => return Ok(Some(rope)),
                Some(_) => return Err(self.0.fault(key, LayoutFault::NotObject)),
            }
        }
        Ok(None)
    }

    fn scaling(&self, rope: &Map<String, Value>, context: usize) -> Result<RopeScaling> {
        let kind = rope.get("rope_type").or_else(|| rope.get("type")).and_then(Value::as_str);
        match kind.unwrap_or("default") {
            "default" => Ok(RopeScaling::None),
            "linear" => Ok(RopeScaling::Linear { factor: self.positive(rope, "factor", None)? }),
            "yarn" => {
                // Only what transformers takes for granted is what the engine computes.
                let usual = [("beta_fast", 32.0), ("beta_slow", 1.0)];
                for (key, value) in rope.iter().filter(|(_, value)| !value.is_null()) {
                    let known = ["rope_type", "type", "factor", "rope_theta", "original_max_position_embeddings"];
                    let default = usual.iter().any(|(name, usual)| name == key && value.as_f64() == Some(*usual));
                    if !known.contains(&key.as_str()) && !default {
                        return Err(self.0.fault(key, LayoutFault::Yarn));
                    }
                }
                let original = match rope.get("original_max_position_embeddings") {
                    None | Some(Value::Null) => context,
                    Some(value) => self.dimension("original_max_position_embeddings", value)?,
                };
                Ok(RopeScaling::Yarn { factor: self.positive(rope, "factor", None)?, original })
            }
            other => {
                let fault = Fault::UnknownChoice { found: other.to_owned(), known: &["linear", "yarn"] };
                Err(self.0.fault("rope_type", fault))
            }
        }
    }

    /// A dimension: a whole number from 1 to [`MAX_DIM`].
    fn size(&self, key: &str) -> Result<usize> {
        self.dimension(key, self.0.get(key).ok_or_else(|| self.0.fault(key, Fault::Missing))?)
    }

    fn dimension(&self, key: &str, value: &Value) -> Result<usize> {
        match value.as_u64() {
            Some(n @ 1..=MAX_DIM) => Ok(n as usize),
            _ => Err(self.0.fault(key, Fault::Impossible(value.to_string()))),
        }
    }

    fn positive(&self, json: &Map<String, Value>, key: &str, default: Option<f32>) -> Result<f32> {
        let Some(value) = json.get(key).filter(|value| !value.is_null()) else {
            return default.ok_or_else(|| self.0.fault(key, Fault::Missing));
        };
        let number = value.as_f64().map(|value| value as f32).filter(|value| value.is_finite() && *value > 0.0);
        number.ok_or_else(|| self.0.fault(key, Fault::Impossible(value.to_string())))
    }

    /// A token's number; of several ends the first, which is the model's own.
    fn token(&self, key: &str) -> Option<u32> {
        let value = self.0.get(key)?;
        let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        first.as_u64().and_then(|id| id.try_into().ok())
    }
}
