//! An adapter's folder where a model file may stand: in the terminal and in the engine.

use std::path::Path;
use std::process::{Command, Output};

use mixtral_engine::arch::{Config, TensorRole, TensorSpec};
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::weights::lora::{self, AdapterConfig, Pair};
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, LoadOptions};

use crate::chat::golden_answer;
use crate::files;

/// Writes an adapter of the demo model in Q4_K or Q8_0: one pair of these numbers beside the last layer's output matrix.
fn put_adapter(folder: &Path, base: &str, number: f32) {
    let gguf = Gguf::open(&files::models().join("poet-14m-q8_0.gguf")).expect("the base");
    let shape = Config::from_gguf(&gguf).expect("a shape");
    let part = TensorSpec::new(&shape, TensorRole::AttentionOutput, Some(shape.layers - 1));
    let (rows, cols) = part.matrix();
    let a = (0..8 * cols).map(|i| number * ((i * 7 % 13) as f32 - 6.0)).collect();
    let b = (0..8 * rows).map(|i| number * ((i * 5 % 11) as f32 - 5.0)).collect();
    let config = AdapterConfig { base: base.into(), targets: vec!["o_proj".into()], ..AdapterConfig::default() };
    let mut pairs = std::iter::once((part, 0, Pair { rank: 8, a, b, scale: 1.0 }));
    mixtral_tools::adapter::write(folder, &config, &shape, &mut pairs, &mut std::iter::empty(), GgmlType::F16)
        .expect("written");
}

fn mixtral(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mixtral")).args(arguments).env("LC_ALL", "C.UTF-8").output().expect("starts")
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_person_talks_with_an_adapter_and_is_told_what_it_holds_and_what_it_lacks() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapter = folder.path().join("song");
    let base = files::models().join("poet-14m-q8_0.gguf");
    let (path, base) = (adapter.to_str().expect("a path"), base.to_str().expect("a path"));
    let ask = ["--prompt", "写一首五言绝句", "--temperature", "0", "--repetition-penalty", "1"];
    let chat = |more: &[&str]| mixtral(&[&["chat", path], more, &ask[..]].concat());

    put_adapter(&adapter, base, 0.0);
    let plain = format!("{}\n", golden_answer());
    assert_eq!(out(&chat(&[])), plain, "an adapter of nothing changes nothing");
    put_adapter(&adapter, base, 0.2);
    assert_ne!(out(&chat(&[])), plain);

    let text = out(&mixtral(&["info", path]));
    for part in ["LoRA adapter", "rank: 8", "modules: o_proj", base, "GGUF 3"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&out(&mixtral(&["info", path, "--json"]))).expect("JSON");
    assert_eq!((&json["adapter"]["r"], &json["adapter"]["target_modules"][0]), (&8.into(), &"o_proj".into()));

    put_adapter(&adapter, "mistralai/Mixtral-8x7B-v0.1", 0.0);
    let refused = chat(&[]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("mistralai/Mixtral-8x7B-v0.1") && said.contains("--base"),
        "{said}"
    );
    assert_eq!(out(&chat(&["--base", base])), plain);
    let refused = mixtral(&["info", base, "--base", base]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("only an adapter's folder"));
}

#[test]
fn a_card_says_that_a_model_is_an_adapter_on_a_base() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapter = folder.path().join("song");
    let base = files::models().join("poet-14m-q4_K.gguf");
    put_adapter(&adapter, base.to_str().expect("a path"), 0.2);
    let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
    let mut heard = (0, 0);
    let card = engine.load("song", &adapter, LoadOptions::default(), |p| heard = (p.done, p.total)).expect("loads");
    let plain = engine.load("plain", &base, LoadOptions::default(), |_| {}).expect("loads");
    assert_eq!((card.adapter.as_deref(), card.file.as_str()), (Some("song"), "song"));
    assert_eq!((plain.adapter, plain.file.as_str()), (None, "poet-14m-q4_K.gguf"));
    assert_eq!((card.parameters, card.active_parameters), (plain.parameters, plain.active_parameters));
    let weights = std::fs::metadata(adapter.join(lora::WEIGHTS_FILE)).expect("a file").len();
    assert_eq!(card.bytes, plain.bytes + weights);
    // The base's tensors stay as they are, and the adapter is beside them.
    let both = mixtral_engine::model::weight_bytes(&Gguf::open(&base).expect("the base")) + weights;
    assert_eq!(heard, (both, both));
    // Rows of a factor are padded to 16.
    assert!(card.own_bytes.is_some_and(|own| (8192..3 * 8192).contains(&own)), "{:?}", card.own_bytes);
}
