//! `mixtral train` on the files and bases that people have.

use std::path::Path;

use serde_json::Value;

use super::fixture;
use super::train::{log, mixtral, prepare, recipe};

/// Text, Alpaca's and ShareGPT's forms in folders.
fn write_files(folder: &Path) {
    std::fs::create_dir_all(folder.join("files/more")).expect("made");
    let write = |name: &str, text: &str| std::fs::write(folder.join("files").join(name), text).expect("written");
    write("poems.txt", "春夏秋冬\r\n\r\n花鳥風月\r\n");
    write(
        "alpaca.json",
        r#"[{"instruction": "花", "input": "鳥", "output": "風月"}, {"instruction": "春", "input": "", "output": "夏"}]"#,
    );
    write(
        "more/chats.jsonl",
        "{\"conversations\": [{\"from\": \"human\", \"value\": \"花\"}, {\"from\": \"gpt\", \"value\": \"鳥風月\"}]}\n",
    );
    let long = "花".repeat(40);
    write(
        "more/long.json",
        &format!(r#"[{{"instruction": "{long}", "output": "鳥"}}, {{"instruction": "花", "output": "{long}"}}]"#),
    );
    write("more/README.md", "# no training file");
}

#[test]
fn a_folder_of_texts_and_conversations_is_trained_on_and_what_was_left_out_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    prepare(folder);
    write_files(folder);
    recipe(folder, "full", |r| r["num_train_epochs"] = 2.into());
    let train = |language: &str, data: &[&str]| {
        let mut arguments = vec!["train", "out", "--base", "base.gguf", "--config", "recipe.json", "--force"];
        data.iter().for_each(|path| arguments.extend(["--data", path]));
        mixtral(folder, language, &arguments)
    };
    let (done, text) = train("C", &["files"]);
    assert!(done && text.contains("4 files, 6 examples of "), "{text}");
    assert!(text.contains("1 cut to 32 tokens, 1 skipped (prompt too long)"), "{text}");
    let steps = log(folder).iter().filter(|line| line["loss"].is_f64()).count();
    let kept: Value =
        serde_json::from_slice(&std::fs::read(folder.join("out/recipe.json")).expect("a recipe")).expect("JSON");
    // Two epochs of some eighty tokens, forty a batch and two batches a step.
    assert!(steps > 1 && kept["max_steps"].as_u64() == Some(steps as u64), "{steps}: {kept}");
    let (done, text) = train("zh_CN.UTF-8", &["files/poems.txt", "files/more/chats.jsonl"]);
    assert!(done && text.contains("2 个文件、3 条，共"), "{text}");

    for (bytes, english, chinese) in [
        (&b"\xB4\xBA\xCF\xC4\n"[..], "bad.txt: line 1: not UTF-8 but, as it looks, GBK", "看来是 GBK"),
        (
            "[{\"instruction\": \"春\"}]".as_bytes(),
            "bad.txt: line 1, array index 0: “output” must be a text",
            "第 1 行，数组下标 0：“output”须为文本",
        ),
        (
            "{\"text\": \"春\"}\n{\"conversation\": []}\n".as_bytes(),
            "bad.txt: line 2: unknown field “conversation”; expected",
            "未知的字段“conversation”；须有",
        ),
        (
            "{\"text\": \"春\"}\n{\"text\": \n".as_bytes(),
            "bad.txt: line 2: not training data; expected one JSON object per line",
            "须为每行一个 JSON 对象",
        ),
        (
            "{\"prompt\": \"春\", \"chosen\": \"夏\", \"rejected\": \"秋\"}".as_bytes(),
            "which only --dpo trains on",
            "只有 --dpo 用它训练",
        ),
    ] {
        std::fs::write(folder.join("bad.txt"), bytes).expect("written");
        for (language, said) in [("C", english), ("zh_CN.UTF-8", chinese)] {
            let (done, text) = train(language, &["files", "bad.txt"]);
            assert!(!done && text.contains(said), "{said}: {text}");
        }
    }
    let (done, text) = train("C", &["."]);
    assert!(!done && text.contains("bad.txt"), "{text}");
    std::fs::create_dir(folder.join("empty")).expect("made");
    let (done, text) = train("C", &["empty"]);
    assert!(!done && text.contains("the folder holds no training files"), "{text}");
}

#[test]
fn a_tokenizer_is_trained_on_the_same_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write_files(folder);
    let (done, text) = mixtral(folder, "C", &["train-tokenizer", "vocab", "files", "--vocab-size", "280"]);
    assert!(done, "{text}");
    let json = std::fs::read_to_string(folder.join("vocab/tokenizer.json")).expect("a tokenizer");
    assert!("春夏秋冬花鳥風月".chars().all(|c| json.contains(c)) && !json.contains("human"), "{json}");
}

#[test]
fn a_hugging_face_folder_is_a_base_and_trains_as_its_gguf_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let base = fixture::folder("base");
    let base = base.to_str().expect("a path");
    let data = "{\"instruction\": \"Who are you?\", \"input\": \"\", \"output\": \"A model.\"}\n".repeat(4);
    std::fs::write(folder.join("train.jsonl"), data).expect("written");
    let (done, text) = mixtral(folder, "C", &["convert", base, "base.gguf", "--type", "BF16"]);
    assert!(done, "{text}");
    let losses = |base: &str, kind: &str, more: &[&str]| -> Vec<f64> {
        recipe(folder, kind, |r| {
            r["max_steps"] = 2.into();
            r["batch_tokens"] = 100.into();
            if r["lora"].is_object() {
                r["lora"]["r"] = 4.into();
            }
        });
        let given = ["train", "out", "--base", base, "--data", "train.jsonl", "--config", "recipe.json", "--force"];
        let (done, text) = mixtral(folder, "C", &[&given[..], more].concat());
        assert!(done, "{text}");
        log(folder).iter().filter_map(|line| line["loss"].as_f64()).collect()
    };
    for kind in ["full", "lora", "qlora"] {
        let (of_folder, of_file) = (losses(base, kind, &[]), losses("base.gguf", kind, &[]));
        assert_eq!(of_folder, of_file, "{kind}");
        assert!(of_folder.len() == 2 && of_folder[0] > of_folder[1], "{of_folder:?}");
    }
    // Quantised as it is read: near the whole base, and not it.
    let (whole, quantised) = (losses(base, "qlora", &[]), losses(base, "qlora", &["--base-type", "Q8_0"]));
    assert!((whole[0] - quantised[0]).abs() < 0.02 * whole[0] && whole[0] != quantised[0], "{whole:?} {quantised:?}");
    let config: Value =
        serde_json::from_slice(&std::fs::read(folder.join("out/adapter/adapter_config.json")).expect("an adapter"))
            .expect("JSON");
    let named = config["base_model_name_or_path"].as_str().expect("a path");
    assert!(folder.join("out/adapter").join(named).join("config.json").is_file(), "{named}");
    let (done, text) = mixtral(
        folder,
        "C",
        &["train", "out", "--base", "base.gguf", "--base-type", "Q4_K", "--data", "train.jsonl", "--force"],
    );
    assert!(!done && text.contains("--base-type is for Hugging Face folders"), "{text}");
}
