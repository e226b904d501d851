//! The files beside a vocabulary: which tokens begin and end a text, which were added, and the chat template.

use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};
use crate::formats::json::object;

/// What stands in the files beside the vocabulary.
pub(super) struct Beside {
    config: Map<String, Json>,
    special: Map<String, Json>,
    added: Map<String, Json>,
    /// The chat template.
    pub template: Option<String>,
}

impl Beside {
    pub fn read(folder: &Path) -> Result<Self> {
        let optional = |name: &str| {
            let path = folder.join(name);
            if path.is_file() { object(&path) } else { Ok(Map::new()) }
        };
        let config = optional("tokenizer_config.json")?;
        let own = folder.join("chat_template.jinja");
        let template = if own.is_file() {
            Some(std::fs::read_to_string(&own).map_err(Error::io(&own))?)
        } else {
            let config = config.get("chat_template").and_then(template);
            config.or(optional("chat_template.json")?.get("chat_template").and_then(template))
        };
        Ok(Self {
            special: optional("special_tokens_map.json")?,
            added: optional("added_tokens.json")?,
            config,
            template,
        })
    }

    /// The text of `bos_token` and its like.
    pub fn token(&self, key: &str) -> Option<&str> {
        [&self.config, &self.special].into_iter().find_map(|json| {
            let value = json.get(key)?;
            value.as_str().or_else(|| value.get("content")?.as_str())
        })
    }

    /// Tokens that were added to a SentencePiece model: text, number, and whether it is a control token.
    pub fn added(&self) -> Vec<(String, u64, bool)> {
        let told = self.config.get("added_tokens_decoder").and_then(Json::as_object).into_iter().flatten();
        let told = told.filter_map(|(id, token)| {
            let special = token.get("special").and_then(Json::as_bool).unwrap_or(false);
            Some((token.get("content")?.as_str()?.to_owned(), id.parse().ok()?, special))
        });
        let older = self.added.iter().filter_map(|(token, id)| Some((token.clone(), id.as_u64()?, false)));
        told.chain(older).collect()
    }

    /// A switch that only the Llama classes of transformers obey.
    pub fn llama_switch(&self, key: &str) -> Option<bool> {
        let class = self.config.get("tokenizer_class").and_then(Json::as_str).unwrap_or_default();
        self.config.get(key).and_then(Json::as_bool).filter(|_| class.starts_with("Llama"))
    }
}

/// A template alone, or the one called `default` among several.
fn template(value: &Json) -> Option<String> {
    let several = |list: &Vec<Json>| {
        let default = list.iter().find(|one| one.get("name").and_then(Json::as_str) == Some("default"))?;
        Some(default.get("template")?.as_str()?.to_owned())
    };
    value.as_str().map(str::to_owned).or_else(|| value.as_array().and_then(several))
}
