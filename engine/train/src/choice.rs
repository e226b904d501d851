//! Which matrices of a model carry adapters, and which are trained whole beside them: from names to roles.

use super::error::{Error, Result};
use mixtral_engine::arch::{TensorRole, TensorSpec};

/// What may carry an adapter: our short name, PEFT's name, and the matrix.
const TARGETS: [(&str, &str, TensorRole); 8] = [
    ("q", "q_proj", TensorRole::Query),
    ("k", "k_proj", TensorRole::Key),
    ("v", "v_proj", TensorRole::Value),
    ("o", "o_proj", TensorRole::AttentionOutput),
    ("gate", "gate", TensorRole::Router),
    ("w1", "w1", TensorRole::Gate),
    ("w2", "w2", TensorRole::Down),
    ("w3", "w3", TensorRole::Up),
];

/// What may be trained whole.
pub(super) const WHOLE: [(&str, TensorRole); 2] =
    [("embed_tokens", TensorRole::Embedding), ("lm_head", TensorRole::Output)];

/// Matrices by their names in a recipe, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    targets: Vec<TensorRole>,
    whole: Vec<TensorRole>,
}

impl Choice {
    /// Reads the names of targets and whole modules.
    ///
    /// # Errors
    /// A name that is none, one that is given twice, or nothing to train.
    pub fn new(targets: &[String], modules: &[String]) -> Result<Self> {
        let target = |name: &str| TARGETS.iter().find(|t| t.0 == name || t.1 == name).map(|t| t.2);
        let whole = |name: &str| WHOLE.iter().find(|w| w.0 == name).map(|w| w.1);
        let choice = Self {
            targets: read("target_modules", targets, target, "q_proj, k_proj, v_proj, o_proj, gate, w1, w2, w3")?,
            whole: read("modules_to_save", modules, whole, "embed_tokens, lm_head")?,
        };
        if choice.targets.is_empty() {
            return Err(Error::NoModules);
        }
        Ok(choice)
    }

    /// The targets by PEFT's names, in the order of its recipes.
    pub fn target_names(&self) -> Vec<String> {
        TARGETS.iter().filter(|t| self.targets.contains(&t.2)).map(|t| t.1.to_owned()).collect()
    }

    /// The modules that are trained whole, by PEFT's names.
    pub fn whole_names(&self) -> Vec<String> {
        WHOLE.iter().filter(|w| self.whole.contains(&w.1)).map(|w| w.0.to_owned()).collect()
    }

    /// Whether the part carries an adapter.
    pub fn adapts(&self, part: &TensorSpec) -> bool {
        self.targets.contains(&part.role)
    }

    /// Whether the part is trained whole.
    pub fn trains(&self, part: &TensorSpec) -> bool {
        self.whole.contains(&part.role)
    }
}

fn read(
    setting: &'static str,
    names: &[String],
    role: impl Fn(&str) -> Option<TensorRole>,
    known: &'static str,
) -> Result<Vec<TensorRole>> {
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        match role(name) {
            Some(role) if out.contains(&role) => {
                return Err(Error::RepeatedModule { setting, name: name.clone() });
            }
            Some(role) => out.push(role),
            None => return Err(Error::UnknownModule { setting, name: name.clone(), known }),
        }
    }
    Ok(out)
}
