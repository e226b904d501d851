//! Folders that are models as they are: what `convert` and `quantize` would write, without the files.

use std::path::Path;

use mixtral_engine::error::Error;
use mixtral_engine::formats::Source;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::{Folder, FolderSource, Named};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::QuantMix;
use mixtral_engine::text::Tokenizer;
use mixtral_engine::weights::ModelFiles;
use mixtral_tools::convert::{named, to_folder, to_gguf};
use mixtral_tools::merge;
use mixtral_tools::quantize_file::quantise;

use crate::fixture::{TOLERANCE, distance, expected, folder, ids, logits_of, rows};

/// Holds a source against a GGUF file: the same tensors in the same types, to the byte.
fn same(source: &dyn Source, file: &Path, what: &str) {
    let gguf = Gguf::open(file).expect("a GGUF");
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let names = |source: &dyn Source| sorted(source.names().into_iter().map(str::to_owned).collect());
    assert_eq!(names(source), names(&gguf), "{what}");
    for name in names(source) {
        assert_eq!(source.info(&name), gguf.info(&name), "{what}: {name}");
        assert!(source.bytes(&name).expect("reads") == gguf.bytes(&name).expect("reads"), "{what}: {name} differs");
    }
}

/// A demo model as a folder in shards: its rows are whole blocks of every type.
fn demo(out: &Path) -> Folder {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let gguf = Gguf::open(&models.join("pupil-5m-q4_K.gguf")).expect("a demo model");
    let path = out.join("pupil");
    to_folder(&gguf, &path, GgmlType::BF16, 3_000_000, false, &mut |_, _| {}).expect("a folder");
    let folder = Folder::open(&path).expect("a model");
    assert!(folder.shards().len() > 2);
    folder
}

#[test]
fn a_folder_that_is_quantised_while_it_loads_is_what_convert_and_quantize_write() {
    let out = tempfile::tempdir().expect("a folder");
    let path = |name: &str| out.path().join(name);
    let base = Folder::open(&folder("base")).expect("a model");
    // Rows of the small one are no whole blocks of 256: each type falls back there.
    let every = [GgmlType::Q4_K, GgmlType::Q2_K, GgmlType::Q8_0, GgmlType::IQ3_S, GgmlType::F32];
    for (model, kinds) in [(base, &every[..]), (demo(out.path()), &every[..2])] {
        let (told, _) = named(&model).expect("a tokenizer");
        let own = QuantMix::pure(model.kind());
        to_gguf(&model, &path("own.gguf"), own, told, &mut |_, _| {}).expect("converts");
        let plain = ModelFiles::open(model.path(), None).expect("a model");
        same(&plain, &path("own.gguf"), "as it is");
        let whole = Gguf::open(&path("own.gguf")).expect("a GGUF");
        for &kind in kinds {
            quantise(&whole, &path("small.gguf"), QuantMix::of(kind), None, &mut |_, _| {}).expect("quantises");
            let files = ModelFiles::open_as(model.path(), None, Some(kind)).expect("a model");
            same(&files, &path("small.gguf"), kind.name());
            let small = Gguf::open(&path("small.gguf")).expect("a GGUF");
            assert!(files.metadata().iter().eq(small.metadata().iter()), "{kind}: the metadata differ");
            assert_eq!(files.config(), ModelFiles::open(&path("small.gguf"), None).expect("a model").config());
            assert_eq!(files.parameters(), small.parameters());
        }
    }
}

#[test]
fn convert_to_a_type_writes_what_loading_in_it_gives_for_a_tied_model_too() {
    let out = tempfile::tempdir().expect("a folder");
    let (own, small, at_once) = (out.path().join("a.gguf"), out.path().join("b.gguf"), out.path().join("c.gguf"));
    // It has no tokenizer.
    let tied = || Folder::open(&folder("fused")).expect("a model");
    assert!(tied().tied());
    let write = |path: &Path, types| to_gguf(&tied(), path, types, Named::default(), &mut |_, _| {}).expect("converts");
    write(&own, QuantMix::of(GgmlType::BF16));
    write(&at_once, QuantMix::of(GgmlType::Q4_0));
    let whole = Gguf::open(&own).expect("a GGUF");
    quantise(&whole, &small, QuantMix::of(GgmlType::Q4_0), None, &mut |_, _| {}).expect("quantises");
    let source = FolderSource::with(tied(), Some(GgmlType::Q4_0), Named::default()).expect("a source");
    same(&source, &small, "quantised");
    same(&source, &at_once, "converted");
}

#[test]
fn a_folder_as_it_is_and_an_adapter_on_one_give_the_logits_of_transformers_and_peft() {
    let told = expected();
    let (tokens, positions) = (ids(&told["ids"]), ids(&told["positions"]));
    let off = |files: &ModelFiles, name: &str| distance(&logits_of(files, &tokens, &positions), &rows(&told[name]));
    let plain = ModelFiles::open(&folder("base"), None).expect("a model");
    assert!(off(&plain, "base") < TOLERANCE);
    for (name, tuned) in [("adapter", "tuned"), ("adapter-5", "tuned_5")] {
        let files = ModelFiles::open_as(&folder(name), Some(&folder("base")), Some(GgmlType::F32)).expect("an adapter");
        let distance = off(&files, tuned);
        assert!(distance < TOLERANCE, "{name}: {distance}");
        // In the folder's own type each sum is rounded once: half a unit in the last of 8 bits.
        let files = ModelFiles::open(&folder(name), Some(&folder("base"))).expect("an adapter");
        assert_eq!(files.info("blk.0.attn_q.weight").expect("a matrix").kind, GgmlType::BF16);
        let distance = off(&files, tuned);
        assert!(distance > TOLERANCE && distance < 0.1, "{name}: {distance}");
    }
}

#[test]
fn an_adapter_on_a_folder_is_quantised_with_it_as_merge_and_quantize_do() {
    let out = tempfile::tempdir().expect("a folder");
    let path = |name: &str| out.path().join(name);
    let base = Folder::open(&folder("base")).expect("a model");
    to_gguf(&base, &path("a.gguf"), QuantMix::of(GgmlType::F32), named(&base).expect("a tokenizer").0, &mut |_, _| {})
        .expect("converts");
    let adapters = merge::open(&[folder("adapter")], base.config(), false).expect("an adapter");
    let whole = Gguf::open(&path("a.gguf")).expect("a GGUF");
    merge::into_gguf(&whole, &adapters, None, &path("b.gguf"), None, &mut |_, _| {}).expect("merges");
    let merged = Gguf::open(&path("b.gguf")).expect("a GGUF");
    quantise(&merged, &path("c.gguf"), QuantMix::of(GgmlType::Q4_K), None, &mut |_, _| {}).expect("quantises");
    // The type may also stand behind the path.
    let typed = format!("{}:q4_k", folder("base").display());
    let files = ModelFiles::open(&folder("adapter"), Some(Path::new(&typed))).expect("an adapter");
    same(&files, &path("c.gguf"), "merged");
}

#[test]
fn a_folder_says_what_keeps_it_from_being_loaded() {
    let out = tempfile::tempdir().expect("a folder");
    let copy = |name: &str| {
        let to = out.path().join(name);
        std::fs::create_dir(&to).expect("a folder");
        for file in std::fs::read_dir(folder("base")).expect("the fixture") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), to.join(file.file_name())).expect("copied");
        }
        to
    };
    let told = |path: &Path| ModelFiles::open(path, None).expect_err("refused").to_string();

    let shardless = copy("shardless");
    std::fs::remove_file(shardless.join("model-00002-of-00003.safetensors")).expect("removed");
    assert!(told(&shardless).contains("model-00002-of-00003.safetensors is not in the folder"), "{}", told(&shardless));

    let pointers = copy("pointers");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 200000\n";
    std::fs::write(pointers.join("model-00001-of-00003.safetensors"), pointer).expect("written");
    assert!(told(&pointers).contains("git lfs pull"), "{}", told(&pointers));

    let mute = copy("mute");
    std::fs::remove_file(mute.join("tokenizer.json")).expect("removed");
    ModelFiles::open(&mute, None).expect("there is tokenizer.model still");
    std::fs::remove_file(mute.join("tokenizer.model")).expect("removed");
    assert!(told(&mute).contains("neither tokenizer.json nor tokenizer.model"), "{}", told(&mute));

    let foreign = copy("foreign");
    let config = std::fs::read_to_string(foreign.join("config.json")).expect("a file");
    std::fs::write(foreign.join("config.json"), config.replace("\"mixtral\"", "\"qwen3\"")).expect("written");
    assert!(told(&foreign).contains("\"qwen3\" is not supported"), "{}", told(&foreign));

    let plain = folder("base");
    let typed = |kind: &str| told(Path::new(&format!("{}:{kind}", plain.display())));
    assert!(typed("IQ2_XS").contains("IQ2_XS needs an importance matrix"), "{}", typed("IQ2_XS"));
    assert!(typed("Q9").contains("\"Q9\" is no type"), "{}", typed("Q9"));
    let file = out.path().join("a.gguf");
    let base = Folder::open(&plain).expect("a model");
    crate::fixture::converted(&base, &file, GgmlType::Q8_0);
    let error = ModelFiles::open_as(&file, None, Some(GgmlType::Q4_K)).expect_err("has its types");
    assert!(matches!(error, Error::Request(_)) && error.to_string().contains("only a Hugging Face folder"), "{error}");
    let empty = tempfile::tempdir().expect("a folder");
    assert!(told(empty.path()).contains("without config.json"), "{}", told(empty.path()));
}

/// Llama's and Qwen's folders name several ends; the tokenizer's own is the first of ours.
#[test]
fn the_ends_of_generation_config_end_an_answer() {
    let out = tempfile::tempdir().expect("a folder");
    for file in std::fs::read_dir(folder("base")).expect("the fixture") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), out.path().join(file.file_name())).expect("copied");
    }
    let ends = |told: &str| {
        std::fs::write(out.path().join("generation_config.json"), told).expect("written");
        let files = ModelFiles::open(out.path(), None).expect("a model");
        let tokenizer = Tokenizer::from_gguf(files.metadata()).expect("a tokenizer");
        (0..400).filter(|id| tokenizer.vocabulary().is_end(*id)).collect::<Vec<u32>>()
    };
    assert_eq!(ends("{}"), [2]);
    assert_eq!(ends(r#"{"eos_token_id": 2}"#), [2]);
    assert_eq!(ends(r#"{"eos_token_id": [2, 300]}"#), [2, 300]);
    assert_eq!(ends(r#"{"eos_token_id": [9000, null]}"#), [2]);
}
