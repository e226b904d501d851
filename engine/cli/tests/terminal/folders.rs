//! Hugging Face folders where a model's file may stand.

use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;

use crate::chat::{GREEDY, mixtral, model, out};

/// A demo model as a folder in F16, and as the file that `quantize` makes of the same weights.
fn prepare(folder: &std::path::Path) -> (String, String) {
    let at = |name: &str| folder.join(name).display().to_string();
    let gguf = Gguf::open(model().as_ref()).expect("the demo model");
    let target = folder.join("poet");
    mixtral_tools::convert::to_folder(&gguf, &target, GgmlType::F16, 8_000_000, false, &mut |_, _| {})
        .expect("a folder");
    out(&mixtral("C.UTF-8", &["convert", &at("poet"), &at("whole.gguf")], ""));
    out(&mixtral("C.UTF-8", &["quantize", &at("whole.gguf"), &at("small.gguf"), "Q4_K"], ""));
    std::fs::remove_file(at("whole.gguf")).expect("removed");
    (at("poet"), at("small.gguf"))
}

#[test]
fn a_folder_talks_is_measured_and_told_of_as_the_file_that_quantize_makes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (poet, small) = prepare(folder.path());
    let typed = format!("{poet}:q4_k");
    let chat = |arguments: &[&str]| {
        let mut all = vec!["chat", "--prompt", "写一首五言绝句"];
        all.extend(arguments);
        all.extend(GREEDY);
        out(&mixtral("C.UTF-8", &all, ""))
    };
    let answer = chat(&[&small]);
    assert_eq!(chat(&[&poet, "--type", "Q4_K"]), answer);
    assert_eq!(chat(&[&typed]), answer);

    let text = folder.path().join("text.txt").display().to_string();
    std::fs::write(&text, "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n".repeat(20)).expect("written");
    let perplexity = |model: &str, more: &[&str]| {
        let mut all = vec!["perplexity", model, &text, "--window", "64", "--windows", "3"];
        all.extend(more);
        out(&mixtral("C.UTF-8", &all, ""))
    };
    let measured = perplexity(&small, &[]);
    assert_eq!(perplexity(&poet, &["--type", "q4_k"]), measured);
    assert_ne!(perplexity(&poet, &[]), measured, "F16 as it is");
    // A folder may also be what another model is held against.
    assert_eq!(perplexity(&small, &["--against", &typed]), perplexity(&typed, &["--against", &small]));

    let told = |arguments: &[&str]| -> serde_json::Value {
        let mut all = vec!["info", "--json"];
        all.extend(arguments);
        serde_json::from_str(&out(&mixtral("C.UTF-8", &all, ""))).expect("JSON")
    };
    let (own, file) = (told(&[&poet, "--type", "Q4_K"]), told(&[&small]));
    for key in ["types", "parameters", "metadata"] {
        assert_eq!(own[key], file[key], "{key}");
    }
    assert_eq!(told(&[&poet])["types"]["F16"]["tensors"], 44);
    let words = out(&mixtral("zh_CN.UTF-8", &["info", &poet, "--tensors"], ""));
    assert!(words.contains("Hugging Face 文件夹") && words.contains("blk.0.ffn_gate_exps.weight"), "{words}");
}

#[test]
fn what_a_folder_cannot_be_is_said_in_both_languages() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken");
    std::fs::create_dir(&broken).expect("a folder");
    for file in std::fs::read_dir(crate::fixture::folder("base")).expect("the fixture") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), broken.join(file.file_name())).expect("copied");
    }
    std::fs::remove_file(broken.join("model-00003-of-00003.safetensors")).expect("removed");
    let (base, broken) = (crate::fixture::folder("base").display().to_string(), broken.display().to_string());
    for (arguments, english, chinese) in [
        (vec!["chat", &broken, "-p", "Hello"], "download the whole model", "请下载完整的模型"),
        (vec!["chat", &base, "--type", "iq1_s", "-p", "Hello"], "needs an importance matrix", "需要重要性矩阵"),
        (vec!["chat", &base, "--type", "Q9", "-p", "Hello"], "use one of F32, F16", "请用 F32, F16"),
        (vec!["perplexity", &model(), "x.txt", "--type", "Q4_K"], "use mixtral quantize", "请用 mixtral quantize"),
    ] {
        for (language, wanted) in [("C.UTF-8", english), ("zh_CN.UTF-8", chinese)] {
            let output = mixtral(language, &arguments, "");
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && error.contains(wanted), "{arguments:?}: {error}");
        }
    }
}
