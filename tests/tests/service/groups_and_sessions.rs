//! An arena that people sign in to: leaderboards of groups, and sessions that an administrator ends.

use std::time::Duration;

use arena_tests::harness::Client;
use serde_json::{Value, json};

use crate::registration::token;
use crate::sign_in::{closed, people, sign_in};
use crate::site::change;
use crate::stage::{begin, read, vote};

/// A battle and a vote in it.
async fn play(visitor: &Client, prompt: &str) {
    let battle = begin(visitor, prompt).await;
    read(visitor, &battle).await;
    vote(visitor, &battle, "a").await;
}

/// How many votes a group's board counts, as a program reads it.
async fn votes_of(api: &Client, group: &str) -> Value {
    let board = api.call("GET", &format!("/api/v1/leaderboard?group={group}"), None).await.expect(200).json();
    assert_eq!(board["group"], group);
    board["votes"].clone()
}

#[tokio::test]
async fn the_leaderboard_can_be_read_for_the_votes_of_one_group() {
    let provider = people();
    let (stage, admin) = closed(&provider, &[("oidc_board_groups", "readers, staff")]).await;
    let (ada, bob) = (stage.arena.visitor(), stage.arena.visitor());
    sign_in(&ada, &provider, "ada", "/battle").await.expect(200);
    sign_in(&bob, &provider, "bob", "/battle").await.expect(200);
    for prompt in ["One", "Two"] {
        play(&ada, prompt).await;
    }
    play(&bob, "Three").await;
    let api = stage.arena.visitor().header("authorization", &format!("Bearer {}", token(&admin).await));
    assert_eq!((votes_of(&api, "readers").await, votes_of(&api, "staff").await), (json!(2), json!(1)));
    assert_eq!(api.call("GET", "/api/v1/leaderboard", None).await.expect(200).json()["votes"], 3);
    let page = ada.get("/leaderboard?group=staff").await.expect(200);
    let words = page.words();
    assert!(words.contains("Voters Everybody readers staff") && page.text.contains("selected>staff"), "{words}");
    assert!(page.text.contains("/leaderboard?kind=battle&#38;group=staff&#38;category=coding"), "tabs lose the group");

    // A conversation that is deleted leaves its vote where it was.
    for id in stage.store.texts("SELECT id::text FROM battles").await {
        let page = admin.get("/admin/battles").await.expect(200);
        let form = page.form("to delete", |form| form.action == "/admin/battles/delete").with("id", &id);
        admin.submit(&form, None).await.expect(200);
    }
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE voter_id IS NULL").await, 3);
    let restarted = stage.arena.start_beside(arena_tests::harness::Options::bare());
    let fresh = restarted.visitor().header("authorization", &format!("Bearer {}", token(&admin).await));
    assert_eq!((votes_of(&fresh, "readers").await, votes_of(&fresh, "staff").await), (json!(2), json!(1)));

    // Whoever leaves a group leaves its board with their later votes and those whose conversations are still there.
    play(&bob, "Four").await;
    assert_eq!(votes_of(&api, "staff").await, 2);
    provider.account("bob", json!({ "user": { "groups": ["readers"] } }));
    sign_in(&stage.arena.visitor(), &provider, "bob", "/battle").await.expect(200);
    assert_eq!((votes_of(&api, "readers").await, votes_of(&api, "staff").await), (json!(3), json!(1)));

    // A group whose board is taken away is forgotten, and others have none.
    change(&admin, "/admin/site", &[("oidc_board_groups", "readers")], "save").await.expect(200);
    for group in ["staff", "board", "%00"] {
        let refused = api.call("GET", &format!("/api/v1/leaderboard?group={group}"), None).await.expect(422).json();
        assert_eq!(refused["error"]["code"], "board-group", "{refused}");
    }
    let known = stage.store.texts("SELECT DISTINCT group_name FROM group_members").await;
    assert_eq!(known, ["readers"]);
    let chinese = ada.header("accept-language", "zh");
    assert!(chinese.get("/leaderboard?group=staff").await.expect(422).words().contains("没有自己的排行榜"));
}

#[tokio::test]
async fn an_administrator_ends_one_person_s_sessions_or_everybody_s() {
    let provider = people();
    let (stage, admin) = closed(&provider, &[]).await;
    let beside = stage.arena.start_beside(arena_tests::harness::Options::bare());
    let (ada, bob) = (stage.arena.visitor(), stage.arena.visitor());
    sign_in(&ada, &provider, "ada", "/battle").await.expect(200);
    sign_in(&bob, &provider, "bob", "/battle").await.expect(200);
    let is_in = async |visitor: &Client| visitor.get("/history").await.path == "/history";
    assert!(is_in(&ada).await && is_in(&bob).await);

    // Nobody is meant where nobody is named.
    let form = admin.get("/admin/site").await.form("to end", |form| form.has("subject"));
    let refused = admin.submit(&form, None).await.expect(422);
    assert!(refused.words().contains("Enter the person's subject"), "{}", refused.words());
    assert!(is_in(&ada).await);
    let done = admin.submit(&form.clone().with("subject", " ada "), None).await.expect(200);
    assert!(done.words().contains("The sessions are ended"), "{}", done.words());
    assert!(!is_in(&ada).await && is_in(&bob).await);
    let there = beside.visitor();
    for name in ["access", "visitor"] {
        there.set_cookie(name, &ada.cookie(name).expect("a cookie"));
    }
    let began = std::time::Instant::now();
    while is_in(&there).await && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(!is_in(&there).await, "the session is good at another server");
    // Whom the provider still knows comes in again: a session counts seconds, and this is a later one.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    sign_in(&ada, &provider, "ada", "/battle").await.expect(200);
    assert!(is_in(&ada).await);

    // Everybody's, by a program.
    let api = stage.arena.visitor().header("authorization", &format!("Bearer {}", token(&admin).await));
    let end = async |body: Value| api.call("POST", "/api/v1/admin/site/end-sessions", Some(&body)).await;
    assert_eq!(end(json!({ "subject": " " })).await.expect(422).json()["error"]["code"], "end-whose");
    end(json!({ "subject": null })).await.expect(204);
    assert!(!is_in(&ada).await && !is_in(&bob).await);
    let log = admin.get("/admin/audit").await.words();
    assert!(log.contains("Ended everybody's sessions") && log.contains("Ended a voter's sessions"), "{log}");
    // An arena without a door has none to end.
    change(&admin, "/admin/site", &[("access", "open")], "save").await.expect(200);
    assert!(!admin.get("/admin/site").await.text.contains("end-sessions"));
    assert_eq!(end(json!({ "subject": "ada" })).await.expect(422).json()["error"]["code"], "no-sign-in");
}
