//! `mixtral evaluate ceval` of a model at an endpoint.

use fake_endpoint::{Behaviour, Ending, Endpoint};
use serde_json::Value;

use crate::chat::{mixtral, out};

/// Two questions of law, of which the first is right with A and the second with B, and an example.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, rows: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, format!("id,question,A,B,C,D,answer\n{rows}")).expect("writes");
    };
    write("dev/law_dev.csv", "0,例题,一,二,三,四,C\n");
    write("val/law_val.csv", "0,第一题,一,二,三,四,A\n1,第二题,一,二,三,四,B\n");
    folder
}

fn run(endpoint: &Endpoint, language: &str, more: &[&str]) -> std::process::Output {
    let data = data();
    let (url, data) = (endpoint.base_url(), data.path().display().to_string());
    let arguments = ["evaluate", "ceval", &data, "--endpoint", &url, "--model", "far", "-k", "1"];
    mixtral(language, &[&arguments[..], more].concat(), "")
}

#[test]
fn letters_are_compared_by_the_endpoints_log_probabilities_as_text_and_as_conversation() {
    for instruct in [false, true] {
        let endpoint = Endpoint::start();
        endpoint.model("far", Behaviour::says(&["x"]).likely(&[("The", -0.1), (" A", -1.0), ("B", -2.0)]));
        let more: &[&str] = if instruct { &["--json", "--instruct"] } else { &["--json"] };
        let results: Value = serde_json::from_str(&out(&run(&endpoint, "C.UTF-8", more))).expect("JSON");
        assert_eq!(
            (&results["overall"]["right"], &results["overall"]["questions"]),
            (&1.into(), &2.into()),
            "{results}"
        );
        assert!(results["setup"]["model"].as_str().is_some_and(|name| name.starts_with("far=http")), "{results}");
        let asked = endpoint.requests();
        assert_eq!(asked.len(), 2);
        if instruct {
            assert_eq!(asked[0]["messages"].as_array().map(Vec::len), Some(5), "{}", asked[0]);
            assert_eq!(asked[0]["top_logprobs"], 20);
        } else {
            let prompt = asked[0]["prompt"].as_str().expect("text");
            assert!(prompt.contains("例题") && prompt.ends_with("答案："), "{prompt}");
        }
    }
}

#[test]
fn free_answers_are_read_and_an_endpoint_without_log_probabilities_is_told_apart() {
    let endpoint = Endpoint::start();
    endpoint.model("far", Behaviour::says(&["答案是B"]));
    let results: Value =
        serde_json::from_str(&out(&run(&endpoint, "C.UTF-8", &["--generate", "--json"]))).expect("JSON");
    assert_eq!(results["subjects"]["law"]["right"], 1, "{results}");
    let output = run(&endpoint, "zh_CN.UTF-8", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("--generate"), "{said}");
    endpoint.model("far", Behaviour::says(&[]).ending(Ending::Status(404, "no such model".to_owned())));
    let output = run(&endpoint, "C.UTF-8", &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such model"), "{output:?}");
}

#[test]
fn a_model_is_a_file_or_an_endpoint() {
    let refused = |line: &str| {
        let output = mixtral("C.UTF-8", &line.split(' ').collect::<Vec<_>>(), "");
        assert!(!output.status.success(), "{line}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused("evaluate ceval data").contains("MODEL"), "{}", refused("evaluate ceval data"));
    assert!(refused("evaluate ceval data --endpoint http://x/v1").contains("--model"));
    assert!(refused("evaluate ceval m.gguf data --endpoint http://x/v1 --model y").contains("cannot be used with"));
}
