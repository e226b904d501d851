//! `mixtral evaluate longbench` on files of our own in the benchmark's layout.

use fake_endpoint::{Behaviour, Endpoint};
use serde_json::{Value, json};

use crate::chat::{mixtral, model, out};

/// Two tasks: a question in Chinese about a long text, and a line of code.
fn data(is_e: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |task: &str, input: &str, context: &str, answer: &str, length: usize| {
        let row = |id: usize| {
            json!({"input": input, "context": context, "answers": [answer], "length": length * id, "dataset": task,
                "language": "zh", "all_classes": null, "_id": id.to_string()})
        };
        let name = format!("{task}{}.jsonl", if is_e { "_e" } else { "" });
        let rows = [row(1), row(2)].map(|row| row.to_string()).join("\n");
        std::fs::write(folder.path().join(name), rows).expect("writes");
    };
    write("multifieldqa_zh", "首都在哪里？", &"北京是首都。".repeat(2000), "北京", 3000);
    write("lcc", "", "def f(x):\n", "    return x", 3000);
    folder
}

#[test]
fn tasks_are_asked_cut_in_the_middle_scored_and_summed_up() {
    let (data, endpoint) = (data(false), Endpoint::start());
    endpoint.model("far", Behaviour::says(&["    return x"]).when("首都", "北京。"));
    let output = data.path().join("out").display().to_string();
    let (url, folder) = (endpoint.base_url(), data.path().display().to_string());
    let arguments =
        ["evaluate", "longbench", &folder, "--endpoint", &url, "--model", "far", "--tasks", "multifieldqa_zh,lcc"];
    let more = ["--max-length", "1000", "--output", &output];
    let text = out(&mixtral("zh_CN.UTF-8", &[&arguments[..], &more].concat(), ""));
    assert!(text.contains("100.00") && text.contains("单文档问答") && text.contains("代码补全"), "{text}");
    let asked = endpoint.requests();
    let long = asked.iter().filter_map(|request| request["prompt"].as_str()).find(|prompt| prompt.contains("首都在"));
    let long = long.expect("a prompt");
    assert!(long.len() <= 3000 && long.len() > 2900, "{}", long.len());
    assert!(long.starts_with("阅读以下文字并用中文简短回答") && long.ends_with("回答："), "both ends are kept: {long}");
    assert!(asked.iter().any(|request| request["max_tokens"] == 64));
    // All is done: nothing is asked again.
    out(&mixtral("C.UTF-8", &[&arguments[..], &more].concat(), ""));
    assert_eq!(endpoint.requests().len(), 4);
    let results = std::fs::read_to_string(data.path().join("out/results.json")).expect("results");
    let results: Value = serde_json::from_str(&results).expect("JSON");
    assert_eq!((&results["average"], &results["groups"][0]["group"]), (&json!(100.0), &json!("single_document")));
}

#[test]
fn a_local_model_is_asked_and_longbench_e_goes_by_length() {
    let data = data(true);
    let (poet, folder) = (model(), data.path().display().to_string());
    let arguments = [
        "evaluate",
        "longbench",
        &poet,
        &folder,
        "--tasks",
        "lcc,multifieldqa_zh",
        "-e",
        "--max-length",
        "64",
        "--greedy",
        "--json",
    ];
    let results: Value = serde_json::from_str(&out(&mixtral("C.UTF-8", &arguments, ""))).expect("JSON");
    let tasks = results["tasks"].as_array().expect("tasks");
    assert_eq!((tasks.len(), &tasks[0]["task"], &tasks[0]["samples"]), (1, &json!("lcc"), &json!(2)), "{results}");
    let bands = tasks[0]["bands"].as_object().expect("bands");
    assert_eq!(bands.keys().collect::<Vec<_>>(), ["0-4k", "4-8k"]);

    let refused = |line: &[&str], says: &str| {
        let output = mixtral("C.UTF-8", line, "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(says), "{said}");
    };
    refused(&["evaluate", "longbench", &poet, &folder, "--tasks", "nothing"], "the tasks are narrativeqa");
    refused(&["evaluate", "longbench", &poet, &folder], "there is no multifieldqa_zh.jsonl");
    refused(&["evaluate", "longbench", &poet, &folder, "--tasks", "lcc", "-e"], "lower --max-length");
}
