//! The engine computes what `transformers` and `peft` do.

use mixtral_engine::arch::tensor_specs;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::Folder;
use mixtral_engine::hugging_face::Named;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::QuantMix;
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::weights::lora::Adapter;
use mixtral_tools::convert::to_gguf;
use mixtral_tools::merge;

use crate::fixture::{TOLERANCE, converted, distance, expected, folder, ids, logits, logits_of, rows};

#[test]
fn a_folder_of_transformers_gives_its_logits() {
    let (out, told) = (tempfile::tempdir().expect("a folder"), expected());
    let base = Folder::open(&folder("base")).expect("a model");
    assert_eq!((base.kind(), base.tied()), (GgmlType::BF16, false));
    // BF16 weights become these types without loss.
    for kind in [GgmlType::F32, GgmlType::BF16] {
        let path = out.path().join(format!("{kind}.gguf"));
        converted(&base, &path, kind);
        let found = logits(&path, &ids(&told["ids"]), &ids(&told["positions"]));
        let distance = distance(&found, &rows(&told["base"]));
        println!("{kind}: {distance:e}");
        assert!(distance < TOLERANCE, "{kind}: {distance}");
    }
}

#[test]
fn a_folder_of_transformers_5_with_fused_experts_gives_its_logits() {
    let (out, told) = (tempfile::tempdir().expect("a folder"), expected());
    let fused = Folder::open(&folder("fused")).expect("a model");
    let config = fused.config();
    assert_eq!((config.head_dim, config.rope_theta, fused.tied()), (24, 500.0, true));
    let path = out.path().join("fused.gguf");
    // It has no tokenizer.
    to_gguf(&fused, &path, QuantMix::of(GgmlType::F32), Named::default(), &mut |_, _| {}).expect("converts");
    let ids = ids(&told["fused_ids"]);
    let all: Vec<u32> = (0..ids.len() as u32).collect();
    let distance = distance(&logits(&path, &ids, &all), &rows(&told["fused"]));
    println!("{distance:e}");
    assert!(distance < TOLERANCE, "{distance}");
}

#[test]
fn an_adapter_of_peft_merged_onto_a_gguf_gives_its_logits() {
    let (out, told) = (tempfile::tempdir().expect("a folder"), expected());
    let base = Folder::open(&folder("base")).expect("a model");
    let plain = out.path().join("base.gguf");
    converted(&base, &plain, GgmlType::F32);
    let gguf = Gguf::open(&plain).expect("a GGUF");
    let adapters = merge::open(&[folder("adapter")], base.config(), false).expect("an adapter");
    let path = out.path().join("merged.gguf");
    merge::into_gguf(&gguf, &adapters, None, &path, None, &mut |_, _| {}).expect("merges");
    let found = logits(&path, &ids(&told["ids"]), &ids(&told["positions"]));
    let distance = distance(&found, &rows(&told["tuned"]));
    println!("{distance:e}");
    assert!(distance < TOLERANCE, "{distance}");
    assert!(crate::fixture::distance(&found, &rows(&told["base"])) > 0.1, "the adapter changes something");
}

/// Both forms in which PEFT keeps adapters of a Mixtral: a module an expert, or all experts of a layer in two parameters.
#[test]
fn adapters_of_peft_put_onto_a_gguf_as_it_loads_give_their_logits() {
    let (out, told) = (tempfile::tempdir().expect("a folder"), expected());
    let base = Folder::open(&folder("base")).expect("a model");
    let plain = out.path().join("base.gguf");
    converted(&base, &plain, GgmlType::F32);
    for (name, tuned) in [("adapter", "tuned"), ("adapter-5", "tuned_5")] {
        let files = ModelFiles::open(&folder(name), Some(&plain)).expect("an adapter");
        let found = logits_of(&files, &ids(&told["ids"]), &ids(&told["positions"]));
        let off = distance(&found, &rows(&told[tuned]));
        println!("{name}: {off:e}");
        assert!(off < TOLERANCE, "{name}: {off}");
        assert!(distance(&found, &rows(&told["base"])) > 0.1, "{name} changes something");
    }
}

/// What keeps the tests above honest: the fixture's adapter reaches every part but the norms.
#[test]
fn the_adapter_touches_every_matrix() {
    let base = Folder::open(&folder("base")).expect("a model");
    let adapter = Adapter::open(&folder("adapter"), base.config()).expect("an adapter");
    for part in tensor_specs(base.config()) {
        assert_eq!(adapter.touches(&part).expect("fits"), !part.role.is_norm(), "{}", part.name());
    }
}
