//! The training configuration's file. A key that is none is refused by its name, with the one that was probably meant.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use mixtral_train::Recipe;
use serde_json::Value;

use crate::i18n::Language;

/// The configuration's name in a training's folder.
const FILE: &str = "recipe.json";

/// Reads the file that is named; without one the folder's own when resuming, else the defaults.
pub fn read(named: Option<&Path>, resume: bool, folder: &Path, language: Language) -> anyhow::Result<Recipe> {
    let own = folder.join(FILE);
    let path = match named {
        Some(path) => path,
        None if resume && own.exists() => &own,
        None => return Ok(Recipe::default()),
    };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    parse(&text, &path.display().to_string(), language)
}

/// Writes the configuration into the training's folder.
pub fn write(folder: &Path, recipe: &Recipe) -> anyhow::Result<()> {
    let path = folder.join(FILE);
    std::fs::write(&path, serde_json::to_string_pretty(recipe)?).with_context(|| path.display().to_string())
}

fn parse(text: &str, name: &str, language: Language) -> anyhow::Result<Recipe> {
    let error = match serde_json::from_str(text) {
        Ok(recipe) => return Ok(recipe),
        Err(error) => error,
    };
    let what = error.to_string();
    let unknown = what.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let Some((key, _)) = unknown else {
        bail!(t!(language, "train-config-broken", path = name, what = what));
    };
    let line = error.line().to_string();
    Err(match similar(key)? {
        Some(known) => {
            anyhow!(t!(language, "train-config-similar", path = name, line = line, key = key, known = known))
        }
        None => anyhow!(t!(language, "train-config-unknown", path = name, line = line, key = key)),
    })
}

/// The setting whose name is closest, if one is close, with the group that it stands in: a right name may stand at the wrong
/// place.
fn similar(key: &str) -> anyhow::Result<Option<String>> {
    let mut known = Vec::new();
    names(&serde_json::to_value(Recipe::preferences())?, "", &mut known);
    let own = |path: &str| strsim::jaro_winkler(key, path.rsplit('.').next().unwrap_or(path));
    let scored = known.into_iter().map(|path| (own(&path), path));
    Ok(scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8).map(|(_, name)| name))
}

fn names(value: &Value, group: &str, out: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        out.push(format!("{group}{key}"));
        names(value, &format!("{group}{key}."), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_is_named_with_its_line_and_the_right_one() {
        let said = |text: &str| parse(text, "a.json", Language::English).expect_err("refused").to_string();
        let text = said("{\"seed\": 1,\n \"learning_rat\": 1}");
        assert!(text.contains("a.json") && text.contains("line 2") && text.contains("learning_rate"), "{text}");
        let text = said("{\"num_hidden_layers\": 4}");
        assert!(text.contains("“model_config.num_hidden_layers”"), "{text}");
        let text = said("{\"lora\": {\"lora_r\": 1}}");
        assert!(text.contains("lora_r"), "{text}");
        assert!(said("{\"zzz\": 1}").contains("zzz"));
        assert!(said("{\"seed\": \"one\"}").contains("seed") || said("{\"seed\": \"one\"}").contains("invalid type"));
        assert!(said("{").contains("EOF"));
        parse("{\"steps\": 3}", "a.json", Language::English).expect("an earlier name");
    }
}
