//! Where a conversation seems to end: a context that is full, a filter, an answer that is empty. There is always a way on,
//! and what was complete can be judged.

use arena_tests::harness::{Behaviour, Client, Ending, Form, Options};
use serde_json::{Value, json};

use crate::stage::{REMOTE, Stage, begin, go_on, read, retry_reply, vote};

fn fine() -> Behaviour {
    Behaviour::says(&["A fine ", "answer."])
}

fn refuses(message: &str) -> Behaviour {
    Behaviour::says(&[]).ending(Ending::Status(400, message.to_owned()))
}

/// Which side the endpoint's first model is on: that which does not read "fine".
fn other(side: &str) -> &'static str {
    if side == "a" { "b" } else { "a" }
}

async fn state(visitor: &Client, battle: &str) -> Value {
    visitor.fetch(&format!("/api/v1{}", battle.replace("/battle/", "/battles/"))).await.expect(200).json()
}

/// What the API says of a side's newest answer.
fn reply(state: &Value, side: &str) -> Value {
    let turn = state["turns"].as_array().and_then(|turns| turns.last()).expect("a turn");
    let replies = turn["replies"].as_array().expect("replies");
    replies.iter().find(|reply| reply["side"] == side).expect("this side").clone()
}

/// The page's buttons and the API say the same, and both tell what happens.
async fn surfaces_agree(visitor: &Client, battle: &str) {
    let (page, state) = (visitor.get(battle).await.expect(200), state(visitor, battle).await);
    let forms = Form::all(&page.text);
    let has = |end: &str| forms.iter().any(|form| form.action.ends_with(end));
    assert_eq!(has("/vote"), state["can_vote"] == true, "voting: {state} {}", page.words());
    assert_eq!(has("/message"), !state["next_message"].is_null(), "going on: {state} {}", page.words());
    for side in ["a", "b"] {
        let reply = reply(&state, side);
        let hidden = format!("name=\"side\" value=\"{side}\"");
        let form = page.text.split("<form class=\"retry\"").skip(1).find(|form| form.contains(&hidden));
        let is_shown = form.is_some_and(|form| !form.split('>').next().unwrap_or("").ends_with("hidden"));
        assert_eq!(is_shown, reply["can_retry"] == true, "retrying {side}: {reply} {}", page.words());
        assert!(page.words().contains(reply["message"].as_str().unwrap_or("")), "{reply}");
        if reply["can_retry"] == false {
            let path = format!("/api/v1{}/retry", battle.replace("/battle/", "/battles/"));
            visitor.call("POST", &path, Some(&json!({ "side": side }))).await.expect(409);
        }
    }
}

#[tokio::test]
async fn a_message_that_is_refused_for_good_comes_back_to_be_changed_and_complete_turns_are_judged() {
    for (message, words) in [
        ("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens", "too long"),
        // While names are hidden nothing tells that a cloud filters: the message is not accepted.
        ("The response was filtered due to content management policy", "does not accept"),
        ("the request is malformed", "does not accept"),
    ] {
        let stage = Stage::with(fine(), fine()).await;
        let visitor = stage.arena.visitor();
        let battle = begin(&visitor, "first").await;
        read(&visitor, &battle).await;
        stage.endpoint.model(REMOTE[0], refuses(message));
        go_on(&visitor, &battle, "the <second> message").await;
        let seen = read(&visitor, &battle).await;
        let side = seen.sides_that_are("failed")[0].to_owned();
        assert!(seen.message(&side).contains(words), "{}", seen.message(&side));
        assert_eq!(seen.status[&side]["retry"], false, "the same message would fail again");
        surfaces_agree(&visitor, &battle).await;
        let page = visitor.get(&battle).await;
        assert!(page.words().contains("One model cannot answer this message"), "{}", page.words());
        assert!(page.words().contains("judges the turns before this one"), "{}", page.words());
        let form = page.form("to go on", |form| form.action.ends_with("/message"));
        assert_eq!(form.value("prompt"), Some("the <second> message"), "the message comes back");
        // Shortened, it takes the place of the one that failed: of both sides, under the same number.
        stage.endpoint.model(REMOTE[0], fine());
        let page = visitor.submit(&form.with("prompt", "short"), None).await.expect(200);
        assert!(page.path.starts_with(&battle), "{}", page.path);
        let seen = read(&visitor, &battle).await;
        assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"));
        let now = state(&visitor, &battle).await;
        assert_eq!(now["turns"].as_array().map(Vec::len), Some(2));
        assert_eq!((&now["turns"][1]["prompt"], &reply(&now, "a")["attempt"]), (&json!("short"), &json!(2)));
        let asked = stage.endpoint.requests();
        let last = &asked[asked.len() - 1]["messages"];
        assert_eq!((last.as_array().map(Vec::len), &last[2]["content"]), (Some(3), &json!("short")));
        // And refused again, the turns before can be voted on.
        stage.endpoint.model(REMOTE[1], refuses(message));
        stage.endpoint.model(REMOTE[0], refuses(message));
        go_on(&visitor, &battle, "third").await;
        read(&visitor, &battle).await;
        surfaces_agree(&visitor, &battle).await;
        assert!(visitor.get(&battle).await.words().contains("Neither model can answer"));
        vote(&visitor, &battle, "a").await;
        assert_eq!(stage.store.count("SELECT count(*) FROM votes").await, 1);
        assert_eq!(visitor.fetch("/leaderboard.json").await.json()["votes"], 1);
    }
}

#[tokio::test]
async fn a_first_message_that_is_refused_can_be_changed_and_not_voted_on() {
    let stage = Stage::with(refuses("prompt is too long"), refuses("prompt is too long")).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "much too long").await;
    read(&visitor, &battle).await;
    surfaces_agree(&visitor, &battle).await;
    let said = state(&visitor, &battle).await;
    assert_eq!((&said["can_vote"], &said["next_message"]), (&json!(false), &json!("replaces")));
    for name in REMOTE {
        stage.endpoint.model(name, fine());
    }
    go_on(&visitor, &battle, "shorter").await;
    read(&visitor, &battle).await;
    let prompts = stage.store.texts("SELECT prompt FROM turns ORDER BY number").await;
    assert_eq!(prompts, ["shorter"]);
    vote(&visitor, &battle, "b").await;
}

#[tokio::test]
async fn an_empty_answer_of_any_kind_is_retried_once_judged_and_never_breaks_the_next_turn() {
    let length = || Ending::Reason("length".to_owned());
    let kinds = [
        ("nothing", Behaviour::says(&[])),
        ("only reasoning, to its limit", Behaviour::says(&["<think>Well, ", "let me see"]).ending(length())),
        ("only tool calls", Behaviour::says(&[]).ending(Ending::Reason("tool_calls".to_owned()))),
        ("blanks", Behaviour::says(&[" ", "\t \u{3000}"])),
        ("one newline", Behaviour::says(&["\n"])),
        ("what shows nothing", Behaviour::says(&["\u{200b}\u{feff}"])),
    ];
    for (what, empty) in kinds {
        let stage = Stage::with(empty, fine()).await;
        let visitor = stage.arena.visitor();
        let battle = begin(&visitor, "first").await;
        let seen = read(&visitor, &battle).await;
        assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{what}");
        let side = if seen.message("a").is_empty() { "b" } else { "a" };
        assert!(
            seen.message(side).contains("empty answer") && seen.message(other(side)).is_empty(),
            "{what}: {seen:?}"
        );
        surfaces_agree(&visitor, &battle).await;
        let said = state(&visitor, &battle).await;
        assert_eq!((&said["can_vote"], &reply(&said, side)["can_retry"]), (&json!(true), &json!(true)), "{what}");
        retry_reply(&visitor, &battle, side).await;
        read(&visitor, &battle).await;
        surfaces_agree(&visitor, &battle).await;
        let said = state(&visitor, &battle).await;
        assert_eq!((&said["can_vote"], &reply(&said, side)["can_retry"]), (&json!(true), &json!(false)), "{what}");
        // The next question is asked together with the one that got no answer, and the person and the model take turns.
        go_on(&visitor, &battle, "second").await;
        read(&visitor, &battle).await;
        let asked: Vec<Value> = stage.endpoint.requests().into_iter().rev().take(2).collect();
        let asked_of =
            |name: &str| asked.iter().find(|request| request["model"] == name).expect("asked")["messages"].clone();
        assert_eq!(asked_of(REMOTE[0]), json!([{ "role": "user", "content": "first\n\nsecond" }]), "{what}");
        assert_eq!(asked_of(REMOTE[1]).as_array().map(Vec::len), Some(3), "{what}");
        vote(&visitor, &battle, "both_bad").await;
        assert_eq!(stage.store.count("SELECT count(*) FROM votes").await, 1, "{what}");
    }
}

#[tokio::test]
async fn thoughts_in_the_text_are_not_shown_not_kept_and_not_sent_back() {
    let thinks = Behaviour::says(&["<thi", "nk>I am Zanzibar", " by Quokka Inc.</th", "ink>\n\nThe ", "answer."]);
    let stage = Stage::with(thinks, fine()).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "first").await;
    let seen = read(&visitor, &battle).await;
    let side = if seen.html("a").contains("The answer.") { "a" } else { "b" };
    assert_eq!(seen.html(side).trim(), "<p dir=\"auto\">The answer.</p>", "{seen:?}");
    assert!(!visitor.received().contains("Zanzibar"));
    go_on(&visitor, &battle, "second").await;
    read(&visitor, &battle).await;
    for request in stage.endpoint.requests() {
        assert!(!request.to_string().contains("Zanzibar"), "{request}");
    }
    assert_eq!(stage.store.count("SELECT count(*) FROM battles WHERE exclusion_reason IS NOT NULL").await, 0);
}

#[tokio::test]
async fn an_answer_that_a_filter_cut_says_so_after_the_vote_and_one_of_which_nothing_is_left_failed() {
    let filtered = |pieces: &[&str]| Behaviour::says(pieces).ending(Ending::Reason("content_filter".to_owned()));
    let stage = Stage::with(filtered(&["Half of "]), filtered(&[])).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "first").await;
    let seen = read(&visitor, &battle).await;
    let (half, none) = if seen.status("a") == "done" { ("a", "b") } else { ("b", "a") };
    assert!(seen.message(half).contains("cut off"), "{seen:?}");
    assert!(!visitor.received().contains("content filter"), "only some kinds of back end have one");
    assert_eq!(seen.status(none), "failed");
    assert!(seen.message(none).contains("does not accept"), "{seen:?}");
    surfaces_agree(&visitor, &battle).await;
    stage.endpoint.model(REMOTE[1], fine());
    let battle = begin(&visitor, "second").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "tie").await;
    let page = visitor.get(&battle).await;
    assert!(page.words().contains("content filter"), "{}", page.words());
}

#[tokio::test]
async fn who_goes_too_fast_is_told_when_to_come_back_and_keeps_the_message() {
    let stage = Stage::on(Options::bare().argument("--voter-per-minute=2"), fine(), fine()).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "first").await;
    read(&visitor, &battle).await;
    go_on(&visitor, &battle, "second").await;
    read(&visitor, &battle).await;
    let page = visitor.get(&battle).await;
    let form = page.form("to go on", |form| form.action.ends_with("/message")).with("prompt", "a third message");
    let refused = visitor.submit(&form, None).await.expect(429);
    let seconds: u64 = refused.header("retry-after").expect("when").parse().expect("seconds");
    assert!((1..=31).contains(&seconds), "{seconds}");
    assert!(refused.words().contains(&format!("Try again in {seconds} s")), "{}", refused.words());
    let form = refused.form("to go on", |form| form.action.ends_with("/message"));
    assert_eq!(form.value("prompt"), Some("a third message"));
    // A first message is kept too, and programs are told the same.
    let page = visitor.get("/battle").await;
    let form = page.form("to begin", |form| form.has("prompt")).with("prompt", "another battle");
    let refused = visitor.submit(&form, None).await.expect(429);
    assert!(refused.words().contains("Try again in"), "{}", refused.words());
    assert_eq!(refused.form("to begin", |form| form.has("prompt")).value("prompt"), Some("another battle"));
    let start = json!({ "kind": "battle", "prompt": "hello" });
    let refused = visitor.call("POST", "/api/v1/battles", Some(&start)).await.expect(429);
    let seconds: u64 = refused.header("retry-after").expect("when").parse().expect("seconds");
    let error = refused.json()["error"].clone();
    assert_eq!((&error["code"], &error["retry_after"]), (&json!("rate-limited"), &json!(seconds)));
    assert!(error["message"].as_str().is_some_and(|text| text.contains(&format!("{seconds} s"))), "{error}");
    // Votes have their own limit, and say the same on the page.
    vote(&visitor, &battle, "a").await;
}
