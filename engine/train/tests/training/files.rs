//! The folder that a training leaves in Hugging Face's layout.

use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::text::{Tokenizer, gguf_values};
use mixtral_train::model::Model;
use mixtral_train::{output, vocabulary};
use serde_json::Value;

use crate::shape;

#[test]
fn a_whole_model_is_written_in_hugging_faces_layout_and_replaced_by_a_better_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = vocabulary::learn(["甲乙丙丁"].into_iter(), 270, 1).expect("a vocabulary");
    let values = gguf_values(&parts, Some(vocabulary::TEMPLATE));
    let size = Tokenizer::new(parts).expect("a tokenizer").vocabulary().len();
    let model = |seed| Model::random(&shape().config(size).expect("a shape"), seed).expect("a model");
    let file = folder.path().join("model.gguf");
    output::write_gguf(&file, &model(1), values, GgmlType::F16).expect("written");
    let gguf = Gguf::open(&file).expect("a model");
    let best = folder.path().join("best");
    let write = |seed, shard| {
        output::write_hugging_face(&best, &model(seed), gguf.metadata(), GgmlType::F16, shard).expect("written");
        let weights = std::fs::read_dir(&best)
            .expect("the folder")
            .flatten()
            .filter(|e| e.path().extension().is_some_and(|e| e == "safetensors"));
        weights.map(|e| std::fs::read(e.path()).expect("a shard")).collect::<Vec<_>>()
    };
    let (one, many) = (write(1, u64::MAX), write(2, 20_000));
    assert_eq!(one.len(), 1, "one file where it is small");
    assert!(many.len() > 3, "and shards where it is not: {}", many.len());
    let json =
        |name: &str| -> Value { serde_json::from_slice(&std::fs::read(best.join(name)).expect(name)).expect("JSON") };
    assert_eq!(json("config.json")["model_type"], "mixtral");
    assert_eq!(json("config.json")["vocab_size"], size);
    assert_eq!(json("tokenizer_config.json")["chat_template"], vocabulary::TEMPLATE);
    assert_eq!(json("tokenizer.json")["model"]["type"], "BPE");
    let index = json("model.safetensors.index.json");
    let name = "model.layers.1.block_sparse_moe.experts.3.w2.weight";
    assert!(index["weight_map"][name].as_str().is_some_and(|f| best.join(f).exists()), "{index}");
}
