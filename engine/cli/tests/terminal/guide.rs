//! The commands of this folder's README about training, as they stand there, on small models and files.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::fixture;

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
