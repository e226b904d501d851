//! Measurements over context lengths: perplexity and the needle.

use serde_json::Value;

use crate::chat::{mixtral, model, out};
use crate::files;

#[test]
fn perplexity_over_lengths_is_llama_cpps_at_its_length_and_drawn_as_a_curve() {
    let folder = tempfile::tempdir().expect("a folder");
    let svg = folder.path().join("curve.svg").display().to_string();
    let text = files::validation_text().display().to_string();
    let small = files::of_llama_cpp().join("cut2-q6_K.gguf").display().to_string();
    let arguments = ["perplexity", &small, &text, "--lengths", "256,64", "--svg", &svg];
    let printed = out(&mixtral("C", &[&arguments[..], &["--json"]].concat(), ""));
    let points: Vec<Value> = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(points.iter().map(|point| point["context"].as_u64()).collect::<Vec<_>>(), [Some(64), Some(256)]);
    let golden = files::golden(&files::of_llama_cpp(), "cut2-q6_K");
    let expected = golden.last().and_then(|line| line["mean_nll"].as_f64()).expect("a number");
    let found = points[1]["perplexity"].as_f64().expect("a number").ln();
    // Rounded activations are summed in another order: see the golden logits' tolerances.
    assert!((found - expected).abs() < 1e-4, "{found} against {expected}");
    assert!(
        points[0]["perplexity"].as_f64() > points[1]["perplexity"].as_f64(),
        "less context foresees less: {printed}"
    );
    let drawn = std::fs::read_to_string(&svg).expect("a picture");
    assert!(drawn.contains("困惑度") && drawn.matches("<circle").count() == 2, "{drawn}");

    let long = mixtral("zh_CN.UTF-8", &["perplexity", &small, &text, "--lengths", "64,99999999"], "");
    let said = String::from_utf8_lossy(&long.stderr).into_owned();
    assert!(!long.status.success() && said.contains("99,999,999"), "{said}");
}

#[test]
fn a_needle_is_hidden_at_every_depth_and_length_and_drawn_as_a_heat_map() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, svg) = (folder.path().join("hay.txt"), folder.path().join("heat.svg").display().to_string());
    std::fs::write(&text, "春风又绿江南岸。明月何时照我还。\n").expect("writes");
    let text = text.display().to_string();
    let poet = model();
    let hidden =
        ["--needle", "灯下有一只白猫。", "--question", "灯下有什么？", "--answer", "猫", "-n", "8", "--svg", &svg];
    let arguments = ["evaluate", "needle", &poet, &text, "--lengths", "100,180", "--depths", "0,50,100", "--json"];
    let printed = out(&mixtral("C.UTF-8", &[&arguments[..], &hidden].concat(), ""));
    let found: Value = serde_json::from_str(&printed).expect("JSON");
    let cells = found["cells"].as_array().expect("cells");
    assert_eq!(cells.len(), 6);
    for cell in cells {
        let (tokens, length) = (cell["tokens"].as_u64().expect("tokens"), cell["length"].as_u64().expect("a length"));
        assert!(tokens + 8 <= length && tokens + 8 > length - 30, "the prompt fills its length: {cell}");
    }
    let drawn = std::fs::read_to_string(&svg).expect("a picture");
    assert!(drawn.contains("大海捞针") && drawn.contains(">50%<") && drawn.contains(">180<"), "{drawn}");
    let needle = |more: &[&str]| {
        let arguments = ["evaluate", "needle", &poet, &text, "--lengths", "400", "--depths", "50"];
        let output = mixtral("C.UTF-8", &[&arguments[..], more].concat(), "");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // Longer than the model was trained for is told and done; longer than the context that was asked for is not.
    let (done, said) = needle(&[]);
    assert!(done && said.contains("--rope-scale 2"), "{said}");
    let (done, said) = needle(&["--context", "300"]);
    assert!(!done && said.contains("the context of 300"), "{said}");
}
