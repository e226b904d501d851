//! `mixtral judge` against endpoints that answer well and badly.

use std::path::Path;

use fake_endpoint::{Behaviour, Ending, Endpoint, Step};
use serde_json::{Value, json};

use crate::chat::{mixtral, out};
use crate::files;

const SCORES: &str = "System 1: 9/10. Clear.\nSystem 2: 4/10. Short.";

/// Two models and a judge.
fn endpoint(judge: Behaviour) -> Endpoint {
    let endpoint = Endpoint::start();
    endpoint.model("left", Behaviour::says(&["good ", "answer"]));
    endpoint.model("right", Behaviour::says(&["bad"]));
    endpoint.model("umpire", judge);
    endpoint
}

struct Run {
    folder: tempfile::TempDir,
    prompts: String,
    models: Vec<String>,
    judge: String,
}

impl Run {
    fn new(endpoint: &Endpoint, prompts: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("prompts.txt");
        std::fs::write(&file, prompts).expect("writes");
        let at = |name: &str| format!("{name}={}", endpoint.base_url());
        let models = ["left", "right"].iter().flat_map(|name| ["--model".to_owned(), at(name)]).collect();
        Self { prompts: file.display().to_string(), models, judge: at("umpire"), folder }
    }

    fn output(&self) -> String {
        self.folder.path().join("out").display().to_string()
    }

    fn run(&self, language: &str, more: &[&str]) -> std::process::Output {
        let output = self.output();
        let mut arguments = vec!["judge", &self.prompts, "--judge", &self.judge, "--output", &output];
        arguments.extend(self.models.iter().map(String::as_str));
        arguments.extend(more);
        mixtral(language, &arguments, "")
    }

    fn results(&self) -> Value {
        let text = std::fs::read_to_string(Path::new(&self.output()).join("results.json")).expect("results");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn answers_get_scores_with_reasons_and_a_finished_judging_asks_nothing_more() {
    let endpoint = endpoint(Behaviour::says(&[SCORES]));
    let run = Run::new(&endpoint, "Why?\nHow?\nWho?\n");
    let text = out(&run.run("C.UTF-8", &[]));
    assert!(text.contains("Average score") && text.contains("9 requests, 45 tokens"), "{text}");
    let results = run.results();
    assert_eq!(results["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(results["items"][0]["answers"][0], json!({"model": "left", "turns": ["good answer"]}));
    assert_eq!(results["items"][0]["verdicts"][0]["scores"][0], json!({"score": 9.0, "reason": "Clear."}));
    // Whoever stands first gets 9; the order rotates, so that a model of three prompts does so once or twice.
    let orders: Vec<_> =
        results["items"].as_array().expect("items").iter().map(|item| item["verdicts"][0]["order"].clone()).collect();
    let first = orders.iter().filter(|order| **order == json!([0, 1])).count();
    assert!((1..3).contains(&first), "{orders:?}");
    let mean = results["summary"]["models"][0]["average"].as_f64().expect("an average");
    assert!((mean - (first as f64 * 9.0 + (3 - first) as f64 * 4.0) / 3.0).abs() < 1e-9, "{results}");
    let markdown = std::fs::read_to_string(Path::new(&run.output()).join("results.md")).expect("a table");
    assert!(markdown.contains("| #1 | #2 | #3 |") && markdown.contains("9/10. Clear."), "{markdown}");

    let before = endpoint.requests().len();
    assert!(out(&run.run("zh_CN.UTF-8", &["--reasons", "en"])).contains("平均分"));
    assert_eq!(endpoint.requests().len(), before, "all is done already");
    let other = run.run("C.UTF-8", &["--seed", "2"]);
    assert!(!other.status.success() && said(&other).contains("choose another folder"), "{}", said(&other));
}

#[test]
fn a_judge_that_is_busy_breaks_off_or_forgets_the_form_is_asked_again() {
    let busy = |status: &'static str| {
        Step::Whole(status, "Retry-After: 0\r\n", json!({"error": {"message": "later"}}).to_string())
    };
    for (name, first) in [
        ("429", vec![busy("429 Too Many Requests")]),
        ("500", vec![busy("500 Internal Server Error")]),
        ("cut", vec![Step::Head, Step::Send("{\"choices\":".to_owned())]),
        ("no JSON", vec![Step::Whole("200 OK", "", "<html>".to_owned())]),
        ("no score", vec![Step::json("200 OK", json!({"choices": [{"message": {"content": "Both are fine."}}]}))]),
        ("null", vec![Step::json("200 OK", json!({"choices": [{"message": {"content": null}}]}))]),
    ] {
        let endpoint = endpoint(Behaviour::says(&[SCORES]).first(1, first));
        let run = Run::new(&endpoint, "Why?");
        out(&run.run("C.UTF-8", &[]));
        assert_eq!(run.results()["items"][0]["verdicts"].as_array().map(Vec::len), Some(1), "{name}");
        assert_eq!(endpoint.requests().len(), 4, "{name}: two answers, and the judge twice");
        if name == "no score" {
            let last = &endpoint.requests()[3]["messages"];
            assert!(last[3]["content"].as_str().is_some_and(|text| text.contains("no score")), "{last}");
        }
    }
}

#[test]
fn a_judge_that_refuses_leaves_a_gap_that_the_next_run_fills() {
    let endpoint = endpoint(Behaviour::says(&["I cannot rate people's work."]));
    let run = Run::new(&endpoint, "Why?\nHow?");
    let output = run.run("C.UTF-8", &[]);
    assert!(!output.status.success() && said(&output).contains("2 of 2 verdicts are missing"), "{}", said(&output));
    let results = run.results();
    assert!(results["items"][0]["failed"].as_str().is_some_and(|why| why.contains("I cannot rate")), "{results}");
    assert_eq!(results["summary"]["models"][0].get("average"), None, "no score is made up");
    endpoint.model("umpire", Behaviour::says(&[SCORES]));
    out(&run.run("C.UTF-8", &[]));
    assert_eq!(run.results()["items"][0].get("failed"), None);
    assert_eq!(endpoint.requests().len(), 4 + 2 * 3 + 2, "the answers were kept");
}

#[test]
fn what_cannot_be_helped_ends_the_run_at_once_and_says_what_to_do() {
    for (behaviour, english, chinese) in [
        (Behaviour::says(&[SCORES]).wanting_key("sesame"), "--api-key NAME=VARIABLE", "--api-key 名称=变量"),
        (
            Behaviour::says(&[]).ending(Ending::Status(404, "no such model".to_owned())),
            "ends in /v1",
            "是否以 /v1 结尾",
        ),
        (
            Behaviour::says(&[]).ending(Ending::Status(503, "overloaded".to_owned())),
            "keeps failing (status 503): overloaded",
            "一再失败（状态 503）",
        ),
    ] {
        let endpoint = endpoint(behaviour);
        let run = Run::new(&endpoint, "1\n2\n3\n4\n5");
        for (language, wanted) in [("C.UTF-8", english), ("zh_CN.UTF-8", chinese)] {
            let output = run.run(language, &["--retries", "0", "--reasons", "en", "--parallel", "1"]);
            assert!(!output.status.success() && said(&output).contains(wanted), "{}", said(&output));
        }
    }
    let endpoint = endpoint(Behaviour::says(&[SCORES]).wanting_key("sesame"));
    let run = Run::new(&endpoint, "Why?");
    let unset = run.run("C.UTF-8", &["--api-key", "umpire=MIXTRAL_TEST_NO_SUCH_KEY"]);
    assert!(said(&unset).contains("MIXTRAL_TEST_NO_SUCH_KEY is not set"), "{}", said(&unset));
    let nobody = run.run("C.UTF-8", &["--api-key", "umpyre=HOME"]);
    assert!(said(&nobody).contains("no model and no judge has this name"), "{}", said(&nobody));
    let itself = run.run("C.UTF-8", &["--model", &run.judge]);
    assert!(said(&itself).contains("would judge itself"), "{}", said(&itself));
}

#[test]
fn a_parameter_that_the_judge_refuses_is_left_out() {
    let judge = Behaviour::says(&[SCORES])
        .refusing("temperature", "Unsupported value: 'temperature'")
        .refusing("max_tokens", "Unsupported parameter: 'max_tokens', use 'max_completion_tokens'");
    let endpoint = endpoint(judge);
    let run = Run::new(&endpoint, "Why?");
    out(&run.run("C.UTF-8", &[]));
    let last = endpoint.requests().pop().expect("a request");
    assert!(last.get("temperature").is_none() && last["max_completion_tokens"] == 2048, "{last}");
}

#[test]
fn pairs_are_compared_in_both_orders_and_a_judge_of_places_is_found_out() {
    let endpoint = endpoint(Behaviour::says(&["[[A]]"]));
    let run = Run::new(&endpoint, "Why?\nHow?");
    let text = out(&run.run("C.UTF-8", &["--pairs"]));
    assert!(text.contains("0 : 2 : 0") && text.contains("both orders: 0.0% (0 of 2 pairs"), "{text}");
    assert!(text.contains("shown first: 100.0% (2 of 2"), "{text}");

    // One that reads the answers has the same verdict in both orders.
    let endpoint = self::endpoint(Behaviour::says(&["[[B]]"]).when("Assistant A's Answer]\ngood", "It is good. [[A]]"));
    let run = Run::new(&endpoint, "Why?\nHow?");
    let text = out(&run.run("C.UTF-8", &["--pairs"]));
    assert!(text.contains("100.0%     2 : 0 : 0") && text.contains("both orders: 100.0%"), "{text}");
    assert_eq!(run.results()["items"][0]["verdicts"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_budget_stops_the_run_and_the_next_one_goes_on() {
    let endpoint = endpoint(Behaviour::says(&[SCORES]));
    let run = Run::new(&endpoint, "1\n2\n3\n4");
    let budget = ["--max-requests", "5", "--parallel", "1"];
    let output = run.run("C.UTF-8", &budget);
    assert!(!output.status.success() && said(&output).contains("budget is used up: 4 of 4"), "{}", said(&output));
    assert_eq!(endpoint.requests().len(), 5);
    let output = run.run("C.UTF-8", &budget);
    assert!(said(&output).contains("2 of 4 verdicts are missing"), "{}", said(&output));
    out(&run.run("C.UTF-8", &budget));
    assert_eq!(endpoint.requests().len(), 12, "each once");
    // Each reply counts 5 tokens.
    let other = Run::new(&endpoint, "1\n2");
    let output = other.run("C.UTF-8", &["--max-total-tokens", "12", "--parallel", "1"]);
    assert!(said(&output).contains("budget is used up"), "{}", said(&output));
    assert_eq!(endpoint.requests().len(), 12 + 3);
}

#[test]
fn battles_are_judged_as_they_are_and_held_against_what_people_said() {
    let endpoint = endpoint(Behaviour::says(&["[[B]]"]).when("Assistant A's Answer]\ngood", "[[A]]"));
    let run = Run::new(&endpoint, "");
    let battle = |id: &str, a: &str, b: &str, winner: &str| {
        let messages = |text: &str| json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": text}]);
        json!({"question_id": id, "model_a": "m", "model_b": "n", "winner": winner,
            "conversation_a": messages(a), "conversation_b": messages(b)})
    };
    let battles = [
        battle("b1", "good", "bad", "model_a"),
        battle("b2", "bad", "good", "model_b"),
        battle("b3", "good", "bad", "model_b"),
        battle("b4", "bad", "good", "tie"),
    ];
    let file = run.folder.path().join("battles.jsonl");
    std::fs::write(&file, battles.map(|line| line.to_string()).join("\n")).expect("writes");
    let output = run.output();
    let file = file.display().to_string();
    let arguments = ["judge", &file, "--judge", &run.judge, "--output", &output, "--pairs"];
    let text = out(&mixtral("C.UTF-8", &arguments, ""));
    for part in ["people: 50.0% (2 of 4", "without ties: 66.7% (2 of 3", "Cohen's kappa: 0.20"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(endpoint.requests().iter().all(|request| request["model"] == "umpire"));
    let both = mixtral("C.UTF-8", &[&arguments[..], &["--model", &run.models[1]]].concat(), "");
    assert!(said(&both).contains("no --model answers them"), "{}", said(&both));
}

#[test]
fn local_models_answer_beside_endpoints() {
    let endpoint = endpoint(Behaviour::says(&["System 1: 6/10. a\nSystem 2: 7/10. b\nSystem 3: 8/10. c"]));
    let mut run = Run::new(&endpoint, "写一首五言绝句\n对下联：白日依山尽");
    let poet = format!("poet={}", files::models().join("poet-14m-q4_K.gguf").display());
    run.models.extend(["--model".to_owned(), poet]);
    out(&run.run("C.UTF-8", &["--max-tokens", "40"]));
    let results = run.results();
    let poem = results["items"][0]["answers"][2]["turns"][0].as_str().expect("an answer");
    assert!(poem.chars().any(|c| c >= '\u{4e00}'), "{poem}");
    let missing =
        mixtral("C.UTF-8", &["judge", &run.prompts, "--judge", &run.judge, "-o", "x", "-m", "poet=/no/file.gguf"], "");
    assert!(said(&missing).contains("/no/file.gguf: no such file"), "{}", said(&missing));
}
