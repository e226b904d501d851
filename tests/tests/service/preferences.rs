//! What people preferred goes out as pairs of answers, only where an administrator lets texts go out.

use arena_tests::harness::{Client, Form, Reply, arena_binary};
use serde_json::{Value, json};

use crate::stage::{SLUGS, Stage, administrator, begin, go_on, read, vote};

/// Sends the export's form with other values, and a box that is ticked or not.
async fn export(admin: &Client, list: &str, format: &str, ticked: bool) -> Reply {
    let page = admin.get(&format!("/admin/votes{list}")).await.expect(200);
    let form: Form = page.form("to export", |form| form.action == "/admin/votes/export");
    let mut form = form.with("columns", "preferences").with("format", format);
    form.fields.retain(|(name, _)| name != "conversations");
    if ticked {
        form.fields.push(("conversations".into(), "true".into()));
    }
    admin.post(&form.action, &form.fields).await
}

#[tokio::test]
async fn counted_votes_of_blind_battles_are_pairs_for_training() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let mut sides = Vec::new();
    for choice in ["a", "b", "tie", "both_bad"] {
        let battle = begin(&visitor, &format!("why {choice}?")).await;
        read(&visitor, &battle).await;
        vote(&visitor, &battle, choice).await;
        sides.push(battle);
    }
    // What is said after the vote is no part of what was voted on.
    go_on(&visitor, &sides[0], "and then?").await;
    read(&visitor, &sides[0]).await;

    let admin = administrator(&stage.arena).await;
    let file = export(&admin, "", "jsonl", true).await.expect(200);
    let pairs: Vec<Value> = file.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(pairs.len(), 2, "ties say nothing: {}", file.text);
    for (pair, choice) in pairs.iter().zip(["a", "b"]) {
        let turn = |role: &str, content: &str| json!([{"role": role, "content": content}]);
        assert_eq!(pair["prompt"], turn("user", &format!("why {choice}?")));
        let said = |slug: &Value| if slug == SLUGS[0] { "The quick answer." } else { "Another answer." };
        assert_ne!(pair["chosen_model"], pair["rejected_model"]);
        assert_eq!(pair["chosen"], turn("assistant", said(&pair["chosen_model"])));
        assert_eq!(pair["rejected"], turn("assistant", said(&pair["rejected_model"])));
    }
    let array = export(&admin, "", "json", true).await.expect(200).json();
    assert_eq!(array.as_array().map(Vec::len), Some(2));
    let none = export(&admin, "?choice=a", "json", true).await.expect(200).json();
    assert_eq!(none.as_array().map(Vec::len), Some(1), "the list's filters hold");

    let folder = tempfile::tempdir().expect("a folder");
    let command = |name: &str, more: &[&str]| {
        let mut command = std::process::Command::new(arena_binary());
        let file = folder.path().join(name);
        command.args(["export", "--preferences"]).arg(&file).args(more);
        command.arg("--data").arg(stage.arena.folder().path()).env_remove("DATABASE_URL").env("LC_ALL", "C.UTF-8");
        (command.output().expect("it runs"), std::fs::read_to_string(file).unwrap_or_default())
    };
    let (told, written) = command("pairs.jsonl", &[]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("Wrote 2 pairs"), "{told:?}");
    assert_eq!(written, file.text, "the command line writes what the page sends");
    for (name, more) in
        [("pairs.csv", &[][..]), ("x.jsonl", &["--kind", "all"]), ("x.jsonl", &["--columns", "comparia"])]
    {
        let (told, written) = command(name, more);
        assert!(!told.status.success() && written.is_empty(), "{name} {more:?}: {told:?}");
    }

    for (list, format, ticked, said) in [
        ("", "jsonl", false, "Tick"),
        ("", "csv", true, "JSON"),
        ("", "parquet", true, "JSON"),
        ("?kind=side_by_side", "jsonl", true, "blind battles"),
    ] {
        let refused = export(&admin, list, format, ticked).await.expect(422);
        assert!(refused.words().contains(said), "{list} {format}: {}", refused.words());
    }
}
