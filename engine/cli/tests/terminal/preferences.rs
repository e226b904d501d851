//! `mixtral train --dpo` as a person runs it.

use serde_json::Value;

use super::train::{log, mixtral, prepare, recipe};

/// Pairs as `arena export --preferences` writes them.
fn pairs() -> String {
    let turn = |role: &str, content: &str| format!(r#"[{{"role": "{role}", "content": "{content}"}}]"#);
    let pair = |asked: &str, good: &str, bad: &str| {
        let (asked, good, bad) = (turn("user", asked), turn("assistant", good), turn("assistant", bad));
        format!(
            "{{\"prompt\":{asked},\"chosen\":{good},\"rejected\":{bad},\"chosen_model\":\"x\",\"language\":\"zh\"}}\n"
        )
    };
    [pair("花", "鳥風月", "春夏"), pair("春", "夏秋冬", "花"), pair("月", "花鳥", "秋冬"), pair("秋", "冬", "冬")]
        .concat()
}

#[test]
fn an_adapter_learns_preferences_says_so_by_trls_names_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    prepare(folder);
    std::fs::write(folder.join("pairs.jsonl"), pairs()).expect("written");
    let set = |r: &mut Value, steps: u64| {
        r["num_train_epochs"] = Value::Null;
        r["lora"]["r"] = 4.into();
        r["max_steps"] = steps.into();
        r["batch_tokens"] = 200.into();
        r["dpo"]["beta"] = 0.5.into();
    };
    recipe(folder, "dpo", |r| set(r, 6));
    let train = |language: &str, more: &[&str]| {
        let given =
            ["train", "out", "--base", "base.gguf", "--data", "pairs.jsonl", "--validation", "pairs.jsonl", "--dpo"];
        mixtral(folder, language, &[&given[..], &["--config", "recipe.json"], more].concat())
    };
    let (done, text) = train("C", &[]);
    assert!(done && text.contains("3 pairs of at most 32 tokens, 3 for validation"), "{text}");
    assert!(text.contains("1 skipped (both answers the same)") && text.contains("chosen preferred 100%"), "{text}");
    let lines = log(folder);
    let last = |key: &str| lines.iter().rev().find_map(|line| line[key].as_f64()).unwrap_or_else(|| panic!("{key}"));
    for prefix in ["", "eval_"] {
        let of = |name: &str| last(&format!("{prefix}{name}"));
        assert!(of("rewards/chosen") > of("rewards/rejected") && of("rewards/accuracies") == 1.0);
        assert!((of("rewards/margins") - (of("rewards/chosen") - of("rewards/rejected"))).abs() < 1e-9);
        assert!(of("logps/chosen") < 0.0 && of("logps/rejected") < 0.0);
    }
    let first = lines.iter().find(|line| line["loss"].is_f64()).expect("a step");
    assert!((first["loss"].as_f64().expect("a loss") - 2f64.ln()).abs() < 0.05, "{first}");
    assert!(last("loss") < 0.6 && lines[0]["eval_pairs"] == 3 && lines[0]["eval_perplexity"].is_null(), "{lines:?}");
    assert!(
        folder.join("out/reference.safetensors").exists() && folder.join("out/adapter/adapter_config.json").exists()
    );

    // Resumed, the reference is not asked again; the numbers are those of one training.
    recipe(folder, "dpo", |r| set(r, 9));
    let (done, text) = train("zh_CN.UTF-8", &["--resume"]);
    assert!(done && text.contains("偏好一致") && !text.contains("正在计算底座"), "{text}");
    let resumed: Vec<f64> = log(folder).iter().filter_map(|line| line["loss"].as_f64()).collect();
    let (done, text) = train("zh_CN.UTF-8", &["--force"]);
    assert!(done && text.contains("3 对回答"), "{text}");
    let whole: Vec<f64> = log(folder).iter().filter_map(|line| line["loss"].as_f64()).collect();
    assert_eq!(whole.len(), 9);
    // The rates of the first six steps are those of a shorter schedule.
    assert_eq!(resumed[0], whole[0]);
    recipe(folder, "dpo", |r| {
        set(r, 9);
        r["dpo"]["label_smoothing"] = 0.1.into();
    });
    let (done, text) = train("C", &["--resume"]);
    assert!(!done && text.contains("dpo.label_smoothing: 0.0 there, 0.1 here"), "{text}");
}

#[test]
fn a_whole_model_learns_preferences_and_what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    prepare(folder);
    std::fs::write(folder.join("pairs.jsonl"), pairs()).expect("written");
    recipe(folder, "full", |r| {
        (r["max_steps"], r["learning_rate"], r["batch_tokens"]) = (5.into(), 0.001.into(), 200.into())
    });
    let train = |data: &str, more: &[&str]| {
        let given = ["train", "out", "--base", "base.gguf", "--data", data, "--config", "recipe.json", "--force"];
        mixtral(folder, "C", &[&given[..], more].concat())
    };
    let (done, text) = train("pairs.jsonl", &["--dpo"]);
    assert!(done && folder.join("out/last.gguf").exists(), "{text}");
    let kept = std::fs::read_to_string(folder.join("out/recipe.json")).expect("a recipe");
    assert!(kept.contains("\"loss_type\": \"sigmoid\"") && kept.contains("\"beta\": 0.1"), "{kept}");
    let (done, text) = train("train.jsonl", &["--dpo"]);
    assert!(!done && text.contains("train.jsonl: line 1: --dpo trains on preferences"), "{text}");
    let (done, text) = train("pairs.jsonl", &[]);
    assert!(!done && text.contains("only --dpo trains on"), "{text}");
    recipe(folder, "full", |r| r["dpo"] = serde_json::json!({"beta": 0}));
    let (done, text) = train("pairs.jsonl", &[]);
    assert!(!done && text.contains("dpo.beta"), "{text}");
    recipe(folder, "full", |r| r["dpo"] = serde_json::json!({"loss_type": "ipo"}));
    let (done, text) = train("pairs.jsonl", &[]);
    assert!(!done && text.contains("ipo") && text.contains("sigmoid"), "{text}");
    let (done, text) =
        mixtral(folder, "C", &["train", "new", "--tokenizer", "base.gguf", "--data", "pairs.jsonl", "--dpo"]);
    assert!(!done && text.contains("--base"), "{text}");
}
