//! The `mixtral` binary as a person runs it.

use crate::files;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Runs the binary with `typed` on its input.
pub fn mixtral(language: &str, arguments: &[&str], typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mixtral"))
        .args(arguments)
        .env("LC_ALL", language)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("piped").write_all(typed.as_bytes()).expect("typed");
    child.wait_with_output().expect("ends")
}

/// What it printed; it must have succeeded.
pub fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn model() -> String {
    files::models().join("poet-14m-q8_0.gguf").display().to_string()
}

/// What llama.cpp's greedy search answers to the first question of these tests.
pub fn golden_answer() -> String {
    let lines = files::golden(&files::models(), "poet-14m-q8_0");
    let line = lines.iter().find(|l| l["prompt"].as_str().is_some_and(|p| p.contains("[INST] 写一首五言绝句 [/INST]")));
    line.and_then(|l| l["text"].as_str()).expect("the prompt").trim().to_owned()
}

pub const GREEDY: [&str; 4] = ["--temperature", "0", "--repetition-penalty", "1"];

#[test]
fn one_question_gets_llama_cpps_answer_on_the_standard_output_alone() {
    let model = model();
    let mut arguments = vec!["chat", &model, "--prompt", "写一首五言绝句"];
    arguments.extend(GREEDY);
    let output = mixtral("C.UTF-8", &arguments, "");
    assert_eq!(out(&output), format!("{}\n", golden_answer()));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tokens/s"));
}

#[test]
fn a_conversation_goes_on_and_begins_anew_and_its_settings_change() {
    let model = model();
    let mut arguments = vec!["chat", &model];
    arguments.extend(GREEDY);
    let typed = "写一首五言绝句\n再写一首\n/set max_tokens 3\n/reset\n写一首五言绝句\n/set top_p 7\n/nonsense\n/exit\n";
    let text = out(&mixtral("zh_CN.UTF-8", &arguments, typed));
    let begins: String = golden_answer().chars().take(3).collect();
    let answers = text.matches(&begins).count();
    assert!(answers >= 1 && text.contains("对话已重新开始"), "{text}");
    let last = text.split("对话已重新开始。\n").nth(1).unwrap_or_default();
    assert!(last.starts_with(&format!("{begins}\n")), "three tokens, and the first turn's prompt again: {text}");
    assert!(text.contains("未更改：top_p") && text.contains("没有这个命令"), "{text}");
}

#[test]
fn a_conversation_longer_than_the_context_forgets_its_oldest_turns() {
    let model = model();
    let mut arguments = vec!["chat", &model, "--context", "64"];
    arguments.extend(GREEDY);
    let output = mixtral("C.UTF-8", &arguments, &"写一首五言绝句\n".repeat(4));
    assert!(out(&output).lines().count() >= 5);
    assert!(String::from_utf8_lossy(&output.stderr).contains("the oldest turn was dropped"));
}

#[test]
fn info_tells_what_a_file_holds_in_words_and_json() {
    let model = model();
    let text = out(&mixtral("zh_CN.UTF-8", &["info", &model, "--tensors"], ""));
    for part in ["GGUF 3", "1370 万参数", "blk.5.ffn_down_exps.weight", "Q8_0", "聊天模板", "bos_token", "专家数：8"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&out(&mixtral("C", &["info", &model, "--json", "--tensors"], ""))).expect("JSON");
    assert_eq!(json["metadata"]["llama.expert_count"], 8);
    assert_eq!(json["tensors"].as_array().map(Vec::len), Some(63));
    assert_eq!((&json["supported"], &json["version"]), (&true.into(), &3.into()));
}

#[test]
fn perplexity_is_llama_cpps() {
    let text = files::validation_text().display().to_string();
    let golden = files::golden(&files::of_llama_cpp(), "cut2-q6_K");
    let last = golden.last().expect("a line");
    let model = files::of_llama_cpp().join("cut2-q6_K.gguf").display().to_string();
    let printed = out(&mixtral("C", &["perplexity", &model, &text, "--window", "256", "--json"], ""));
    let printed: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let mean = printed["mean_nll"].as_f64().expect("a number");
    let expected = last["mean_nll"].as_f64().expect("a number");
    // Rounded activations are summed in another order: see the golden logits' tolerances.
    assert!((mean - expected).abs() < 1e-4, "{mean} against {expected}");
    assert_eq!(printed["tokens"], 16320, "{printed}");
}

#[test]
fn a_window_longer_than_the_model_was_trained_for_is_told_and_computed() {
    let text = files::validation_text().display().to_string();
    let model = model();
    let measure = |more: &[&str]| {
        let arguments = ["perplexity", &model, &text, "--window", "512", "--windows", "2", "--json"];
        mixtral("C", &[&arguments[..], more].concat(), "")
    };
    let mean = |output: &Output| {
        let json: serde_json::Value = serde_json::from_str(&out(output)).expect("JSON");
        assert_eq!(json["tokens"], 2 * 511, "no window is cut: {json}");
        json["mean_nll"].as_f64().expect("a number")
    };
    let plain = measure(&[]);
    let said = String::from_utf8_lossy(&plain.stderr).into_owned();
    assert!(said.contains("512") && said.contains("256") && said.contains("--rope-scale 2"), "{said}");
    let stretched = measure(&["--rope-scaling", "yarn", "--rope-scale", "2"]);
    let said = String::from_utf8_lossy(&stretched.stderr).into_owned();
    assert!(!said.contains("--rope-scale"), "who stretches needs no advice: {said}");
    assert!((mean(&plain) - mean(&stretched)).abs() > 1e-3);
    for (wrong, named) in [(["--rope-scaling", "longrope"], "longrope"), (["--rope-scale", "0"], "--rope-scale")] {
        let output = measure(&wrong);
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(named), "{output:?}");
    }
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let short: PathBuf = folder.path().join("short.gguf");
    let bytes = std::fs::read(model()).expect("readable");
    std::fs::write(&short, &bytes[..5000]).expect("writable");
    let foreign = folder.path().join("foreign.gguf");
    std::fs::write(&foreign, "no model").expect("writable");
    for (file, says) in [(&short, "byte"), (&foreign, "at byte 0"), (&folder.path().join("none.gguf"), "none.gguf")] {
        for command in ["info", "chat"] {
            let output = mixtral("C", &[command, &file.display().to_string()], "");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains(says) && !said.contains("panicked"), "{said}");
        }
    }
    let model = model();
    let output = mixtral("C", &["chat", &model, "-p", "a", "--top-p", "2"], "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("top_p"));
}

#[test]
fn a_poets_answers_are_counted_by_form_length_rhyme_and_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writes");
        path.display().to_string()
    };
    let line = |question: &str, answer: &str| {
        let turns = [("user", question), ("assistant", answer)];
        let turns = turns.map(|(role, content)| serde_json::json!({"role": role, "content": content}));
        serde_json::json!({"messages": turns}).to_string() + "\n"
    };
    let poem = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。";
    let asked = line("写一首五言绝句", poem) + &line("对下联：明月松间照", "清泉石上流");
    let asked = file("asked.jsonl", &asked);
    let poet = files::models().join("poet-14m-q8_0.gguf").display().to_string();
    let greedy = ["evaluate", "poetry", &poet, &asked, "--temperature", "0", "--show", "1"];
    let text = out(&mixtral("C.UTF-8", &greedy, ""));
    for row in ["requests: 2", "correct form: 1/1", "correct couplet length: 1/1", "poets' own verse: 1/1"] {
        assert!(text.contains(row), "{row}: {text}");
    }
    assert!(!text.contains("copied"), "there is nothing to compare with: {text}");

    // Its own answer among what it learnt is a copy; the couplet's line is too short to be one.
    let answer: String = text.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    let learnt = file("learnt.jsonl", &line("写一首五言绝句", &answer));
    let text = out(&mixtral("zh_CN.UTF-8", &[&greedy[..], &["--data", &learnt]].concat(), ""));
    assert!(text.contains("整篇照抄：1/1") && text.contains("体裁正确：1/1"), "{text}");

    let broken = file("broken.jsonl", &(line("a", "b") + "{\"messages\": 3}\n"));
    let output = mixtral("C.UTF-8", &["evaluate", "poetry", &poet, &broken], "");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("broken.jsonl:2"), "{error}");
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mixtral"))
        .args(["info", &model(), "--tensors"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
