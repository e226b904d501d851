//! `mixtral train --print-config`: whole training configurations to edit, and what their settings mean.

use clap::{Args, ValueEnum};
use mixtral_train::Recipe;

use crate::i18n::Language;

/// `recipe KIND`, as earlier versions had it.
#[derive(Debug, Args)]
pub struct Arguments {
    pub kind: Kind,
}

/// What is trained.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    Full,
    Lora,
    Qlora,
}

/// Prints the configuration on the standard output, and what its settings mean on the error output.
pub fn run(kind: Kind, language: Language) -> anyhow::Result<()> {
    let recipe = match kind {
        Kind::Full => Recipe::default(),
        Kind::Lora => Recipe::lora(false),
        Kind::Qlora => Recipe::lora(true),
    };
    let mut keys = Vec::new();
    collect("", &serde_json::to_value(&recipe)?, &mut keys);
    let width = keys.iter().map(String::len).max().unwrap_or(0);
    for key in keys {
        eprintln!("{key:width$} {}", t!(language, &text_key(&key)));
    }
    say!("{}", serde_json::to_string_pretty(&recipe)?);
    Ok(())
}

/// The key of a setting's text.
fn text_key(setting: &str) -> String {
    format!("setting-{}", setting.replace(['.', '_'], "-"))
}

/// Every setting, a group before what it holds: `lora`, `lora.r`, …
fn collect(path: &str, value: &serde_json::Value, out: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        out.push(path.clone());
        collect(&path, value, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::keys;

    #[test]
    fn every_setting_is_explained_and_every_configuration_can_be_trained_by() {
        let mut found = std::collections::BTreeSet::new();
        for recipe in [Recipe::default(), Recipe::lora(false), Recipe::lora(true)] {
            recipe.check().expect("a recipe");
            let mut settings = Vec::new();
            collect("", &serde_json::to_value(&recipe).expect("JSON"), &mut settings);
            found.extend(settings.iter().map(|setting| text_key(setting)));
        }
        let explained = keys("setting-");
        assert_eq!(found.iter().collect::<Vec<_>>(), explained.iter().collect::<Vec<_>>());
    }
}
