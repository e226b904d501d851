//! `mixtral convert` and `mixtral merge` as a person runs them.

use std::path::Path;
use std::process::Command;

use crate::fixture::{TOLERANCE, distance, expected, folder, ids, logits, rows};

/// Runs the command; what it said, and whether it went well.
fn mixtral(language: &str, arguments: &[&dyn AsRef<Path>]) -> (bool, String) {
    let arguments = arguments.iter().map(|argument| argument.as_ref().as_os_str());
    let output = Command::new(env!("CARGO_BIN_EXE_mixtral")).args(arguments).env("LC_ALL", language).output();
    let output = output.expect("runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_folder_is_converted_merged_and_converted_back() {
    let (out, told) = (tempfile::tempdir().expect("a folder"), expected());
    let path = |name: &str| out.path().join(name);
    let (base, adapter) = (folder("base"), folder("adapter"));
    let tuned = |file: &Path| {
        let found = logits(file, &ids(&told["ids"]), &ids(&told["positions"]));
        distance(&found, &rows(&told["tuned"]))
    };

    let (done, said) = mixtral("C.UTF-8", &[&"convert", &base, &path("a.gguf"), &"--type", &"F32"]);
    assert!(done && said.contains("parameters in F32"), "{said}");
    let (done, said) = mixtral("C.UTF-8", &[&"merge", &path("a.gguf"), &adapter, &path("b.gguf")]);
    assert!(done && said.contains("tokenizer from "), "{said}");
    assert!(tuned(&path("b.gguf")) < TOLERANCE);

    let (done, said) = mixtral("zh_CN.UTF-8", &[&"convert", &path("a.gguf"), &path("wide"), &"--shard-size", &"250KB"]);
    assert!(done && said.contains("万参数，F"), "{said}");
    assert!(path("wide").join("model-00004-of-00004.safetensors").is_file());
    let (done, said) = mixtral("zh_CN.UTF-8", &[&"merge", &path("wide"), &adapter, &path("merged")]);
    assert!(done && said.contains("分词器取自"), "{said}");
    let (done, said) = mixtral("C.UTF-8", &[&"convert", &path("merged"), &path("c.gguf")]);
    assert!(done, "{said}");
    assert!(tuned(&path("c.gguf")) < TOLERANCE);

    // BF16, the folder's own type; smaller ones go all the way too.
    let (done, said) = mixtral("C.UTF-8", &[&"merge", &path("a.gguf"), &adapter, &path("q.gguf"), &"--type", &"q8_0"]);
    assert!(done, "{said}");
    // 8 bits: 1/254 of a block's largest weight in each, with random signs over 64 or 96 of them.
    let off = tuned(&path("q.gguf"));
    assert!(off > TOLERANCE && off < 0.3, "{off}");
}

#[test]
fn what_cannot_be_done_is_said_in_both_languages() {
    let out = tempfile::tempdir().expect("a folder");
    let path = |name: &str| out.path().join(name);
    let (base, adapter) = (folder("base"), folder("adapter"));
    let (done, said) = mixtral("C.UTF-8", &[&"convert", &base, &path("a.gguf")]);
    assert!(done, "{said}");
    let refused = |language: &str, arguments: &[&dyn AsRef<Path>], wanted: &str| {
        let (done, said) = mixtral(language, arguments);
        assert!(!done && said.contains(wanted), "{said}");
    };
    refused("C.UTF-8", &[&"convert", &base, &path("a.gguf")], "already exists; --force overwrites it");
    refused("zh_CN.UTF-8", &[&"convert", &base, &path("a.gguf")], "已存在");
    refused("C.UTF-8", &[&"convert", &adapter, &path("b.gguf")], "use mixtral merge to merge it into its base");
    refused("zh_CN.UTF-8", &[&"convert", &adapter, &path("b.gguf")], "请用 mixtral merge");
    refused("C.UTF-8", &[&"convert", &base, &path("b.gguf"), &"--type", &"IQ1_S"], "possible types: F32, F16");
    refused(
        "zh_CN.UTF-8",
        &[&"convert", &path("a.gguf"), &path("b"), &"--type", &"Q8_0"],
        "可写的类型有：F16, BF16, F32",
    );
    refused("C.UTF-8", &[&"convert", &path("a.gguf"), &path("b"), &"--shard-size", &"large"], "--shard-size large");
    refused("C.UTF-8", &[&"convert", &path("none"), &path("b")], "none");
    refused("C.UTF-8", &[&"merge", &base, &adapter, &path("b"), &"--type", &"F16"], "--type is only for a GGUF base");
    refused("zh_CN.UTF-8", &[&"merge", &base, &adapter, &path("b"), &"--type", &"F16"], "--type 只用于 GGUF");
    refused("C.UTF-8", &[&"merge", &folder("fused"), &adapter, &path("b")], "adapter_model.safetensors");
    refused("C.UTF-8", &[&"merge", &path("a.gguf"), &adapter, &path("a.gguf"), &"--force"], "is the base model itself");
    std::fs::create_dir(path("empty")).expect("a folder");
    refused("C.UTF-8", &[&"convert", &base, &path("empty")], "is a folder; name a GGUF file");
    refused("zh_CN.UTF-8", &[&"merge", &path("a.gguf"), &adapter, &path("empty")], "是文件夹");
    std::fs::remove_dir(path("empty")).expect("still empty");
    let (done, said) = mixtral("C.UTF-8", &[&"convert", &base, &path("a.gguf"), &"--force"]);
    assert!(done, "{said}");
    assert_eq!(std::fs::read_dir(out.path()).expect("the folder").count(), 1, "only the one file that was asked for");
}

/// Chinese-Mixtral's adapters bring the vocabulary that they were trained with.
#[test]
fn an_adapters_own_tokenizer_is_taken_and_named() {
    let out = tempfile::tempdir().expect("a folder");
    let own = out.path().join("own");
    std::fs::create_dir(&own).expect("a folder");
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(folder("adapter").join(name), own.join(name)).expect("copied");
    }
    let json = std::fs::read_to_string(folder("base").join("tokenizer.json")).expect("a file");
    std::fs::write(own.join("tokenizer.json"), json.replacen("\"▁the\"", "\"▁xyz\"", 1)).expect("written");
    let merged = out.path().join("merged");
    let (done, said) = mixtral("C.UTF-8", &[&"merge", &folder("base"), &own, &merged]);
    assert!(done && said.contains(&format!("tokenizer from {}", own.display())), "{said}");
    let text = std::fs::read_to_string(merged.join("tokenizer.json")).expect("a file");
    assert!(text.contains("▁xyz"));
    assert!(!merged.join("tokenizer.model").exists(), "another vocabulary's file is not mixed in");
    assert!(merged.join("config.json").is_file() && merged.join("generation_config.json").is_file());
}
