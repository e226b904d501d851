//! `adapter_config.json`: what PEFT says of an adapter, and what of it is understood here.

use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::error::{AdapterFault, Fault, LayoutFault, Result};
use crate::formats::json::{Object, object};

/// The file's name in an adapter's folder.
pub const CONFIG_FILE: &str = "adapter_config.json";
/// No real rank is higher; beyond it products could overflow.
const MAX_RANK: u64 = 1 << 16;

/// Settings that change what an adapter's tensors mean. Set to anything but null, false or nothing, they are refused.
const UNKNOWN: [&str; 12] = [
    "use_dora",
    "fan_in_fan_out",
    "lora_bias",
    "use_qalora",
    "use_bdlora",
    "layer_replication",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
    "megatron_config",
];

/// Ways to begin a training that leave the base as it is. The others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) take their
/// beginning out of the base, so that the adapter means another base than the one that is named.
const BEGINNINGS: [&str; 3] = ["gaussian", "eva", "orthogonal"];

/// A value for the modules whose name ends in this pattern, a regular expression.
#[derive(Clone, Debug)]
pub struct Pattern<T> {
    /// The pattern as it is written.
    pub text: String,
    pub value: T,
    regex: Regex,
}

impl<T: PartialEq> PartialEq for Pattern<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.value == other.value
    }
}

/// `adapter_config.json`, as far as it changes anything. What it says beyond that is not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterConfig {
    /// `base_model_name_or_path`: the model that it was trained on. Empty where nothing is said.
    pub base: String,
    /// `r`
    pub rank: usize,
    /// `lora_alpha`
    pub alpha: f32,
    /// `lora_dropout`: of the training; it changes no result.
    pub dropout: f32,
    /// `target_modules`, as ends of modules' names. Where PEFT was given a pattern, [`super::Adapter`] lists here what it
    /// met.
    pub targets: Vec<String>,
    /// `modules_to_save`: modules that are trained and kept whole, as ends of names.
    pub whole: Vec<String>,
    /// `use_rslora`: the scale is `alpha / sqrt(rank)` rather than `alpha / rank`.
    pub rslora: bool,
    /// `rank_pattern`: other ranks for some modules.
    pub ranks: Vec<Pattern<usize>>,
    /// `alpha_pattern`: other alphas for some modules.
    pub alphas: Vec<Pattern<f32>>,
}

impl Default for AdapterConfig {
    /// PEFT's own defaults.
    fn default() -> Self {
        Self {
            base: String::new(),
            rank: 8,
            alpha: 8.0,
            dropout: 0.0,
            targets: Vec::new(),
            whole: Vec::new(),
            rslora: false,
            ranks: Vec::new(),
            alphas: Vec::new(),
        }
    }
}

impl AdapterConfig {
    /// Reads an adapter's configuration from its folder.
    ///
    /// # Errors
    /// It is missing, no LoRA adapter's, or asks for what would be computed wrongly; the key is named.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(CONFIG_FILE);
        let json = object(&path)?;
        Reader(Object { path: &path, json: &json }).config()
    }

    /// The rank and the scale of a module by its name in Hugging Face's model, such as
    /// `model.layers.0.self_attn.q_proj`.
    pub fn of(&self, module: &str) -> (usize, f32) {
        let rank = first(&self.ranks, module).unwrap_or(self.rank);
        let alpha = first(&self.alphas, module).unwrap_or(self.alpha);
        (rank, if self.rslora { alpha / (rank as f32).sqrt() } else { alpha / rank as f32 })
    }
}

fn first<T: Copy>(patterns: &[Pattern<T>], module: &str) -> Option<T> {
    patterns.iter().find(|pattern| pattern.regex.is_match(module)).map(|pattern| pattern.value)
}

struct Reader<'a>(Object<'a>);

impl Reader<'_> {
    fn config(&self) -> Result<AdapterConfig> {
        match self.0.get("peft_type").and_then(Value::as_str) {
            Some("LORA") => {}
            Some(other) => return Err(self.0.fault("peft_type", Fault::Unsupported(format!("{other:?}")))),
            None => return Err(self.0.fault("peft_type", AdapterFault::NotPeft)),
        }
        if let Some(task) = self.0.get("task_type").filter(|task| *task != "CAUSAL_LM") {
            return Err(self.0.fault("task_type", Fault::Unsupported(task.to_string())));
        }
        self.refuse_unknown()?;
        let rank = self.0.get("r").ok_or_else(|| self.0.fault("r", Fault::Missing))?;
        Ok(AdapterConfig {
            base: self.0.get("base_model_name_or_path").and_then(Value::as_str).unwrap_or_default().to_owned(),
            rank: self.rank("r", rank)?,
            alpha: self.float("lora_alpha", self.0.get("lora_alpha"), 8.0)?,
            dropout: self.float("lora_dropout", self.0.get("lora_dropout"), 0.0)?,
            targets: match self.0.get("target_modules") {
                // A pattern: the tensors themselves will say which modules it met.
                Some(Value::String(_)) => Vec::new(),
                _ => self.names("target_modules")?,
            },
            whole: self.names("modules_to_save")?,
            rslora: self.0.switch("use_rslora")?,
            ranks: self.patterns("rank_pattern", |value| self.rank("rank_pattern", value))?,
            alphas: self.patterns("alpha_pattern", |value| self.float("alpha_pattern", Some(value), 0.0))?,
        })
    }

    fn refuse_unknown(&self) -> Result<()> {
        let empty = |value: &Value| match value {
            Value::Bool(set) => !set,
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        for key in UNKNOWN {
            if self.0.get(key).is_some_and(|value| !empty(value)) {
                return Err(self.0.fault(key, AdapterFault::Unsupported));
            }
        }
        if let Some(bias) = self.0.get("bias").filter(|bias| *bias != "none") {
            let found = bias.as_str().map_or_else(|| bias.to_string(), str::to_owned);
            return Err(self.0.fault("bias", Fault::UnknownChoice { found, known: &["none"] }));
        }
        if let Some(Value::String(begun)) = self.0.get("init_lora_weights")
            && !BEGINNINGS.contains(&begun.as_str())
        {
            return Err(self.0.fault("init_lora_weights", AdapterFault::ChangesBase { begun: begun.clone() }));
        }
        Ok(())
    }

    fn rank(&self, key: &str, value: &Value) -> Result<usize> {
        match value.as_u64() {
            Some(rank @ 1..=MAX_RANK) => Ok(rank as usize),
            _ => Err(self.0.fault(key, Fault::Impossible(value.to_string()))),
        }
    }

    fn float(&self, key: &str, value: Option<&Value>, default: f32) -> Result<f32> {
        let Some(value) = value else { return Ok(default) };
        let number = value.as_f64().map(|number| number as f32).filter(|number| number.is_finite());
        number.ok_or_else(|| self.0.fault(key, Fault::Impossible(value.to_string())))
    }

    fn names(&self, key: &str) -> Result<Vec<String>> {
        let list = match self.0.get(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.0.fault(key, LayoutFault::NotNames)),
        };
        let name = |name: &Value| name.as_str().map(str::to_owned);
        let names: Option<Vec<String>> = list.iter().map(name).collect();
        names.ok_or_else(|| self.0.fault(key, LayoutFault::NotNames))
    }

    fn patterns<T>(&self, key: &str, value: impl Fn(&Value) -> Result<T>) -> Result<Vec<Pattern<T>>> {
        let map = match self.0.get(key) {
            None => return Ok(Vec::new()),
            Some(Value::Object(map)) => map,
            Some(_) => return Err(self.0.fault(key, LayoutFault::NotObject)),
        };
        let pattern = |(text, found): (&String, &Value)| {
            // As PEFT matches: from the beginning, up to the end, anything before a dot.
            let regex = Regex::new(&format!(r"^(?:(?:.*\.)?(?:{text}))$"));
            let regex = regex.map_err(|error| {
                self.0.fault(key, AdapterFault::Pattern { text: text.clone(), why: error.to_string() })
            })?;
            Ok(Pattern { text: text.clone(), value: value(found)?, regex })
        };
        map.iter().map(pattern).collect()
    }
}
