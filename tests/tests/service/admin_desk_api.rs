//! Administration by programs: sets of prompts, and what is said of the site.

use arena_tests::harness::{Client, Reply, eventually_async};
use serde_json::{Value, json};

use crate::registration::token;
use crate::stage::{Stage, administrator, begin, read, vote};

async fn program(stage: &Stage) -> (Client, Client) {
    let admin = administrator(&stage.arena).await;
    let bearer = format!("Bearer {}", token(&admin).await);
    (admin, stage.arena.visitor().header("authorization", &bearer))
}

#[tokio::test]
async fn sets_of_prompts_are_kept_by_a_program_and_battles_and_files_are_marked_with_them() {
    let stage = Stage::quick().await;
    let (admin, api) = program(&stage).await;
    let sets = "/api/v1/admin/prompt-sets";
    assert_eq!(api.call("GET", sets, None).await.expect(200).json(), json!({ "sets": [] }));
    let added = api.call("POST", sets, Some(&json!({ "name": " Nature " }))).await.expect(201);
    let set = added.header("location").expect("where it is").to_owned();
    assert_eq!(added.json()["name"], "Nature");
    let twice = api.call("POST", sets, Some(&json!({ "name": "Nature" }))).await.expect(422).json();
    assert_eq!(twice["error"]["code"], "prompt-set-name-taken", "{twice}");
    let import = async |name: &str, file: &str| {
        let path = format!("{set}/import?name={name}");
        let request = api.request("POST", &path).header("content-type", "application/octet-stream");
        api.send(&path, request.body(file.to_owned())).await
    };
    let csv = "prompt,tags\nWhat is dew?,nature\nWhat is a tarn?,nature\n";
    assert_eq!(import("p.csv", csv).await.expect(200).json(), json!({ "added": 2, "known": 0 }));
    let lines = "{\"prompt\": \"What is dew?\"}\n{\"prompt\": \"什么是露水？\", \"tags\": [\"自然\"]}\n";
    assert_eq!(import("p.jsonl", lines).await.expect(200).json(), json!({ "added": 1, "known": 1 }));
    let bad = import("p.jsonl", "{oops").await.expect(422).json();
    assert_eq!(bad["error"]["code"], "prompts-json", "{bad}");
    let prompts = async |query: &str| api.call("GET", &format!("{set}/prompts{query}"), None).await.expect(200).json();
    let all = prompts("").await;
    assert_eq!((all["prompts"].as_array().map(Vec::len), &all["next_cursor"]), (Some(3), &Value::Null), "{all}");
    assert_eq!(prompts("?q=tarn&tag=nature&language=en").await["prompts"][0]["prompt"], "What is a tarn?");
    let tarn = prompts("?q=tarn").await["prompts"][0]["id"].clone();
    let removed = api.call("POST", &format!("{set}/prompts/remove"), Some(&json!({ "prompts": [tarn] }))).await;
    assert_eq!(removed.expect(200).json(), json!({ "count": 1 }));

    // It is prepared, a visitor votes, and the battle, the vote and the file say whence the prompt was.
    let change = json!({ "prepared": true });
    assert_eq!(api.call("PATCH", &set, Some(&change)).await.expect(200).json()["prepared"], true);
    let done = eventually_async("answers of both models", || async {
        let now = api.call("GET", &set, None).await.expect(200).json();
        (now["progress"]["done"] == 4).then_some(now)
    })
    .await;
    assert_eq!(done["progress"], json!({ "done": 4, "total": 4, "failed": 0, "models": 2 }));
    assert_eq!(api.call("POST", &format!("{set}/retry"), None).await.expect(200).json(), json!({ "count": 0 }));
    let visitor = stage.arena.visitor();
    let form = visitor.get("/battle").await.form("for a ready pair", |form| form.action == "/battle/prepared");
    let battle = visitor.submit(&form, None).await.expect(200).path;
    vote(&visitor, &battle, "a").await;
    let other = begin(&visitor, "why?").await;
    read(&visitor, &other).await;
    vote(&visitor, &other, "b").await;
    for (query, found) in [("set=Nature", 1), ("set=Other", 0), ("", 2)] {
        let page = admin.get(&format!("/admin/battles?{query}")).await.expect(200);
        assert_eq!(page.text.matches("name=\"id\"").count(), found, "{query}: {}", page.words());
        let votes = admin.get(&format!("/admin/votes?{query}")).await.expect(200);
        assert_eq!(votes.words().contains("No votes") || votes.words().contains("Nothing matches"), found == 0);
    }
    let page = admin.get("/admin/battles?set=Nature").await;
    assert!(page.words().contains("Set “Nature” Answers in advance"), "{}", page.words());
    let export = async |query: &str| {
        let reply: Reply = api.call("GET", &format!("/api/v1/admin/votes/export?{query}"), None).await.expect(200);
        reply.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>()
    };
    let rows = export("").await;
    let marks: Vec<_> = rows.iter().map(|row| (row["prompt_set"].clone(), row["prepared"].clone())).collect();
    assert_eq!(marks, [(json!("Nature"), json!(true)), (Value::Null, json!(false))]);
    assert_eq!(export("set=Nature&columns=comparia").await[0]["prompt_set"], "Nature");
    // The vote keeps its mark where the battle is deleted.
    let delete = admin.get("/admin/battles?set=Nature").await;
    let id = battle.trim_start_matches("/battle/");
    let form = delete.form("to delete", |form| form.action == "/admin/battles/delete").with("id", id);
    admin.submit(&form, None).await.expect(200);
    assert_eq!(export("set=Nature").await.len(), 1);

    let renamed = json!({ "name": "Weather", "offered": false });
    let renamed = api.call("PATCH", &set, Some(&renamed)).await.expect(200).json();
    assert_eq!(
        (&renamed["name"], &renamed["offered"], &renamed["prepared"]),
        (&json!("Weather"), &json!(false), &json!(true))
    );
    assert!(!visitor.get("/battle").await.words().contains("What is dew?"), "no longer offered");
    stage.arena.visitor().call("GET", sets, None).await.expect(401);
    api.call("PATCH", &set, Some(&json!({ "colour": "red" }))).await.expect(422);
    api.call("DELETE", &set, None).await.expect(204);
    for (method, path) in [
        ("GET", set.clone()),
        ("DELETE", set.clone()),
        ("GET", format!("{set}/prompts")),
        ("POST", format!("{set}/retry")),
    ] {
        api.call(method, &path, None).await.expect(404);
    }
    let document = stage.arena.visitor().fetch("/api/openapi.json").await.expect(200).json();
    for path in ["prompt-sets", "prompt-sets/{id}", "prompt-sets/{id}/import", "prompt-sets/{id}/prompts", "site"] {
        assert!(document["paths"][format!("/api/v1/admin/{path}")].is_object(), "{path} is not in the document");
    }
    let deeds = admin.get("/admin/audit?action=prompts.import").await.expect(200);
    assert!(deeds.words().contains("prompts: 2"), "{}", deeds.words());
}

#[tokio::test]
async fn the_site_s_settings_are_read_and_changed_by_a_program_that_has_seen_the_last_change() {
    let stage = Stage::quick().await;
    let (admin, api) = program(&stage).await;
    let site = "/api/v1/admin/site";
    let before = api.call("GET", site, None).await.expect(200).json();
    assert_eq!((&before["revision"], &before["settings"]["access"]), (&json!(0), &json!("open")), "{before}");
    assert!(before["settings"].get("access_code").is_none() && before["secrets"] == json!([]), "{before}");
    let change = json!({ "revision": 0, "name_en": "Verse Arena", "min_votes": 3, "access": "code", "access_code": "spring-26" });
    let after = api.call("PATCH", site, Some(&change)).await.expect(200).json();
    assert_eq!((&after["revision"], &after["settings"]["min_votes"]), (&json!(1), &json!("3")), "{after}");
    assert!(after["secrets"] == json!(["access_code"]) && !after.to_string().contains("spring-26"), "{after}");
    let visitor = stage.arena.visitor();
    assert_eq!(visitor.fetch("/api/v1/models").await.status, 401, "the arena is closed");
    let late = api.call("PATCH", site, Some(&json!({ "revision": 0, "name_en": "Late" }))).await.expect(409).json();
    assert_eq!(late["error"]["code"], "site-changed", "{late}");
    // What is left out stays, null is the default, and mistakes are named by field.
    let open = json!({ "revision": 1, "access": null, "min_votes": null });
    let after = api.call("PATCH", site, Some(&open)).await.expect(200).json();
    assert_eq!(
        (&after["settings"]["access"], &after["settings"]["min_votes"]),
        (&json!("open"), &json!("")),
        "{after}"
    );
    assert_eq!((&after["settings"]["name_en"], &after["secrets"]), (&json!("Verse Arena"), &json!(["access_code"])));
    assert!(visitor.get("/").await.text.contains("Verse Arena"));
    let bad = json!({ "revision": 2, "keep_days": -1, "access": "maybe" });
    let bad = api.call("PATCH", site, Some(&bad)).await.expect(422).json();
    assert_eq!((&bad["error"]["code"], &bad["error"]["detail"]), (&json!("api-fields"), &json!("access, keep_days")));
    for wrong in [
        json!({ "name_en": "No revision" }),
        json!({ "revision": 2, "colour": "red" }),
        json!({ "revision": 2, "min_votes": "3" }),
    ] {
        api.call("PATCH", site, Some(&wrong)).await.expect(422);
    }
    stage.arena.visitor().call("GET", site, None).await.expect(401);
    let deed = admin.get("/admin/audit?action=site.change").await.expect(200).words();
    assert!(deed.contains("Verse Arena") && !deed.contains("spring-26"), "{deed}");
}
