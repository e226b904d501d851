//! `mixtral merge`: onto a folder, shard by shard.

use mixtral_engine::hugging_face::Folder;
use mixtral_engine::quant::GgmlType;
use mixtral_tools::merge::{self, TokenizerFrom};

use crate::fixture::{TOLERANCE, converted, distance, expected, folder, ids, logits, rows};

#[test]
fn an_adapter_of_peft_merged_onto_a_folder_gives_its_logits_and_keeps_the_shards() {
    let (out, told) = (tempfile::tempdir().expect("a folder"), expected());
    // BF16 would round the sums: a folder of F32 first.
    let (plain, wide) = (out.path().join("plain.gguf"), out.path().join("wide"));
    converted(&Folder::open(&folder("base")).expect("a model"), &plain, GgmlType::F32);
    let gguf = mixtral_engine::formats::gguf::Gguf::open(&plain).expect("a GGUF");
    mixtral_tools::convert::to_folder(&gguf, &wide, GgmlType::F32, 300_000, false, &mut |_, _| {}).expect("converts");

    let base = Folder::open(&wide).expect("a model");
    let adapters = merge::open(&[folder("adapter")], base.config(), base.tied()).expect("an adapter");
    let merged = out.path().join("merged");
    let (mut last, mut calls) = ((0, 0), 0);
    let from = merge::tokenizer_of(&[folder("adapter")]);
    assert_eq!(from, TokenizerFrom::Base);
    merge::into_folder(&base, &adapters, &from, &merged, false, &mut |done, all| {
        assert!(done > last.0, "progress goes on");
        (last, calls) = ((done, all), calls + 1);
    })
    .expect("merges");
    assert!(calls == 41 && last.0 <= last.1 && last.1 - last.0 < 41 * 200, "{last:?} after {calls}");

    let list = |path: &std::path::Path| {
        let names = std::fs::read_dir(path).expect("a folder").map(|e| e.expect("an entry").file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    assert_eq!(list(&wide), list(&merged), "the same files");
    let merged = Folder::open(&merged).expect("a model");
    assert_eq!((merged.kind(), merged.file_bytes()), (base.kind(), base.file_bytes()));
    let path = out.path().join("merged.gguf");
    converted(&merged, &path, GgmlType::F32);
    let found = logits(&path, &ids(&told["ids"]), &ids(&told["positions"]));
    let distance = distance(&found, &rows(&told["tuned"]));
    assert!(distance < TOLERANCE, "{distance}");
}

#[test]
fn a_folder_in_bf16_stays_in_bf16_and_two_adapters_are_put_in_one_after_the_other() {
    let out = tempfile::tempdir().expect("a folder");
    let base = Folder::open(&folder("base")).expect("a model");
    let twice = merge::open(&[folder("adapter"), folder("adapter")], base.config(), false).expect("two");
    let once = merge::open(&[folder("adapter")], base.config(), false).expect("one");
    let merged = |adapters: &[_], name: &str| {
        let path = out.path().join(name);
        merge::into_folder(&base, adapters, &TokenizerFrom::Base, &path, false, &mut |_, _| {}).expect("merges");
        Folder::open(&path).expect("a model")
    };
    let (once, twice) = (merged(&once, "once"), merged(&twice, "twice"));
    assert_eq!(twice.kind(), GgmlType::BF16);
    for (part, expert) in mixtral_engine::hugging_face::matrices(base.config(), false) {
        let read = |folder: &Folder| folder.matrix(&part, expert).expect("there");
        let (base, once, twice) = (read(&base), read(&once), read(&twice));
        let whole = part.layer.is_none();
        for ((base, once), twice) in base.iter().zip(&once).zip(&twice) {
            // A module that is saved whole is the adapter's own, however often it is put in.
            let wanted = if whole { *once } else { once + once - base };
            let rounding = (base.abs() + once.abs() + twice.abs()) / 128.0;
            assert!((twice - wanted).abs() <= rounding, "{}: {twice}, should be {wanted}", part.name());
        }
        assert!(part.role.is_norm() == (base == once), "{}", part.name());
    }
}

#[test]
fn fused_experts_stay_fused() {
    use mixtral_engine::weights::lora::{AdapterConfig, Pair};
    let out = tempfile::tempdir().expect("a folder");
    let base = Folder::open(&folder("fused")).expect("a model");
    let config = AdapterConfig {
        rank: 1,
        alpha: 1.0,
        targets: ["w1", "w2", "w3", "q_proj"].map(str::to_owned).to_vec(),
        ..AdapterConfig::default()
    };
    // Row r of expert e of layer l gets (l + 1) * (10 e + r) * 0.01 more in its first column.
    let all = mixtral_engine::hugging_face::matrices(base.config(), true);
    let reached: Vec<_> =
        all.filter(|(part, _)| config.targets.iter().any(|t| part.role.module().ends_with(t))).collect();
    let more = |part: &mixtral_engine::arch::TensorSpec, expert: usize, row: usize| {
        (part.layer.expect("a layer") + 1) as f32 * (10 * expert + row) as f32 * 0.01
    };
    let mut pairs = reached.iter().map(|(part, expert)| {
        let [.., rows, cols] = part.dims[..] else { panic!("a matrix") };
        let mut a = vec![0.0; cols];
        a[0] = 1.0;
        let b = (0..rows).map(|row| more(part, *expert, row)).collect();
        (part.clone(), *expert, Pair { rank: 1, a, b, scale: 1.0 })
    });
    let adapter = out.path().join("adapter");
    mixtral_tools::adapter::write(&adapter, &config, base.config(), &mut pairs, &mut std::iter::empty(), GgmlType::F32)
        .expect("written");
    let adapters = merge::open(&[adapter], base.config(), true).expect("an adapter");
    let merged = out.path().join("merged");
    merge::into_folder(&base, &adapters, &TokenizerFrom::Base, &merged, false, &mut |_, _| {}).expect("merges");
    let merged = Folder::open(&merged).expect("a model");
    let mut compared = 0;
    for (part, expert) in mixtral_engine::hugging_face::matrices(base.config(), true) {
        let cols = part.dims[part.dims.len() - 1];
        let (before, after) =
            (base.matrix(&part, expert).expect("there"), merged.matrix(&part, expert).expect("there"));
        let touched = reached.contains(&(part.clone(), expert));
        for (at, (before, after)) in before.iter().zip(&after).enumerate() {
            let added = if touched && at % cols == 0 { more(&part, expert, at / cols) } else { 0.0 };
            let sum = before + added;
            assert!(
                (after - sum).abs() <= sum.abs() / 256.0,
                "{} of {expert} at {at}: {after}, not {sum}",
                part.name()
            );
            compared += usize::from(added > 0.0);
        }
    }
    assert!(compared > 800, "{compared}");
}
