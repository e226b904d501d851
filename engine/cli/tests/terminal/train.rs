//! `mixtral train` as a person runs it.

use std::path::Path;
use std::process::Command;

use mixtral_engine::quant::GgmlType;
use mixtral_engine::text::{Tokenizer, gguf_values};
use mixtral_engine::weights::ModelFiles;
use mixtral_train::model::Model;
use mixtral_train::recipe::Shape;
use mixtral_train::{output, vocabulary};
use serde_json::Value;

/// Wide enough for blocks of 32.
pub fn shape() -> Shape {
    Shape {
        hidden_size: 64,
        intermediate_size: 96,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_local_experts: 4,
        max_position_embeddings: 32,
        rope_theta: 100.0,
        ..Shape::default()
    }
}

/// A base with a vocabulary, training files and a recipe.
pub fn prepare(folder: &Path) {
    let parts = vocabulary::learn(["春夏秋冬花鳥風月"].into_iter(), 280, 1).expect("a vocabulary");
    let values = gguf_values(&parts, Some(vocabulary::TEMPLATE));
    let size = Tokenizer::new(parts).expect("a tokenizer").vocabulary().len();
    let model = Model::random(&shape().config(size).expect("a shape"), 1).expect("a model");
    output::write_gguf(&folder.join("base.gguf"), &model, values, GgmlType::Q8_0).expect("written");
    let text = "{\"text\": \"春夏秋冬\"}\n";
    let talk = "{\"messages\": [{\"role\": \"user\", \"content\": \"花\"}, {\"role\": \"assistant\", \"content\": \"鳥風月\"}]}\n";
    std::fs::write(folder.join("train.jsonl"), [text, talk].concat().repeat(8)).expect("written");
    std::fs::write(folder.join("held-out.jsonl"), talk).expect("written");
}

/// Runs the command in a folder; tells whether it succeeded, and what it said.
pub fn mixtral(folder: &Path, language: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mixtral"));
    let output = command.args(arguments).env("LC_ALL", language).current_dir(folder).output().expect("it runs");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), text)
}

/// Prints a recipe, and writes it with other settings.
pub fn recipe(folder: &Path, kind: &str, change: impl Fn(&mut Value)) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_mixtral")).args(["train", "--print-config", kind]).output().expect("it runs");
    let mut recipe: Value = serde_json::from_slice(&output.stdout).expect("JSON on the standard output alone");
    recipe["max_steps"] = 6.into();
    recipe["batch_tokens"] = 40.into();
    recipe["learning_rate"] = 0.01.into();
    recipe["eval_steps"] = 3.into();
    recipe["save_steps"] = 3.into();
    change(&mut recipe);
    std::fs::write(folder.join("recipe.json"), recipe.to_string()).expect("written");
}

pub fn log(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("out/log.jsonl")).expect("a log");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

const TRAIN: [&str; 6] = ["train", "out", "--data", "train.jsonl", "--validation", "held-out.jsonl"];

#[test]
fn an_adapter_is_trained_resumed_and_found_beside_its_base() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    prepare(folder);
    recipe(folder, "qlora", |r| r["lora"]["r"] = 4.into());
    let base = std::fs::read(folder.join("base.gguf")).expect("the base");
    let train = |more: &[&str]| mixtral(folder, "zh_CN.UTF-8", &[&TRAIN[..], &["--base", "base.gguf"], more].concat());
    let (done, text) = train(&["--recipe", "recipe.json"]);
    assert!(done && text.contains("验证损失") && text.contains("各层专家"), "{text}");
    assert_eq!(std::fs::read(folder.join("base.gguf")).expect("the base"), base, "the base is not touched");
    let config: Value =
        serde_json::from_slice(&std::fs::read(folder.join("out/adapter/adapter_config.json")).expect("an adapter"))
            .expect("JSON");
    assert_eq!((&config["base_model_name_or_path"], &config["r"]), (&"../../base.gguf".into(), &4.into()));
    ModelFiles::open(&folder.join("out/adapter"), None).expect("an adapter and its base");
    assert!(!folder.join("out/best.gguf").exists() && folder.join("out/loss.svg").exists());

    let (done, text) = train(&["--recipe", "recipe.json"]);
    assert!(!done && text.contains("--resume") && text.contains("--force"), "{text}");
    recipe(folder, "qlora", |r| (r["lora"]["r"], r["max_steps"]) = (4.into(), 9.into()));
    let (done, text) = train(&["--recipe", "recipe.json", "--resume"]);
    assert!(done, "{text}");
    let steps: Vec<u64> =
        log(folder).iter().filter(|l| l["loss"].is_f64()).filter_map(|l| l["step"].as_u64()).collect();
    assert_eq!(steps, (1..=9).collect::<Vec<_>>());
    recipe(folder, "qlora", |r| r["lora"]["r"] = 8.into());
    let (done, text) = train(&["--recipe", "recipe.json", "--resume"]);
    assert!(!done && text.contains("lora.r: 4 there, 8 here"), "{text}");
    let kept = std::fs::read_to_string(folder.join("out/recipe.json")).expect("a recipe");
    assert!(kept.contains("\"r\": 4"), "the refused recipe does not replace the training's: {kept}");
}

#[test]
fn a_whole_training_leaves_both_layouts_and_a_log_of_every_layers_experts() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    prepare(folder);
    recipe(folder, "full", |_| ());
    let train = |more: &[&str]| {
        let given = ["--base", "base.gguf", "--recipe", "recipe.json", "--hugging-face"];
        mixtral(folder, "C", &[&TRAIN[..], &given, more].concat())
    };
    let (done, text) = train(&[]);
    assert!(done && text.contains("tokens/s") && text.contains("tokens per expert by layer"), "{text}");
    for file in [
        "best.gguf",
        "last.gguf",
        "best/config.json",
        "best/model.safetensors",
        "best/tokenizer.json",
        "last/config.json",
    ] {
        assert!(folder.join("out").join(file).exists(), "{file} is missing");
    }
    for line in log(folder) {
        let load = line["expert_load"].as_array().expect("layers");
        assert_eq!(load.len(), shape().num_hidden_layers);
        for layer in load {
            let shares: f64 = layer.as_array().expect("experts").iter().filter_map(Value::as_f64).sum();
            assert!((shares - 1.0).abs() < 1e-3, "{line}");
        }
    }
    let (done, text) =
        mixtral(folder, "C", &["train", "out", "--base", "out/best.gguf", "--data", "train.jsonl", "--force"]);
    assert!(!done && text.contains("name another folder"), "{text}");
    recipe(folder, "full", |r| r["max_seq_length"] = 1_000_000.into());
    let (done, text) = train(&["--force"]);
    assert!(!done && text.contains("max_seq_length is 1,000,000"), "{text}");
    recipe(folder, "full", |_| ());
    std::fs::write(folder.join("train.jsonl"), "{\"text\": \"春\"}\n\n").expect("written");
    let (done, text) = train(&["--force"]);
    assert!(!done && text.contains("train.jsonl: line 2: empty"), "{text}");
    assert!(folder.join("out/best.gguf").exists(), "bad data delete nothing");
}
