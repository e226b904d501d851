//! Candle's own Mixtral in floating point (`candle-transformers`) reads the folder that `transformers` wrote and the one
//! that is written here: what `peers.rs` asks of `transformers` itself, where no Python is.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::mixtral::{Config, Model};
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::Folder;
use mixtral_engine::quant::GgmlType;
use mixtral_tools::convert::to_folder;
use serde_json::Value;

use crate::fixture::{TOLERANCE, converted, distance, expected, folder, ids, logits, rows};

/// A folder's configuration, as candle takes it: it knows no `null` for a model without a window.
fn config(folder: &Path) -> Config {
    let text = std::fs::read_to_string(folder.join("config.json")).expect("a configuration");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    assert!(config.get("sliding_window").is_none_or(Value::is_null), "a window would change the logits");
    config["sliding_window"] = config["max_position_embeddings"].clone();
    config["use_flash_attn"] = false.into();
    serde_json::from_value(config).expect("a configuration that candle reads")
}

/// The weights of all shards, which candle computes with as F32.
fn model(folder: &Path) -> Model {
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "safetensors") {
            tensors.extend(candle_core::safetensors::load(&path, &Device::Cpu).expect("a shard"));
        }
    }
    let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    Model::new(&config(folder), weights).expect("a model that candle reads")
}

/// Candle's logits at some rising positions. It gives only those of a piece's last token, so every position ends a piece;
/// its cache carries the text on, and cannot be emptied: a model is for one text.
fn candle_logits(folder: &Path, ids: &[u32], positions: &[u32]) -> Vec<Vec<f32>> {
    let mut model = model(folder);
    let mut start = 0;
    let piece = |position: &u32| {
        let end = *position as usize + 1;
        let piece = Tensor::new(&ids[start..end], &Device::Cpu).and_then(|row| row.unsqueeze(0)).expect("one row");
        let logits = model.forward(&piece, start).and_then(|all| all.flatten_all()).expect("computes");
        start = end;
        logits.to_vec1().expect("a row of logits")
    };
    positions.iter().map(piece).collect()
}

#[test]
fn candle_transformers_and_the_engine_agree_on_folders_read_and_written() {
    let (out, told) = (tempfile::tempdir().expect("a folder"), expected());
    let (ids, positions) = (ids(&told["ids"]), ids(&told["positions"]));
    let (gguf, again) = (out.path().join("base.gguf"), out.path().join("again"));
    converted(&Folder::open(&folder("base")).expect("a model"), &gguf, GgmlType::BF16);
    let opened = Gguf::open(&gguf).expect("a GGUF");
    to_folder(&opened, &again, GgmlType::BF16, 120_000, false, &mut |_, _| {}).expect("converts");

    let ours = logits(&gguf, &ids, &positions);
    for folder in [folder("base"), again] {
        let theirs = candle_logits(&folder, &ids, &positions);
        let (apart, off) = (distance(&ours, &theirs), distance(&theirs, &rows(&told["base"])));
        println!("{}: {apart:e} from the engine, {off:e} from transformers", folder.display());
        assert!(apart < TOLERANCE, "{}: {apart} from the engine", folder.display());
        assert!(off < TOLERANCE, "{}: candle is {off} from transformers", folder.display());
    }
}
