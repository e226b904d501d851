//! The commands of this folder's README about training and of the arena's pages of help, as they stand there, on small models
//! and files.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::hub::StandIn;
use super::{files, fixture};

/// The commands of the section's first block, without their comments.
fn commands(section: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = std::fs::read_to_string(readme).expect("the README");
    let (_, rest) = text.split_once(section).expect("the section");
    let block = rest.split("```").nth(1).and_then(|block| block.strip_prefix("sh\n")).expect("its commands");
    block.lines().map(|line| line.split("  #").next().unwrap_or_default().trim().to_owned()).collect()
}

/// A configuration for a model as small as this one, done in three steps.
fn shrink(path: &Path) {
    let mut config: Value = serde_json::from_slice(&std::fs::read(path).expect("a configuration")).expect("JSON");
    config["lora"]["r"] = 4.into();
    config["max_seq_length"] = 100.into();
    config["num_train_epochs"] = Value::Null;
    config["max_steps"] = 3.into();
    std::fs::write(path, config.to_string()).expect("written");
}

/// The files that the commands name.
fn prepare(folder: &Path) {
    let link = |name: &str| std::os::unix::fs::symlink(fixture::folder("base"), folder.join(name)).expect("linked");
    link("Mixtral-8x7B-v0.1");
    link("chinese-mixtral");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("texts/a.txt", "The first line is a document.\nThe second one is another.\n");
    let alpaca = r#"[{"instruction": "Who are you?", "input": "", "output": "A model."}]"#;
    write("alpaca/a.json", alpaca);
    write("held-out.json", alpaca);
    let chat = r#"{"conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hello!"}]}"#;
    write("chats.jsonl", chat);
    let pair = r#"{"prompt": "Hello", "chosen": "Hello!", "rejected": "No."}"#;
    write("preferences.jsonl", pair);
    write("held-out-preferences.jsonl", pair);
}

#[test]
fn the_commands_of_the_readme_about_training_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    prepare(folder);
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mixtral"));
        let output = command.args(words).env("LC_ALL", "C").current_dir(folder).output().expect("it runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    run(&["convert", "chinese-mixtral", "chinese-mixtral.gguf", "--type", "Q8_0"]);
    let commands = commands("\n## Training on your files\n");
    assert_eq!(commands.len(), 6, "{commands:?}");
    for line in &commands {
        let (command, file) = line.split_once(" > ").map_or((line.as_str(), None), |(a, b)| (a, Some(b)));
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words[0], "mixtral", "{line}");
        let printed = run(&words[1..]);
        if let Some(file) = file {
            std::fs::write(folder.join(file), printed).expect("written");
            shrink(&folder.join(file));
        }
    }
    for name in ["pt", "sft", "preferred"] {
        assert!(folder.join(name).join("adapter/adapter_config.json").is_file(), "{name}");
    }
    let log = std::fs::read_to_string(folder.join("preferred/log.jsonl")).expect("a log");
    assert!(log.contains("eval_rewards/margins"), "{log}");
}

/// The lines of `mixtral` in a page of help, and where their output goes.
fn help_commands(topic: &str) -> Vec<(String, Option<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../templates/help/en/{topic}.md"));
    let text = std::fs::read_to_string(path).expect("a page");
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("mixtral "));
    lines
        .map(|line| match line.split_once(" > ") {
            Some((command, file)) => (command.to_owned(), Some(file.to_owned())),
            None => (line.to_owned(), None),
        })
        .collect()
}

#[test]
fn the_commands_of_the_pages_of_help_run() {
    let hub = StandIn::start();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    prepare(folder);
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("texts.jsonl", &"{\"text\": \"The first line is a document, and it goes on for a while.\"}\n".repeat(60));
    write("book.txt", &"The first line is a document, and it goes on for a while. ".repeat(60));
    write("alpaca.json", r#"[{"instruction": "Who are you?", "input": "", "output": "A model."}]"#);
    let head = "id,question,A,B,C,D,answer\n";
    write("ceval/dev/law_dev.csv", &format!("{head}0,Which,one,two,three,four,C\n"));
    write("ceval/val/law_val.csv", &format!("{head}0,Which,one,two,three,four,A\n1,Who,one,two,three,four,B\n"));
    std::os::unix::fs::symlink(fixture::folder("adapter"), folder.join("adapter")).expect("linked");
    let run = |words: &[String]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mixtral"));
        command.args(words).env("LC_ALL", "C").env("HF_ENDPOINT", &hub.url).env("HF_HOME", folder).current_dir(folder);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let words = |line: &str| -> Vec<String> {
        // Quoted words stay together.
        let parts = line.split('"').enumerate();
        parts
            .flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect()
    };
    run(&words("convert chinese-mixtral base.gguf --type Q8_0"));
    let poet = std::fs::read(files::models().join("poet-14m-q4_K.gguf")).expect("the demo model");
    hub.add("hfl/chinese-mixtral-instruct-gguf", [("ggml-model-q4_k.gguf", poet)]);
    let (models, engine) = (help_commands("models"), help_commands("engine"));
    assert!(models.len() >= 3 && engine.len() >= 9, "{models:?} {engine:?}");
    // A file is converted last where the page says so, and looked at before.
    let mut models = models;
    models.sort_by_key(|(line, _)| !line.contains(" convert "));
    for (line, file) in models.into_iter().chain(engine) {
        let printed = run(&words(&line)[1..]);
        if let Some(file) = file {
            std::fs::write(folder.join(&file), printed).expect("written");
            shrink(&folder.join(&file));
        }
    }
    for made in
        ["model.gguf", "small.gguf", "merged.gguf", "perplexity.svg", "tuned/adapter/adapter_config.json", "ceval-base"]
    {
        assert!(folder.join(made).exists(), "{made}");
    }
}
