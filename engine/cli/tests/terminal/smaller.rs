//! `mixtral quantize`, `imatrix` and `perplexity --against`, as a person runs them.

use crate::chat::{GREEDY, mixtral, model, out};
use crate::files;

#[test]
fn a_model_is_written_in_a_smaller_type_and_still_talks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("small.gguf").display().to_string();
    let text = out(&mixtral("C.UTF-8", &["quantize", &model(), &path, "q4_k"], ""));
    for types in ["25 × Q4_K", "6 × Q5_K", "1 × Q6_K", "12 × Q8_0", "19 × F32"] {
        assert!(text.contains(types), "{types} is not in {text}");
    }
    let about: serde_json::Value =
        serde_json::from_str(&out(&mixtral("C.UTF-8", &["info", &path, "--json"], ""))).expect("JSON");
    assert!(about.to_string().contains("general.file_type"), "{about}");
    let mut arguments = vec!["chat", &path, "--prompt", "写一首五言绝句"];
    arguments.extend(GREEDY);
    let answer = out(&mixtral("C.UTF-8", &arguments, ""));
    // Four lines of five characters, as the model writes them in any type.
    assert_eq!(answer.matches(['，', '。']).count(), 4, "{answer}");

    let size = std::fs::metadata(&path).expect("is there").len();
    for (arguments, word) in [
        (vec!["quantize", &model(), &path, "q2_K"], "--force"),
        (vec!["quantize", &path, &path, "q2_K", "--force"], "model itself"),
        (vec!["quantize", &model(), &path, "tq2_0", "-f"], "Q4_K"),
        (vec!["quantize", &model(), &path, "iq2_xxs", "-f"], "--imatrix"),
        (vec!["quantize", "/nowhere.gguf", &path, "q2_K", "-f"], "/nowhere.gguf"),
    ] {
        let output = mixtral("C.UTF-8", &arguments, "");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(word), "{arguments:?}: {error}");
    }
    assert_eq!(std::fs::metadata(&path).expect("still there").len(), size, "what was there is as it was");
    assert_eq!(std::fs::read_dir(folder.path()).expect("lists").count(), 1, "nothing half-written is left");
}

#[test]
fn an_importance_matrix_is_made_used_told_of_and_refused_for_another_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (model, text) = (model(), file("text.txt"));
    std::fs::write(&text, "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n".repeat(20)).expect("written");
    let imatrix = file("importance.gguf");
    let arguments = ["imatrix", &model, &text, "-o", &imatrix, "--window", "64", "--windows", "3"];
    let told = out(&mixtral("C.UTF-8", &arguments, ""));
    assert!(told.contains("49 matrices, 192 tokens"), "{told}");
    let again = mixtral("zh_CN.UTF-8", &arguments, "");
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("已存在"));

    // Conversations are taken as the model meets them.
    let lessons = file("lessons.jsonl");
    let lesson =
        r#"{"messages":[{"role":"user","content":"写一首五言绝句"},{"role":"assistant","content":"床前明月光"}]}"#;
    std::fs::write(&lessons, format!("{lesson}\n").repeat(20)).expect("written");
    let told = out(&mixtral("C.UTF-8", &["imatrix", &model, &lessons, "-o", &file("l.gguf"), "--window", "64"], ""));
    // Each: the begin token, [INST], a space, seven characters, a space, [/INST], a space, five characters, the end token.
    assert!(told.contains("49 matrices, 380 tokens"), "{told}");
    let told = out(&mixtral("C.UTF-8", &["perplexity", &model, &lessons], ""));
    assert!(told.contains("120 tokens"), "the answers and their ends: {told}");
    std::fs::write(&lessons, format!("{lesson}\n{{\"messages\":[]}}\n")).expect("written");
    let refused = mixtral("C.UTF-8", &["perplexity", &model, &lessons, "--window", "64"], "");
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("lessons.jsonl: line 2"));

    let (plain, weighted) = (file("plain.gguf"), file("weighted.gguf"));
    out(&mixtral("C.UTF-8", &["quantize", &model, &plain, "Q2_K", "--pure"], ""));
    let done = mixtral("C.UTF-8", &["quantize", &model, &weighted, "Q2_K", "--pure", "--imatrix", &imatrix], "");
    assert!(out(&done).contains("44 × Q2_K"));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("token_embd.weight: not in the importance matrix"), "{said}");
    assert!(!said.contains("attn_q"), "{said}");
    let about = out(&mixtral("C.UTF-8", &["info", &weighted, "--json"], ""));
    assert!(about.contains("quantize.imatrix.file") && about.contains("importance.gguf"), "{about}");

    // Measured on the text that it was made of, where the gain is largest.
    let divergence = |of: &str| {
        let arguments = ["perplexity", of, &text, "--against", &model, "--window", "64", "--windows", "3"];
        let printed = out(&mixtral("C.UTF-8", &arguments, ""));
        let number = printed.split("divergence ").nth(1).and_then(|rest| rest.split(' ').next());
        number.and_then(|number| number.parse::<f64>().ok()).expect("a number")
    };
    assert_eq!(divergence(&model), 0.0);
    let (plain, weighted) = (divergence(&plain), divergence(&weighted));
    eprintln!("divergence: plain {plain}, weighted {weighted}");
    assert!(weighted < plain, "{weighted} is not less than {plain}");

    let other = files::models().join("pupil-5m-q4_K.gguf").display().to_string();
    for (arguments, word) in [
        (["quantize", &other, &file("a.gguf"), "Q2_K", "--imatrix", &imatrix], "another model"),
        (["quantize", &model, &file("b.gguf"), "Q2_K", "--imatrix", &model], "not an importance matrix"),
        (["perplexity", &model, &text, "--window=64", "--against", "/nowhere.gguf"], "/nowhere.gguf"),
    ] {
        let output = mixtral("C.UTF-8", &arguments, "");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(word), "{arguments:?}: {error}");
    }
    assert!(!folder.path().join("a.gguf").exists() && !folder.path().join("b.gguf").exists());
}
