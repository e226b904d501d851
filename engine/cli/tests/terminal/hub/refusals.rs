//! What the hub does not have or does not give, and what a person is told to do.

use super::*;

fn told(program: &Program<'_>, name: &str, more: &[(&str, &str)]) -> [String; 2] {
    ["C.UTF-8", "zh_CN.UTF-8"].map(|language| {
        let mut all = vec![("LC_ALL", language)];
        all.extend(more);
        program.with(&all).refusal(&["chat", name, "-p", "x"])
    })
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let hub = poets();
    hub.add("owner/pickles", [("config.json", b"{}".to_vec()), ("pytorch_model.bin", vec![0; 9000])]);
    hub.add("owner/two", [("a-Q6_K.gguf", vec![0; 10]), ("a-Q8_0.gguf", vec![0; 10])]);
    let home = tempfile::tempdir().expect("a folder");
    let program = Program::new(&hub, home.path());
    for (name, parts) in [
        ("owner/Poet-GGUF:Q5_K", ["has no GGUF file of type “Q5_K”; it has Q2_K, Q4_K, Q8_0", "现有 Q2_K、Q4_K、Q8_0"]),
        ("owner/Poet-GGUF:x.gguf", ["has no file “x.gguf”", "中没有文件“x.gguf”"]),
        (
            "owner/other",
            ["“owner/other” is not a file or folder here, and http://127.0.0.1", "本机没有文件或文件夹“owner/other”"],
        ),
        ("owner/pickles", ["neither GGUF files nor weights as safetensors", "既没有 GGUF 文件"]),
        ("owner/two", ["several GGUF files: Q6_K, Q8_0; name one, e.g. owner/two:Q6_K", "例如 owner/two:Q6_K"]),
    ] {
        for (text, part) in told(&program, name, &[]).iter().zip(parts) {
            assert!(text.contains(part), "{name}: {text}");
        }
    }
    assert!(hub.downloads().is_empty());
    let revision = program.refusal(&["download", POET, "--revision", "v9"]);
    assert!(revision.contains("has no revision “v9”"), "{revision}");
    let name = program.refusal(&["download", "poet.gguf"]);
    assert!(name.contains("is not a name on the hub"), "{name}");
}

#[test]
fn who_is_refused_is_told_why_and_what_to_do() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    let program = Program::new(&hub, home.path());
    let token: &[(&str, &str)] = &[("HF_TOKEN", "hf_wrong")];
    hub.state().refusals.insert("owner/gated".into(), (401, "GatedRepo"));
    hub.state().refusals.insert("owner/asked".into(), (403, "GatedRepo"));
    hub.state().refusals.insert("owner/closed".into(), (403, ""));
    for (name, more, parts) in [
        ("owner/gated", &[][..], ["is gated: accept its terms at", "请在"]),
        ("owner/asked", token, ["the account of your token has no access yet", "您的令牌所属账户尚无权限"]),
        ("owner/closed", token, ["the hub refuses access to owner/closed", "拒绝访问 owner/closed"]),
    ] {
        for (text, part) in told(&program, name, more).iter().zip(parts) {
            assert!(text.contains(part), "{name}: {text}");
        }
    }
    hub.state().token = Some("hf_right");
    for (text, part) in
        told(&program, POET, token).iter().zip(["the hub refuses your access token", "拒绝了您的访问令牌"])
    {
        assert!(text.contains(part) && !text.contains("hf_wrong"), "{text}");
    }
    for (text, part) in told(&program, POET, &[]).iter().zip(["or a private one: set HF_TOKEN", "请设置 HF_TOKEN"]) {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn without_the_hub_a_person_learns_what_was_looked_for() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    let offline: &[(&str, &str)] = &[("HF_HUB_OFFLINE", "1")];
    let program = Program::new(&hub, home.path());
    let parts = ["HF_HUB_OFFLINE forbids to download it", "HF_HUB_OFFLINE 禁止下载"];
    for (text, part) in told(&program, POET, offline).iter().zip(parts) {
        let cache = home.path().join("hub").display().to_string();
        assert!(text.contains(part) && text.contains(&cache) && text.contains(POET), "{text}");
    }
    assert!(hub.requests().is_empty());
    let wrong = program.with(&[("HF_ENDPOINT", "mirror")]).refusal(&["download", POET]);
    assert!(wrong.contains("HF_ENDPOINT: “mirror” is not an address"), "{wrong}");
    hub.state().busy = (99, 503);
    let busy = program.refusal(&["info", POET]);
    let part =
        "“owner/Poet-GGUF” is not a file or folder here, so it was looked for on the hub: the hub is busy (status 503)";
    assert!(busy.contains(part) && busy.matches("trying again").count() == 5, "{busy}");
}
