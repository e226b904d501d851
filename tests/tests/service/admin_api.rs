//! Administration by programs: voters, and votes out of files and into them.

use arena_tests::harness::{Client, Reply, eventually_async};
use serde_json::{Value, json};

use crate::registration::token;
use crate::stage::{SLUGS, Stage, administrator, begin, read, vote};

/// An administrator, and a program with a token of theirs.
async fn program(stage: &Stage) -> (Client, Client) {
    let admin = administrator(&stage.arena).await;
    let bearer = format!("Bearer {}", token(&admin).await);
    (admin, stage.arena.visitor().header("authorization", &bearer))
}

async fn import(api: &Client, query: &str, file: impl Into<Vec<u8>>) -> Reply {
    let path = format!("/api/v1/admin/votes/import?{query}");
    let request = api.request("POST", &path).header("content-type", "application/octet-stream").body(file.into());
    api.send(&path, request).await
}

#[tokio::test]
async fn a_voter_is_found_held_and_released_by_a_program() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "why?").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "a").await;
    stage
        .store
        .execute(
            "INSERT INTO voter_reviews (voter, votes, evidence, highest, through)
            SELECT voter_id, 1, 1.5, 2.5, id FROM votes ON CONFLICT (voter) DO UPDATE SET evidence = 1.5, highest = 2.5",
        )
        .await;
    let (_admin, api) = program(&stage).await;
    let list = api.call("GET", "/api/v1/admin/voters", None).await.expect(200).json();
    let one = &list["voters"][0];
    assert_eq!((&one["state"], &one["highest_evidence"]), (&json!("usual"), &json!(2.5)), "{list}");
    assert!(list["next_cursor"].is_null());
    assert_eq!(api.call("GET", "/api/v1/admin/voters?review=open", None).await.json()["voters"], json!([]));
    let path = format!("/api/v1/admin/voters/{}", one["voter"].as_str().expect("an id"));
    let read = api.call("GET", &path, None).await.expect(200).json();
    assert_eq!(read["choices"].as_array().map(Vec::len), Some(1), "{read}");
    assert_eq!((&read["choices"][0]["choice"], &read["choices"][0]["state"]), (&json!("a"), &json!("counted")));
    let votes = async || stage.arena.visitor().fetch("/leaderboard.json").await.json()["votes"].clone();
    let decision = format!("{path}/decision");
    let decide = async |decided: &str| {
        let said = json!({ "decision": decided, "note": "by hand" });
        api.call("POST", &decision, Some(&said)).await.expect(200).json()
    };
    let held = decide("held").await;
    assert_eq!((&held["votes"], votes().await), (&json!(1), json!(0)), "{held}");
    let open = api.call("GET", "/api/v1/admin/voters?review=open", None).await.json();
    assert_eq!(open["voters"][0]["state"], "held", "{open}");
    decide("accepted").await;
    assert_eq!(votes().await, json!(1), "released");
    decide("withdrawn").await;
    let read = api.call("GET", &path, None).await.json();
    assert_eq!((&read["state"], votes().await), (&json!("withdrawn"), json!(0)), "{read}");
    assert_eq!(read["note"], "by hand");
    api.call("POST", &decision, Some(&json!({ "decision": "maybe" }))).await.expect(422);
    api.call("GET", "/api/v1/admin/voters?review=x", None).await.expect(422);
    api.call("GET", "/api/v1/admin/voters/nobody", None).await.expect(404);
    stage.arena.visitor().call("GET", "/api/v1/admin/voters", None).await.expect(401);
}

const FILE: &str = r#"{"question_id": "58210e39b3fd4441a2bd4a518bb44c2d", "model_a": "gpt-0", "model_b": "poet", "winner": "model_a", "judge": "x", "conversation_a": [{"role": "user", "content": "Write a Python function that adds 1"}, {"role": "assistant", "content": "**`x + 1`**"}], "conversation_b": [{"role": "user", "content": "Write a Python function that adds 1"}, {"role": "assistant", "content": "no"}], "tstamp": 1700000000}
{"question_id": "68210e39b3fd4441a2bd4a518bb44c2d", "model_a": "poet", "model_b": "gpt-0", "winner": "whoever"}
"#;

#[tokio::test]
async fn votes_come_in_and_go_out_by_a_program_with_their_conversations_where_it_says_so() {
    let stage = Stage::quick().await;
    let (admin, api) = program(&stage).await;
    let kinds =
        async |visitor: &Client| visitor.get("/leaderboard").await.expect(200).text.contains("value=\"imported\"");
    assert!(!kinds(&stage.arena.visitor()).await, "nothing was imported: there is no board to offer");
    let refused = import(&api, "name=votes.jsonl&strict=true", FILE).await.expect(422).json();
    assert_eq!(refused["error"]["code"], "import-strict", "{refused}");
    import(&api, "name=votes.doc", FILE).await.expect(422);
    import(&stage.arena.visitor(), "name=votes.jsonl", FILE).await.expect(401);
    let plain = import(&api, "name=votes.jsonl", FILE).await.expect(200).json();
    assert_eq!((&plain["rows"], &plain["votes"], &plain["bad"]), (&json!(2), &json!(1), &json!(1)), "{plain}");
    assert_eq!((&plain["bad_rows"][0]["number"], &plain["conversations"]), (&json!(2), &json!(0)), "{plain}");
    assert_eq!(plain["models"], json!(["gpt-0", "poet"]));
    let again = import(&api, "name=votes.jsonl&conversations=true", FILE).await.expect(200).json();
    assert_eq!(
        (&again["votes"], &again["known"], &again["conversations"]),
        (&json!(0), &json!(1), &json!(1)),
        "{again}"
    );
    // The names stand on their own board with a rating or why there is none, and are no retired models.
    let visitor = stage.arena.visitor();
    assert!(kinds(&visitor).await);
    let board = visitor.get("/leaderboard?kind=imported").await.expect(200).words();
    assert!(board.contains("gpt-0") && !board.contains("Not in battles now"), "{board}");
    for (language, imported, retired) in [("en", "Imported only", "Retired"), ("zh", "仅见于导入的投票", "已退役")]
    {
        let models = visitor.clone().header("accept-language", language).get("/models").await.expect(200).words();
        assert!(models.contains(imported) && !models.contains(retired), "{models}");
    }
    // Out again, with what was said and without.
    let export = async |query: &str| {
        let path = format!("/api/v1/admin/votes/export?{query}");
        api.call("GET", &path, None).await.expect(200)
    };
    let lines = |reply: &Reply| {
        reply.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>()
    };
    let plain = export("kind=imported").await;
    assert!(plain.header("content-disposition").is_some_and(|name| name.contains(".jsonl")));
    let rows = lines(&plain);
    assert_eq!((rows.len(), &rows[0]["winner"]), (1, &json!("model_a")), "{}", plain.text);
    assert!(rows[0]["conversation_a"].is_null() && !plain.text.contains("Python"));
    let said = lines(&export("kind=imported&conversations=true&columns=fastchat&format=jsonl").await);
    assert_eq!(said[0]["conversation_a"][1]["content"], "**`x + 1`**", "{said:?}");
    let evidence = eventually_async("Elo has caught up with the import", async || {
        let path = "/api/v1/admin/votes/export?columns=evidence&kind=imported&ties=davidson";
        let reply = api.call("GET", path, None).await;
        (reply.status == 200).then_some(reply.text)
    })
    .await;
    assert!(evidence.starts_with("{\"format\":\"mixtral-arena votes 1\""), "{evidence}");
    assert!(evidence.contains("\"ties\":\"davidson\""), "{evidence}");
    api.call("GET", "/api/v1/admin/votes/export?format=doc", None).await.expect(422);
    let document = stage.arena.visitor().fetch("/api/openapi.json").await.expect(200).json();
    for path in [
        "/admin/voters",
        "/admin/voters/{id}",
        "/admin/voters/{id}/decision",
        "/admin/votes/import",
        "/admin/votes/export",
    ] {
        assert!(document["paths"][format!("/api/v1{path}")].is_object(), "{path} is not in the document");
    }
    assert!(admin.get("/admin/audit?action=votes.import").await.words().contains("conversations: 1"));
}

#[tokio::test]
async fn battles_and_deeds_are_searched_filtered_and_deleted_in_their_lists() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let mut battles = Vec::new();
    for prompt in ["why?", "写一首五言绝句"] {
        let battle = begin(&visitor, prompt).await;
        read(&visitor, &battle).await;
        battles.push(battle);
    }
    vote(&visitor, &battles[0], "tie").await;
    let admin = administrator(&stage.arena).await;
    let rows = async |query: &str| {
        let page = admin.get(&format!("/admin/battles?{query}")).await.expect(200);
        page.text.matches("name=\"id\"").count()
    };
    let id = battles[0].trim_start_matches("/battle/");
    for (query, found) in [
        ("", 2),
        ("state=voted", 1),
        ("state=unvoted", 1),
        ("state=failed", 0),
        ("language=zh", 1),
        ("kind=battle&sort=oldest", 2),
        ("kind=direct", 0),
        (&format!("q={id}"), 1),
        (&format!("model={}", SLUGS[0]), 2),
        ("from=2000-01-01&to=2000-01-02", 0),
        ("q=timeout", 0),
    ] {
        assert_eq!(rows(query).await, found, "{query}");
    }
    let oldest = admin.get("/admin/battles?sort=oldest").await.text;
    let at = |of: &str| oldest.find(of.trim_start_matches("/battle/")).expect("a battle");
    assert!(at(&battles[0]) < at(&battles[1]), "the first one comes first");
    admin.get("/admin/battles?from=yesterday").await.expect(422);
    let page = admin.get("/admin/battles?state=voted").await;
    let form = page.form("to delete", |form| form.action == "/admin/battles/delete").with("id", id);
    let done = admin.submit(&form, None).await.expect(200);
    assert!(done.words().contains("One conversation was deleted"), "{}", done.words());
    assert_eq!(stage.store.count("SELECT count(*) FROM battles").await, 1);
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE voter_id IS NULL").await, 1, "its vote stays");
    assert_eq!(stage.store.count("SELECT count(*) FROM vote_features").await, 1, "and what it was about");
    let deeds = async |query: &str| {
        let page = admin.get(&format!("/admin/audit?{query}")).await.expect(200);
        (page.text.matches("<td class=\"nowrap\">").count(), page.words())
    };
    let (all, words) = deeds("").await;
    assert!(all > 1 && words.contains(id) && words.contains("battles: 1"), "{words}");
    for (query, found) in [
        ("action=battle.delete", 1),
        (&format!("q={id}"), 1),
        ("q=50%25", 0),
        ("admin=nobody&action=battle.delete", 0),
        ("from=2000-01-01&to=2000-01-02", 0),
    ] {
        let (rows, words) = deeds(query).await;
        assert_eq!((rows, words.contains("Nothing matches")), (found, found == 0), "{query}: {words}");
    }
    admin.get("/admin/audit?admin=x").await.expect(422);
}
