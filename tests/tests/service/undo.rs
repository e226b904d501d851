//! A vote can be taken back for some seconds before names are shown. It is never lost by that, and never told early.

use std::time::Duration;

use arena_tests::harness::{Arena, Behaviour, Client, Options, Reply, eventually_async};
use serde_json::json;

use crate::stage::{NAMES, Stage, begin, read, vote};

/// An arena where votes can be taken back for so many seconds.
async fn stage(seconds: u32) -> Stage {
    let options = Options::bare().variable("ARENA_VOTE_UNDO_SECONDS", seconds.to_string());
    Stage::on(options, Behaviour::says(&["One ", "answer."]), Behaviour::says(&["Another ", "answer."])).await
}

/// A battle that can be voted on.
async fn answered(visitor: &Client) -> String {
    let battle = begin(visitor, "Which is better?").await;
    read(visitor, &battle).await;
    battle
}

/// Presses a button of the card that a pending vote shows.
async fn press(visitor: &Client, battle: &str, what: &str) -> Reply {
    let page = visitor.get(battle).await.expect(200);
    let form = page.form(what, |form| form.action.ends_with(&format!("/vote/{what}")));
    visitor.submit(&form, None).await
}

async fn votes(stage: &Stage) -> (i64, i64) {
    let pending = stage.store.count("SELECT count(*) FROM pending_votes").await;
    (pending, stage.store.count("SELECT count(*) FROM votes").await)
}

#[tokio::test]
async fn a_vote_is_taken_back_and_given_anew_and_names_come_only_with_the_final_one() {
    let stage = stage(600).await;
    let visitor = stage.arena.visitor();
    let battle = answered(&visitor).await;
    let before = visitor.get(&battle).await.form("to vote", |form| form.action.ends_with("/vote"));
    let page = vote(&visitor, &battle, "a").await;
    assert!(page.words().contains("You chose A.") && page.words().contains("Undo vote"), "{}", page.words());
    assert!(page.text.contains("<noscript><meta http-equiv=\"refresh\""), "without scripts the names come too");
    assert_eq!(votes(&stage).await, (1, 0));
    // Another tab, a program, the history, a message, a retry: nothing tells the names or makes another vote.
    visitor.submit(&before, Some(("choice", "b"))).await.expect(200);
    let id = battle.trim_start_matches("/battle/");
    let api = format!("/api/v1/battles/{id}");
    let state = visitor.fetch(&api).await.expect(200).json();
    assert_eq!((&state["vote"], &state["pending_vote"]["choice"]), (&json!(null), &json!("a")));
    assert_eq!(
        (&state["can_vote"], &state["next_message"], &state["model_a"]),
        (&json!(false), &json!(null), &json!(null))
    );
    visitor.get("/history").await.expect(200);
    visitor.fetch("/api/v1/battles").await.expect(200);
    let message = visitor.call("POST", &format!("{api}/messages"), Some(&json!({ "prompt": "more" }))).await;
    assert_eq!(message.expect(409).json()["error"]["code"], "vote-pending");
    for language in ["zh", "en"] {
        visitor.clone().header("accept-language", language).get(&battle).await.expect(200);
    }
    assert_eq!(visitor.fetch("/leaderboard.json").await.json()["votes"], 0);
    let told: Vec<_> = stage.secrets().into_iter().filter(|secret| visitor.received().contains(secret)).collect();
    assert!(told.is_empty(), "told before the vote is final: {told:?}");
    assert_eq!(votes(&stage).await, (1, 0));
    // A stranger can do nothing to it.
    let stranger = stage.arena.visitor();
    let csrf =
        stranger.get("/battle").await.form("any", |form| form.has("csrf")).value("csrf").unwrap_or("").to_owned();
    stranger.post(&format!("{battle}/vote/undo"), &[("csrf".to_owned(), csrf.clone())]).await.expect(404);
    stranger.post(&format!("{battle}/vote/show"), &[("csrf".to_owned(), csrf)]).await;
    assert_eq!(votes(&stage).await, (1, 0));

    let page = press(&visitor, &battle, "undo").await.expect(200);
    page.form("to vote again", |form| form.action.ends_with("/vote"));
    assert_eq!(votes(&stage).await, (0, 0));
    vote(&visitor, &battle, "b").await;
    let undo = visitor.get(&battle).await.form("undo", |form| form.action.ends_with("/vote/undo"));
    let page = press(&visitor, &battle, "show").await.expect(200);
    assert!(NAMES.iter().all(|name| page.words().contains(name)), "{}", page.words());
    assert_eq!(stage.store.texts("SELECT choice FROM votes").await, ["b"]);
    assert_eq!(visitor.fetch("/leaderboard.json").await.json()["votes"], 1);
    // Too late, here and in the API.
    assert!(visitor.submit(&undo, None).await.expect(409).words().contains("can no longer be taken back"));
    let late = visitor.call("DELETE", &format!("{api}/vote"), None).await.expect(409).json();
    assert_eq!(late["error"]["code"], "vote-final");
    assert_eq!(votes(&stage).await, (0, 1));
}

#[tokio::test]
async fn a_pending_vote_is_taken_back_by_the_api_too() {
    let stage = stage(600).await;
    let visitor = stage.arena.visitor();
    let battle = answered(&visitor).await;
    vote(&visitor, &battle, "tie").await;
    let path = format!("/api/v1/battles/{}/vote", battle.trim_start_matches("/battle/"));
    let state = visitor.call("DELETE", &path, None).await.expect(200).json();
    assert_eq!((&state["pending_vote"], &state["can_vote"]), (&json!(null), &json!(true)));
    let none = visitor.call("DELETE", &path, None).await.expect(409).json();
    assert_eq!(none["error"]["code"], "no-vote-to-undo");
    // A program's vote is final at once; where the page's is pending, that one stands.
    vote(&visitor, &battle, "a").await;
    let cast = visitor.call("POST", &path, Some(&json!({ "choice": "b" }))).await.expect(200).json();
    assert_eq!((&cast["choice"], &cast["created"]), (&json!("a"), &json!(false)));
    assert_eq!(votes(&stage).await, (0, 1));
}

#[tokio::test]
async fn a_vote_becomes_final_by_itself_though_nobody_looks_and_its_server_is_killed() {
    let stage = stage(4).await;
    let visitor = stage.arena.visitor();
    let battle = answered(&visitor).await;
    vote(&visitor, &battle, "a").await;
    let Stage { arena, store, .. } = stage;
    drop(store);
    let folder = arena.kill_hard();
    let options = Options::bare().variable("ARENA_VOTE_UNDO_SECONDS", "4").on(&folder);
    let arena = tokio::task::spawn_blocking(move || Arena::start(options)).await.expect("starts");
    let store = arena.store().await;
    eventually_async("the vote is counted", async || {
        (store.count("SELECT count(*) FROM votes WHERE choice = 'a'").await == 1).then_some(())
    })
    .await;
    assert_eq!(store.count("SELECT count(*) FROM pending_votes").await, 0);
    let visitor = visitor.at(arena.address());
    assert_eq!(visitor.fetch("/leaderboard.json").await.json()["votes"], 1);
    let page = visitor.get(&battle).await.expect(200);
    assert!(NAMES.iter().all(|name| page.words().contains(name)), "{}", page.words());
}

#[tokio::test]
async fn who_deletes_the_battle_or_goes_on_with_a_named_chat_lets_the_vote_stand() {
    let stage = stage(600).await;
    let visitor = stage.arena.visitor();
    let battle = answered(&visitor).await;
    vote(&visitor, &battle, "a").await;
    let page = visitor.get(&battle).await;
    let delete = page.form("to delete", |form| form.action.ends_with("/delete"));
    visitor.submit(&delete, None).await.expect(200);
    assert_eq!(votes(&stage).await, (0, 1));
    let start = json!({ "kind": "direct", "model": crate::stage::SLUGS[0], "prompt": "hello" });
    let chat = visitor.call("POST", "/api/v1/battles", Some(&start)).await.expect(201).json();
    let chat = format!("/battle/{}", chat["id"].as_str().expect("an id"));
    read(&visitor, &chat).await;
    let page = vote(&visitor, &chat, "up").await;
    assert!(page.words().contains("You rated it good.") && page.words().contains("Keep my vote"), "{}", page.words());
    assert_eq!(votes(&stage).await, (1, 1));
    crate::stage::go_on(&visitor, &chat, "more").await;
    assert_eq!(votes(&stage).await, (0, 2));
    read(&visitor, &chat).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(visitor.get(&chat).await.words().contains("Thank you for your vote"));
}
