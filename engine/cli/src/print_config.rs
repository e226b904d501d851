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
    // As `run_pt.sh` of Chinese-Mixtral, and as its `run_sft.sh`.
    ChineseMixtralPt,
    ChineseMixtralSft,
    Dpo,
}

impl Kind {
    fn recipe(self) -> Recipe {
        match self {
            Self::Full => Recipe::default(),
            Self::Lora => Recipe::lora(false),
            Self::Qlora => Recipe::lora(true),
            Self::ChineseMixtralPt => Recipe::chinese_mixtral(true),
            Self::ChineseMixtralSft => Recipe::chinese_mixtral(false),
            Self::Dpo => Recipe::preferences(),
        }
    }
}

/// Prints the configuration on the standard output, and what its settings mean on the error output.
pub fn run(kind: Kind, language: Language) -> anyhow::Result<()> {
    let recipe = kind.recipe();
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
        for kind in Kind::value_variants() {
            let recipe = kind.recipe();
            recipe.check().expect("a recipe");
            let mut settings = Vec::new();
            collect("", &serde_json::to_value(&recipe).expect("JSON"), &mut settings);
            found.extend(settings.iter().map(|setting| text_key(setting)));
        }
        let explained = keys("setting-");
        assert_eq!(found.iter().collect::<Vec<_>>(), explained.iter().collect::<Vec<_>>());
    }

    /// What `run_pt.sh` and `run_sft.sh` of Chinese-Mixtral say, word by word.
    #[test]
    fn the_published_scripts_settings_are_what_is_printed() {
        for (kind, epochs, packing) in [(Kind::ChineseMixtralPt, 1.0, true), (Kind::ChineseMixtralSft, 3.0, false)] {
            let printed = serde_json::to_value(kind.recipe()).expect("JSON");
            let number = |value: &serde_json::Value| (value.as_f64().expect("a number") * 1e6).round() / 1e6;
            let lora = &printed["lora"];
            assert_eq!((lora["r"].as_u64(), number(&lora["lora_alpha"])), (Some(64), 128.0));
            assert_eq!((number(&lora["lora_dropout"]), &lora["quantized_base"]), (0.05, &true.into()));
            let trainable = "q_proj,v_proj,k_proj,o_proj,gate,w1,w2,w3";
            let mut targets: Vec<_> =
                lora["target_modules"].as_array().expect("names").iter().map(|n| n.as_str()).collect();
            targets.sort_unstable();
            let mut wanted: Vec<_> = trainable.split(',').map(Some).collect();
            wanted.sort_unstable();
            assert_eq!(targets, wanted);
            assert_eq!(lora["modules_to_save"], serde_json::json!(["embed_tokens", "lm_head"]));
            assert_eq!((number(&printed["learning_rate"]), number(&printed["warmup_ratio"])), (1e-4, 0.05));
            assert_eq!((number(&printed["weight_decay"]), number(&printed["min_lr_ratio"])), (0.1, 0.0));
            assert_eq!((&printed["max_seq_length"], &printed["batch_tokens"]), (&1024.into(), &1024.into()));
            assert_eq!((&printed["gradient_accumulation_steps"], &printed["save_steps"]), (&8.into(), &200.into()));
            assert_eq!((&printed["gradient_checkpointing"], &printed["packing"]), (&true.into(), &packing.into()));
            assert_eq!(number(&printed["num_train_epochs"]), epochs);
            assert!(number(&printed["router_aux_loss_coef"]) > 0.0, "--output_router_logits");
        }
    }
}
