//! What cannot be converted or merged is refused by name, and leaves nothing behind.

use std::path::Path;

use mixtral_engine::Error;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::{CONFIG, Folder, INDEX};
use mixtral_engine::quant::GgmlType;
use mixtral_tools::convert::to_folder;
use mixtral_tools::merge::{self, TokenizerFrom};
use serde_json::{Value, json};

use crate::fixture::{converted, folder};

fn copy(name: &str) -> tempfile::TempDir {
    let out = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(folder(name)).expect("a folder") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, out.path().join(path.file_name().expect("a name"))).expect("copied");
    }
    out
}

fn change(path: &Path, change: impl Fn(&mut Value)) {
    let mut json: Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
    change(&mut json);
    std::fs::write(path, json.to_string()).expect("written");
}

#[test]
fn a_config_that_would_be_computed_wrongly_is_refused_by_its_key() {
    let cases: [(&str, Value, &str); 13] = [
        ("model_type", json!("llama"), "\"llama\" is not supported"),
        ("hidden_act", json!("gelu"), "is not supported"),
        ("sliding_window", json!(64), "64 is not supported"),
        ("num_key_value_heads", json!(3), "3 key heads cannot serve 4"),
        ("num_experts_per_tok", json!(9), "9 of 4 experts"),
        ("num_local_experts", json!(0), "0 is not possible"),
        ("hidden_size", json!(-1), "-1 is not possible"),
        ("vocab_size", json!("many"), "is not possible"),
        ("rope_theta", json!(0.0), "0.0 is not possible"),
        ("rope_scaling", json!({"type": "dynamic", "factor": 2.0}), "\"dynamic\" is not supported"),
        ("rope_parameters", json!({"rope_type": "yarn", "factor": 2.0, "mscale": 1.0}), "usual constants"),
        ("quantization_config", json!({"quant_method": "gptq"}), "gptq weights are not read"),
        ("head_dim", json!(15), "odd head width"),
    ];
    for (key, value, wanted) in cases {
        let out = copy("base");
        change(&out.path().join(CONFIG), |json| json[key] = value.clone());
        let message = Folder::open(out.path()).expect_err(key).to_string();
        assert!(message.contains("config.json: key ") && message.contains(wanted), "{key}: {message}");
    }
    // A window as wide as the context is none.
    let out = copy("base");
    change(&out.path().join(CONFIG), |json| json["sliding_window"] = json!(128));
    Folder::open(out.path()).expect("opens");
}

#[test]
fn a_tensor_that_is_missing_surplus_or_of_another_shape_is_named() {
    for (key, value, wanted) in [
        ("num_hidden_layers", json!(3), "model.layers.2.input_layernorm.weight: is missing"),
        ("num_hidden_layers", json!(1), "is not a part of a Mixtral model of this shape"),
        ("intermediate_size", json!(95), "is [96, 64]; config.json needs [95, 64]"),
    ] {
        let out = copy("base");
        change(&out.path().join(CONFIG), |json| json[key] = value.clone());
        let message = Folder::open(out.path()).expect_err(key).to_string();
        assert!(message.contains(wanted), "{message}");
    }
    let out = copy("base");
    change(&out.path().join(INDEX), |json| json["weight_map"]["lm_head.weight"] = json!("../../etc/passwd"));
    let message = Folder::open(out.path()).expect_err("leads out").to_string();
    assert!(message.contains("lm_head.weight: is in no file of this folder"), "{message}");
    change(&out.path().join(INDEX), |json| {
        json["weight_map"]["lm_head.weight"] = json!("model-00001-of-00003.safetensors");
    });
    let message = Folder::open(out.path()).expect_err("another shard").to_string();
    assert!(message.contains("lm_head.weight: is not in model-00001"), "{message}");
    std::fs::remove_file(out.path().join(INDEX)).expect("removed");
    let message = Folder::open(out.path()).expect_err("no weights").to_string();
    assert!(message.contains("neither model.safetensors nor"), "{message}");
}

#[test]
fn nothing_is_left_of_a_conversion_or_a_merge_that_fails() {
    let out = tempfile::tempdir().expect("a folder");
    let base = Folder::open(&folder("base")).expect("a model");
    let path = out.path().join("a.gguf");
    converted(&base, &path, GgmlType::F32);
    let gguf = Gguf::open(&path).expect("a GGUF");
    let listed = || std::fs::read_dir(out.path()).expect("the folder").count();

    // A folder that is there, and an unquantised type that a folder does not have.
    let target = out.path().join("model");
    for kind in [GgmlType::Q8_0, GgmlType::F16] {
        std::fs::create_dir_all(&target).expect("a folder");
        std::fs::write(target.join("letter.txt"), "dear").expect("written");
        assert!(to_folder(&gguf, &target, kind, 1 << 30, true, &mut |_, _| {}).is_err());
        assert_eq!(std::fs::read_to_string(target.join("letter.txt")).expect("still there"), "dear");
    }
    std::fs::remove_dir_all(&target).expect("removed");
    assert_eq!(listed(), 1);

    let adapters = merge::open(&[folder("adapter")], base.config(), false).expect("an adapter");
    let error = merge::into_gguf(&gguf, &adapters, None, &path, None, &mut |_, _| {}).expect_err("the base itself");
    assert!(error.to_string().contains("the base itself"), "{error}");
    let own = copy("base");
    let opened = Folder::open(own.path()).expect("a model");
    let error = merge::into_folder(&opened, &adapters, &TokenizerFrom::Base, own.path(), true, &mut |_, _| {});
    assert!(error.expect_err("the base itself").to_string().contains("the base itself"));

    // An adapter of another shape, and one that changes a matrix which is used twice.
    let fused = Folder::open(&folder("fused")).expect("a model");
    let error = merge::open(&[folder("adapter")], fused.config(), true).expect_err("another shape");
    assert!(matches!(error, Error::File { .. }), "{error}");
    let error = merge::open(&[folder("adapter")], base.config(), true).expect_err("tied").to_string();
    assert!(error.contains("one matrix in this base"), "{error}");
    assert_eq!(listed(), 1);
}

#[test]
fn a_weight_that_does_not_fit_the_type_is_refused_by_its_tensor() {
    let own = copy("fused");
    let path = own.path().join("model.safetensors");
    let mut bytes = std::fs::read(&path).expect("a file");
    // A number in the middle of an expert becomes 2^100, in BF16, which F16 does not have.
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let data = file.tensor("model.layers.1.mlp.experts.down_proj").expect("there").data();
    let at = data.as_ptr().addr() - bytes.as_ptr().addr() + data.len() / 2;
    bytes[at..][..2].copy_from_slice(&half::bf16::from_f32(2f32.powi(100)).to_le_bytes());
    std::fs::write(&path, bytes).expect("written");
    let opened = Folder::open(own.path()).expect("a model");
    let out = own.path().join("a.gguf");
    let convert = |kind| {
        let types = mixtral_engine::quantize::QuantMix::of(kind);
        mixtral_tools::convert::to_gguf(&opened, &out, types, Default::default(), &mut |_, _| {})
    };
    let message = convert(GgmlType::F16).expect_err("too large").to_string();
    assert!(message.contains("tensor ") && message.contains("does not fit F16"), "{message}");
    assert!(!out.exists());
    convert(GgmlType::BF16).expect("BF16 has it");
}
