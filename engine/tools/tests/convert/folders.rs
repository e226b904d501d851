//! Folders that are written: they hold what was given, in the shards that were asked for, and read back the same.

use std::path::Path;

use mixtral_engine::arch::Config;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::{Folder, INDEX, SINGLE, matrices};
use mixtral_engine::quant::GgmlType;
use mixtral_tools::convert::{folder_type, to_folder};
use serde_json::Value;

use crate::fixture::{converted, folder};

fn same_weights(a: &Folder, b: &Folder) {
    assert_eq!((a.config(), a.tied()), (b.config(), b.tied()));
    for (part, expert) in matrices(a.config(), a.tied()) {
        let read = |folder: &Folder| folder.matrix(&part, expert).expect("there");
        assert!(read(a) == read(b), "{} of {expert}", part.name());
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

#[test]
fn a_folder_becomes_a_gguf_and_the_same_folder_again() {
    let out = tempfile::tempdir().expect("a folder");
    let base = Folder::open(&folder("base")).expect("a model");
    let (gguf, again) = (out.path().join("a.gguf"), out.path().join("again"));
    converted(&base, &gguf, GgmlType::BF16);
    let gguf = Gguf::open(&gguf).expect("a GGUF");
    assert_eq!(&Config::from_gguf(&gguf).expect("a shape"), base.config());
    assert_eq!(folder_type(&gguf), GgmlType::BF16);

    let most = 120_000;
    to_folder(&gguf, &again, GgmlType::BF16, most, false, &mut |_, _| {}).expect("converts");
    same_weights(&base, &Folder::open(&again).expect("a model"));

    // Every tensor has the bytes that transformers wrote.
    let theirs: Vec<_> = tensors(&folder("base"));
    let ours = tensors(&again);
    assert_eq!(theirs.len(), 41);
    assert!(theirs == ours, "the same names, shapes and bytes");

    let index = json(&again.join(INDEX));
    let map = index["weight_map"].as_object().expect("a map");
    assert_eq!(index["metadata"]["total_size"], json(&folder("base").join(INDEX))["metadata"]["total_size"]);
    assert_eq!(map.len(), 41);
    let mut shards: Vec<_> = map.values().map(|v| v.as_str().expect("a name")).collect();
    shards.sort_unstable();
    shards.dedup();
    assert!(shards.len() >= 4, "{shards:?}");
    for shard in shards {
        let bytes = std::fs::metadata(again.join(shard)).expect("a shard").len();
        assert!(bytes < most + 6_000, "{shard}: {bytes} bytes, its header included");
    }

    let whole = out.path().join("whole");
    to_folder(&gguf, &whole, GgmlType::F32, u64::MAX, false, &mut |_, _| {}).expect("converts");
    assert!(whole.join(SINGLE).is_file() && !whole.join(INDEX).exists());
    same_weights(&base, &Folder::open(&whole).expect("a model"));
}

/// Name, shape and bytes of every tensor, by name.
fn tensors(folder: &Path) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "safetensors") {
            let bytes = std::fs::read(&path).expect("a shard");
            let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
            out.extend(file.tensors().into_iter().map(|(name, t)| (name, t.shape().to_vec(), t.data().to_vec())));
        }
    }
    out.sort();
    out
}

#[test]
fn a_quantised_model_becomes_a_folder_of_what_its_blocks_mean() {
    let out = tempfile::tempdir().expect("a folder");
    let base = Folder::open(&folder("base")).expect("a model");
    let path = out.path().join("q8.gguf");
    converted(&base, &path, GgmlType::Q8_0);
    let gguf = Gguf::open(&path).expect("a GGUF");
    assert_eq!(folder_type(&gguf), GgmlType::F16);
    let again = out.path().join("again");
    to_folder(&gguf, &again, GgmlType::F16, u64::MAX, false, &mut |_, _| {}).expect("converts");
    let again = Folder::open(&again).expect("a model");
    for (part, expert) in matrices(base.config(), false) {
        let (a, b) = (base.matrix(&part, expert).expect("there"), again.matrix(&part, expert).expect("there"));
        let most = a.iter().fold(0f32, |most, w| most.max(w.abs()));
        let off = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        // Half a step of 127 to a block's largest weight, and F16's rounding.
        assert!(off <= most * (0.5 / 127.0 + 0.001), "{}: {off} of {most}", part.name());
        assert!(part.role.is_norm() || off > 0.0 || part.name().contains("gate_inp"), "it was quantised");
    }
}
