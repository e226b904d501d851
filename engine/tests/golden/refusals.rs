//! What the engine says of files that it does not support.

use mixtral_engine::DeviceSpec;
use mixtral_engine::arch::Config;
use mixtral_engine::devices::OpenDevice;
use mixtral_engine::formats::gguf::{Gguf, Value, Writer};
use mixtral_engine::model::{CacheType, weight_bytes};
use mixtral_engine::quant::GgmlType;

use crate::tiny::{self, Layout, SMALLEST};
use crate::{drive, files};

fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = tiny::put(folder.path(), "odd.gguf", bytes);
    let load = || {
        let file = Gguf::open(&path)?;
        let config = Config::from_gguf(&file)?;
        drive::load(&file, config, &mut |_, _| {}).map(drop)
    };
    load().expect_err("a file that is not supported").to_string()
}

fn written(spoil: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut writer = Writer::new();
    spoil(&mut writer);
    let mut out = Vec::new();
    writer.write(&mut out).expect("memory");
    out
}

fn says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{message:?} should say {word:?}");
    }
}

#[test]
fn foreign_files_are_told_apart() {
    says(&refusal(b"PK\x03\x04 and so on, as a zip has it"), &["odd.gguf", "byte 0", "not a GGUF", "PyTorch"]);
    says(&refusal(b"<!DOCTYPE html>"), &["web page"]);
    says(&refusal(b"version https://git-lfs.github.com/spec/v1"), &["Git LFS"]);
    says(&refusal(b"GGUF\x01\0\0\0"), &["byte 4", "version 1"]);
    says(&refusal(b"GGUF\0\0\0\x03"), &["big-endian"]);
    says(&refusal(b"GGUF\x09\0\0\0"), &["version 9"]);
    says(&refusal(b""), &["empty"]);
}

#[test]
fn other_architectures_and_dense_models_are_refused_by_key() {
    let other = written(|w| {
        w.value("general.architecture", Value::String("qwen2".into()));
    });
    says(&refusal(&other), &["key general.architecture", "qwen2"]);
    let dense = written(|w| {
        w.value("general.architecture", Value::String("llama".into()));
    });
    says(&refusal(&dense), &["key llama.expert_count", "dense"]);
    says(&refusal(&written(|_| ())), &["general.architecture", "missing"]);
}

#[test]
fn a_value_of_the_wrong_type_is_named() {
    let wrong = written(|w| {
        w.value("general.architecture", Value::U32(7));
    });
    says(&refusal(&wrong), &["key general.architecture", "should be text, not u32"]);
}

#[test]
fn what_would_be_computed_wrongly_is_refused() {
    let with = |key: &str, value: Value| {
        written(|w| {
            tiny::metadata(w, SMALLEST);
            w.value(key, value);
            w.tensor("token_embd.weight", GgmlType::F32, &[8, 32], vec![0; 8 * 32 * 4]).expect("whole blocks");
        })
    };
    let window = with("llama.attention.sliding_window", Value::U32(64));
    says(&refusal(&window), &["sliding_window", "64"]);
    let scaling = with("llama.rope.scaling.type", Value::String("longrope".into()));
    says(&refusal(&scaling), &["llama.rope.scaling.type", "longrope", "linear and yarn"]);
    let missing = with("general.name", Value::String("half a model".into()));
    says(&refusal(&missing), &["tensor blk.0.attn_norm.weight", "missing"]);
}

#[test]
fn a_tensor_in_an_unsupported_type_is_named_with_its_type() {
    let kind = GgmlType::Q8_K;
    let bytes = written(|w| {
        tiny::metadata(w, tiny::Shape { hidden: 256, ..SMALLEST });
        w.tensor("token_embd.weight", kind, &[8, 256], vec![0; 8 * kind.block_bytes()]).expect("whole blocks");
    });
    says(&refusal(&bytes), &["tensor token_embd.weight", "type Q8_K is not supported"]);
}

#[test]
fn a_tensor_that_is_no_part_of_mixtral_is_refused() {
    let bytes = tiny::bytes(SMALLEST, GgmlType::F32, Layout::Merged, 1);
    // The same file, but of two layers by its tensors and of one by its metadata.
    let two = tiny::bytes(tiny::Shape { layers: 2, ..SMALLEST }, GgmlType::F32, Layout::Merged, 1);
    let key = b"llama.block_count";
    let at = two.windows(key.len()).position(|w| w == key).expect("the key") + key.len() + 4;
    let mut one = two.clone();
    one[at] = 1;
    assert_ne!(bytes, one);
    says(&refusal(&one), &["tensor blk.1.", "not a part of a Mixtral model"]);
}

/// Writes the demo model's first tensors into shards.
fn shards(folder: &std::path::Path) -> [std::path::PathBuf; 2] {
    let shard = |no: u16, tensor: &str| {
        written(|w| {
            if no == 0 {
                tiny::metadata(w, SMALLEST);
                w.value("split.tensors.count", Value::I32(2));
            }
            w.value("split.no", Value::U16(no));
            w.value("split.count", Value::U16(2));
            w.tensor(tensor, GgmlType::F32, &[4], vec![0; 16]).expect("whole blocks");
        })
    };
    [
        tiny::put(folder, "m-00001-of-00002.gguf", &shard(0, "a")),
        tiny::put(folder, "m-00002-of-00002.gguf", &shard(1, "b")),
    ]
}

#[test]
fn shards_are_found_beside_the_first_and_checked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [first, second] = shards(folder.path());
    let whole = Gguf::open(&first).expect("both shards");
    assert_eq!(whole.tensors().iter().map(|t| (t.name.as_str(), t.shard)).collect::<Vec<_>>(), [("a", 0), ("b", 1)]);

    says(&Gguf::open(&second).expect_err("not the first").to_string(), &["shard 2 of 2", "open", "m-00001-of-00002"]);
    let sound = std::fs::read(&second).expect("the shard");
    std::fs::copy(&first, &second).expect("a copy");
    says(
        &Gguf::open(&first).expect_err("the first twice").to_string(),
        &["00002-of-00002", "split.no", "is 0, should be 1"],
    );
    std::fs::write(&second, &sound[..60]).expect("the shard");
    says(&Gguf::open(&first).expect_err("a cut shard").to_string(), &["00002-of-00002"]);
    std::fs::remove_file(&second).expect("the shard");
    says(&Gguf::open(&first).expect_err("one is missing").to_string(), &["00002-of-00002.gguf", "No such file"]);
}

#[test]
fn memory_is_known_before_loading_and_progress_ends_there() {
    let file = Gguf::open(&files::own().join("poet-14m-q4_K.gguf")).expect("the demo model");
    let config = Config::from_gguf(&file).expect("a Mixtral model");
    let bytes = weight_bytes(&file);
    assert!(bytes < file.file_bytes() && bytes > file.file_bytes() * 9 / 10);
    let device = OpenDevice::open(DeviceSpec::Cpu, None).expect("the processor");
    // A head has 32 numbers here: one block of Q8_0.
    for (cache_type, head) in [(CacheType::F16, 64), (CacheType::F32, 128), (CacheType::Q8_0, 34)] {
        let cache = device.cache_bytes(&config, &drive::sizes(cache_type));
        assert_eq!(cache, (2 * 6 * drive::BLOCKS * drive::BLOCK * 2 * head) as u64);
    }
    let mut heard = Vec::new();
    drive::load(&file, config, &mut |done, total| heard.push((done, total))).expect("it loads");
    assert!(heard.is_sorted() && heard[0] == (0, bytes) && heard[heard.len() - 1] == (bytes, bytes));
}
