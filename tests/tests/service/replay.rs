//! Replays of battles between models of our own: the same, other files, and nothing of it before the vote.

use std::path::Path;
use std::process::{Command, Output};

use arena_tests::harness::{Arena, Options, arena_binary, demo_model, eventually_async};
use serde_json::{Value, json};

use crate::faults::begin_when_loaded;
use crate::registration::token;
use crate::stage::{Stage, administrator, begin, go_on, read, vote};

fn replay(arena: &Arena, battle: &str, more: &[&str]) -> Output {
    let mut command = Command::new(arena_binary());
    command.args(["replay", battle]).args(more).arg("--data").arg(arena.folder().path());
    command.env_remove("DATABASE_URL").env("LC_ALL", "C.UTF-8").output().expect("it runs")
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Puts a model's file in another one's place, as an update would.
fn put(from: &Path, to: &Path) {
    let beside = to.with_extension("new");
    std::fs::copy(from, &beside).expect("copies");
    std::fs::rename(&beside, to).expect("takes its place");
}

#[tokio::test]
async fn a_battle_of_local_models_is_replayed_and_another_file_is_told_by_its_digest() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::empty_worker())).await.expect("starts");
    let folder = tempfile::tempdir().expect("a folder");
    let files = ["m.gguf", "n.gguf"].map(|name| folder.path().join(name));
    put(&demo_model("pupil"), &files[0]);
    put(&demo_model("poet-14m-q2_k"), &files[1]);
    let store = arena.store().await;
    for (slug, file) in ["zanzibar-quokka", "ouagadougou-ibex"].into_iter().zip(&files) {
        let path = file.display().to_string();
        let insert =
            "INSERT INTO models (id, slug, display_name, kind, path) VALUES (gen_random_uuid(), $1, $1, 'local', $2)";
        store.run(insert, &[slug, &path]).await;
    }
    let others = arena.visitor();
    eventually_async("both files are hashed", async || {
        let battle = begin_when_loaded(&others, "写一首五言绝句").await;
        read(&others, &battle).await;
        let hashed = "SELECT count(DISTINCT fingerprint) FROM reply_provenance WHERE fingerprint LIKE '%/%/%'";
        (store.count(hashed).await == 2).then_some(())
    })
    .await;
    let visitor = arena.visitor();
    let battle = begin_when_loaded(&visitor, "写一首七言绝句").await;
    read(&visitor, &battle).await;
    go_on(&visitor, &battle, "再写一首").await;
    read(&visitor, &battle).await;
    visitor.get(&battle).await.expect(200);
    let kept = store
        .texts(
            "SELECT p.fingerprint FROM replies r JOIN reply_provenance p ON p.reply = r.id
            WHERE r.battle_id = (SELECT battle_id FROM turns ORDER BY number DESC, created_at DESC LIMIT 1)",
        )
        .await;
    assert_eq!(kept.len(), 4, "{kept:?}");
    let digests: Vec<&str> = kept.iter().filter_map(|text| text.split('/').nth(2)).collect();
    assert!(digests.len() == 4 && digests.iter().all(|digest| digest.len() == 64), "{kept:?}");
    let received = visitor.received();
    let secrets = kept.iter().map(String::as_str).chain(digests.iter().copied()).chain(["fingerprint", "mixtral-0."]);
    for secret in secrets {
        assert!(!received.contains(secret), "told before the vote: {secret}");
    }
    vote(&visitor, &battle, "tie").await;

    let same = replay(&arena, &battle, &["--json"]);
    assert!(same.status.success(), "{same:?}");
    let told = report(&same);
    assert_eq!((&told["total"], told["answers"].as_array().map(Vec::len)), (&json!(4), Some(4)), "{told}");
    for answer in told["answers"].as_array().expect("answers") {
        assert_eq!((&answer["outcome"], &answer["changes"]), (&json!("same"), &json!([])), "{told}");
        assert_eq!(answer["then"], answer["now"], "{told}");
    }
    let words = replay(&arena, &battle, &["--turn", "1"]);
    let said = String::from_utf8_lossy(&words.stdout);
    assert!(words.status.success() && said.contains("Turn 1, answer A") && said.contains(digests[0]), "{words:?}");
    assert!(String::from_utf8_lossy(&words.stderr).contains("2 the same"), "{words:?}");

    // A model that is not loaded, then one whose file is another one.
    store.execute("UPDATE models SET state = 'disabled' WHERE slug = 'zanzibar-quokka'").await;
    let resting = eventually_async("the model is unloaded", async || {
        let told = replay(&arena, &battle, &["--json"]);
        let report = report(&told);
        report["answers"].as_array()?.iter().any(|answer| answer["obstacle"] == "not_ready").then_some(told)
    })
    .await;
    assert_eq!(resting.status.code(), Some(1), "{resting:?}");
    put(&demo_model("poet-14m-q8_0"), &files[0]);
    store.execute("UPDATE models SET state = 'enabled' WHERE slug = 'zanzibar-quokka'").await;
    let other = replay(&arena, &battle, &["--json"]);
    let told = report(&other);
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    let changed: Vec<&Value> = told["answers"]
        .as_array()
        .expect("answers")
        .iter()
        .filter(|answer| answer["model"] == "zanzibar-quokka")
        .collect();
    assert_eq!(changed.len(), 2, "{told}");
    for answer in changed {
        assert_eq!(answer["obstacle"], "file_changed", "{told}");
        let change = &answer["changes"][0];
        assert!(digests.contains(&change["then"].as_str().expect("a digest")), "{told}");
        assert_eq!(change["now"].as_str().map(str::len), Some(64), "{told}");
    }
    let (status, log) = tokio::task::spawn_blocking(move || arena.stop()).await.expect("stops");
    assert!(status.success() && !log.contains("panicked"), "{log}");
}

#[tokio::test]
async fn a_replay_is_asked_for_by_page_and_program_and_read_in_both_languages() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "why?").await;
    read(&visitor, &battle).await;
    let id = battle.trim_start_matches("/battle/");
    let admin = administrator(&stage.arena).await;
    let list = admin.get("/admin/battles").await.expect(200);
    let path = format!("/admin/battles/{id}/replay");
    assert!(list.text.contains(&path), "the list leads to it");
    let page = admin.get(&path).await.expect(200);
    assert!(page.words().contains("has not been replayed yet") && !page.words().contains("why?"), "{}", page.words());
    let form = page.form("to ask again", |form| form.action == path);
    let page = admin.submit(&form, None).await.expect(200);
    assert!(page.words().contains("Result"), "{}", page.words());
    let part = format!("{path}/report");
    let words = eventually_async("the result", async || {
        let words = admin.get(&part).await.expect(200).words();
        words.contains("2 answers: 2 the same").then_some(words)
    })
    .await;
    assert!(words.contains("The same answer") && words.contains("seed"), "{words}");
    let chinese = admin.clone().header("accept-language", "zh").get(&part).await.expect(200).words();
    assert!(chinese.contains("共 2 个回答：2 个一致") && !chinese.contains("same"), "{chinese}");
    let admin = admin.header("accept-language", "en");

    let bearer = format!("Bearer {}", token(&admin).await);
    let api = stage.arena.visitor().header("authorization", &bearer);
    let path = format!("/api/v1{path}");
    let asked = api.call("POST", &path, Some(&json!({ "turn": 1 }))).await.expect(202);
    assert_eq!(asked.header("location"), Some(path.as_str()));
    assert_eq!(asked.json()["turn"], 1);
    let done = eventually_async("the program's result", async || {
        let told = api.call("GET", &path, None).await.expect(200).json();
        (told["state"] == "done").then_some(told)
    })
    .await;
    assert_eq!((&done["is_same"], &done["report"]["total"]), (&json!(true), &json!(2)), "{done}");
    api.call("POST", &path, Some(&json!({ "turn": 2 }))).await.expect(422);
    api.call("POST", "/api/v1/admin/battles/00000000-0000-0000-0000-000000000000/replay", Some(&json!({})))
        .await
        .expect(404);
    stage.arena.visitor().call("GET", &path, None).await.expect(401);
    let document = stage.arena.visitor().fetch("/api/openapi.json").await.expect(200).json();
    assert!(document["paths"]["/api/v1/admin/battles/{id}/replay"]["post"].is_object());
    assert!(admin.get("/admin/audit?action=battle.replay").await.words().contains(id));
    let refused = stage.arena.visitor().fetch(&part).await;
    assert!(matches!(refused.status, 303 | 401 | 403), "{}", refused.status);
    let nothing = replay(&stage.arena, "nothing", &[]);
    assert!(!nothing.status.success() && String::from_utf8_lossy(&nothing.stderr).contains("no battle"), "{nothing:?}");
}
