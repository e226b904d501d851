//! `config.json` into a model's shape. What would be computed wrongly is refused by its key.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Error, Place, Result};
use crate::model::{Config, RopeScaling};

/// No dimension of a real model is larger; beyond it products could overflow.
const MAX_DIM: u64 = 1 << 24;
/// No real configuration is longer, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// What a folder's `config.json` says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub config: Config,
    pub tied: bool,
    pub bos: Option<u32>,
    pub eos: Option<u32>,
}

/// A JSON object from a file of moderate size.
pub(crate) fn object(path: &Path) -> Result<Map<String, Value>> {
    bounded_object(path, MAX_BYTES)
}

pub(crate) fn bounded_object(path: &Path, most: u64) -> Result<Map<String, Value>> {
    let whole = |message: String| Error::file(path, Place::Whole, message);
    let length = std::fs::metadata(path).map_err(Error::io(path))?.len();
    if length > most {
        return Err(whole(format!("has {length} bytes, and {most} are the most that is read")));
    }
    let text = std::fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&text).map_err(|error| whole(format!("is no JSON object: {error}")))
}

pub(super) fn read(path: &Path) -> Result<Read> {
    let json = object(path)?;
    let reader = Reader { path, json: &json };
    let config = reader.config()?;
    Ok(Read {
        config,
        tied: reader.switch("tie_word_embeddings", false)?,
        bos: reader.token("bos_token_id"),
        eos: reader.token("eos_token_id"),
    })
}

struct Reader<'a> {
    path: &'a Path,
    json: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    fn fault(&self, key: &str, message: impl Into<String>) -> Error {
        Error::file(self.path, Place::Key(key.to_owned()), message)
    }

    /// The value of a key; null is as good as absent.
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.json.get(key).filter(|value| !value.is_null())
    }

    fn config(&self) -> Result<Config> {
        match self.get("model_type").and_then(Value::as_str) {
            Some("mixtral") => {}
            Some(other) => return Err(self.fault("model_type", format!("{other:?} is not supported; \"mixtral\" is"))),
            None => return Err(self.fault("model_type", "is missing: this is no model's folder")),
        }
        if let Some(act) = self.get("hidden_act").filter(|act| *act != "silu") {
            return Err(self.fault("hidden_act", format!("{act} is not supported; \"silu\" is")));
        }
        if let Some(how) = self.get("quantization_config") {
            let method = how.get("quant_method").and_then(Value::as_str).unwrap_or("quantised");
            let message = format!("{method} weights are not read; F32, F16 and BF16 are");
            return Err(self.fault("quantization_config", message));
        }
        let (hidden, heads) = (self.size("hidden_size")?, self.size("num_attention_heads")?);
        let kv_heads =
            if self.get("num_key_value_heads").is_some() { self.size("num_key_value_heads")? } else { heads };
        if !heads.is_multiple_of(kv_heads) {
            let message = format!("{kv_heads} key heads cannot serve {heads} query heads");
            return Err(self.fault("num_key_value_heads", message));
        }
        let head_dim = match self.get("head_dim") {
            Some(_) => self.size("head_dim")?,
            None if hidden.is_multiple_of(heads) => hidden / heads,
            None => return Err(self.fault("hidden_size", format!("{hidden} does not divide into {heads} heads"))),
        };
        if head_dim % 2 == 1 {
            return Err(self.fault("head_dim", format!("an odd head width of {head_dim}")));
        }
        let (experts, top) = (self.size("num_local_experts")?, self.size("num_experts_per_tok")?);
        if top > experts {
            return Err(self.fault("num_experts_per_tok", format!("{top} of {experts} experts")));
        }
        let context = self.size("max_position_embeddings")?;
        // Mixtral looks at the whole context.
        if let Some(window) = self.get("sliding_window")
            && window.as_u64().is_none_or(|window| window < context as u64)
        {
            return Err(self.fault("sliding_window", format!("{window} is not supported")));
        }
        let rope = self.rope()?;
        Ok(Config {
            hidden,
            layers: self.size("num_hidden_layers")?,
            heads,
            kv_heads,
            head_dim,
            ffn: self.size("intermediate_size")?,
            experts,
            top,
            vocabulary: self.size("vocab_size")?,
            context,
            norm_eps: self.positive(self.json, "rms_norm_eps", Some(1e-5))?,
            rope_theta: match rope.filter(|rope| rope.contains_key("rope_theta")) {
                Some(rope) => self.positive(rope, "rope_theta", None)?,
                // transformers' own default for Mixtral
                None => self.positive(self.json, "rope_theta", Some(1e6))?,
            },
            rope_scaling: rope.map_or(Ok(RopeScaling::None), |rope| self.scaling(rope, context))?,
        })
    }

    /// What is said of rotary angles: `rope_parameters` since transformers 5, `rope_scaling` before.
    fn rope(&self) -> Result<Option<&'a Map<String, Value>>> {
        for key in ["rope_parameters", "rope_scaling"] {
            match self.get(key) {
                None => {}
                Some(Value::Object(rope)) => return Ok(Some(rope)),
                Some(_) => return Err(self.fault(key, "should be an object")),
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
                        return Err(self.fault(key, "YaRN with other than its usual constants is not supported"));
                    }
                }
                let original = match rope.get("original_max_position_embeddings") {
                    None | Some(Value::Null) => context,
                    Some(value) => self.dimension("original_max_position_embeddings", value)?,
                };
                Ok(RopeScaling::Yarn { factor: self.positive(rope, "factor", None)?, original })
            }
            other => Err(self.fault("rope_type", format!("{other:?} is not supported (linear and yarn are)"))),
        }
    }

    /// A dimension: a whole number from 1 to [`MAX_DIM`].
    fn size(&self, key: &str) -> Result<usize> {
        self.dimension(key, self.get(key).ok_or_else(|| self.fault(key, "is missing"))?)
    }

    fn dimension(&self, key: &str, value: &Value) -> Result<usize> {
        match value.as_u64() {
            Some(n @ 1..=MAX_DIM) => Ok(n as usize),
            _ => Err(self.fault(key, format!("{value} is not possible"))),
        }
    }

    fn positive(&self, json: &Map<String, Value>, key: &str, default: Option<f32>) -> Result<f32> {
        let Some(value) = json.get(key).filter(|value| !value.is_null()) else {
            return default.ok_or_else(|| self.fault(key, "is missing"));
        };
        let number = value.as_f64().map(|value| value as f32).filter(|value| value.is_finite() && *value > 0.0);
        number.ok_or_else(|| self.fault(key, format!("{value} is not possible")))
    }

    fn switch(&self, key: &str, default: bool) -> Result<bool> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.fault(key, "should be true or false"))
    }

    /// A token's number; of several ends the first, which is the model's own.
    fn token(&self, key: &str) -> Option<u32> {
        let value = self.get(key)?;
        let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        first.as_u64().and_then(|id| id.try_into().ok())
    }
}
