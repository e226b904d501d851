//! What visitors take with them: texts as they were written, files, a public page; and that what they typed stays as typed.

use arena_tests::harness::{Behaviour, Options};
use serde_json::Value;

use crate::stage::{NAMES, Stage, begin, read, vote};

const TYPED: &str = "    if x*2*3:\n\treturn __name__  # note";

async fn stage() -> Stage {
    let options = Options::bare().variable("ARENA_VOTE_UNDO_SECONDS", "0");
    Stage::on(options, Behaviour::says(&["**One** ", "$x$"]), Behaviour::says(&["Another ", "`answer`"])).await
}

#[tokio::test]
async fn a_message_is_sent_and_shown_as_it_was_typed() {
    let stage = stage().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, TYPED).await;
    read(&visitor, &battle).await;
    let page = visitor.get(&battle).await.expect(200);
    assert!(page.text.contains(&format!("dir=\"auto\" data-part=\"prompt\">{TYPED}</div>")), "{}", page.text);
    let asked: Vec<Value> = stage.endpoint.requests();
    assert_eq!(asked.len(), 2);
    for request in &asked {
        assert_eq!(request["messages"][0]["content"], TYPED);
    }
    assert_eq!(visitor.get(&format!("{battle}/turns/1/prompt")).await.expect(200).text, TYPED);
}

#[tokio::test]
async fn an_answer_is_copied_as_its_model_wrote_it() {
    let stage = stage().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Which?").await;
    read(&visitor, &battle).await;
    let mut answers = Vec::new();
    for side in ["a", "b"] {
        answers.push(visitor.get(&format!("{battle}/turns/1/{side}")).await.expect(200).text);
    }
    answers.sort();
    assert_eq!(answers, ["**One** $x$", "Another `answer`"]);
    for part in ["turns/2/a", "turns/1/c", "turns/0/prompt"] {
        visitor.get(&format!("{battle}/{part}")).await.expect(404);
    }
    let stranger = stage.arena.visitor();
    for part in ["turns/1/a", "conversation.md", "conversation.json"] {
        stranger.get(&format!("{battle}/{part}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_battle_and_all_of_them_are_files_that_name_models_only_after_the_vote() {
    let stage = stage().await;
    let visitor = stage.arena.visitor();
    let first = begin(&visitor, TYPED).await;
    read(&visitor, &first).await;
    let before = visitor.get(&format!("{first}/conversation.md")).await.expect(200);
    assert!(before.header("content-disposition").is_some_and(|header| header.contains(".md")));
    assert!(before.text.contains(TYPED) && before.text.contains("**One** $x$"), "{}", before.text);
    assert!(NAMES.iter().all(|name| !before.text.contains(name)), "{}", before.text);
    vote(&visitor, &first, "a").await;
    let after = visitor.get(&format!("{first}/conversation.md")).await.expect(200);
    assert!(NAMES.iter().all(|name| after.text.contains(name)), "{}", after.text);
    let second = begin(&visitor, "And this?").await;
    read(&visitor, &second).await;
    let json = visitor.get(&format!("{first}/conversation.json")).await.expect(200).json();
    assert_eq!((&json["vote"], &json["turns"][0]["prompt"]), (&"a".into(), &TYPED.into()));
    let all = visitor.get("/history/battles.jsonl").await.expect(200);
    let prompts: Vec<Value> = all
        .text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a JSON object a line")["turns"][0]["prompt"].clone())
        .collect();
    assert_eq!(prompts, ["And this?", TYPED]);
    let all = visitor.get("/history/battles.md").await.expect(200);
    assert_eq!(all.text.matches("\n## ").count(), 2, "{}", all.text);
    assert!(stage.arena.visitor().get("/history/battles.md").await.expect(200).text.is_empty());
}

#[tokio::test]
async fn a_finished_battle_is_shared_without_its_visitor_and_taken_back() {
    let stage = stage().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Which?").await;
    read(&visitor, &battle).await;
    let page = visitor.get(&battle).await.expect(200);
    assert!(!page.text.contains(&format!("{battle}/share")), "before the names are known nobody else may know them");
    let forged = page.form("to delete", |form| form.action.ends_with("/delete"));
    visitor.post(&format!("{battle}/share"), &forged.fields).await.expect(409);
    vote(&visitor, &battle, "b").await;
    let page = visitor.get(&battle).await.expect(200);
    let share = page.form("to share", |form| form.action.ends_with("/share"));
    let shared = visitor.submit(&share, None).await.expect(200);
    let (_, rest) = shared.text.split_once("/shared/").expect("the address of the page");
    let address = format!("/shared/{}", rest.split('"').next().expect("its end"));
    let stranger = stage.arena.visitor();
    let public = stranger.get(&address).await.expect(200);
    assert!(NAMES.iter().all(|name| public.text.contains(name)), "{}", public.text);
    assert!(public.words().contains("The visitor found"), "{}", public.words());
    assert!(
        public.text.contains("noindex") && !public.text.contains(&battle),
        "nothing leads to the visitor's own page"
    );
    // Shared again it is the same page; another visitor can neither share it nor take it back.
    visitor.post(&format!("{battle}/share"), &forged.fields).await.expect(303);
    assert_eq!(stage.store.count("SELECT count(*) FROM shares").await, 1);
    let other = stranger.get("/battle").await.form("to begin", |form| form.action == "/battle");
    stranger.post(&format!("{battle}/share/stop"), &other.fields).await.expect(404);
    let stop = shared.form("to stop", |form| form.action.ends_with("/share/stop"));
    visitor.submit(&stop, None).await.expect(200);
    stranger.get(&address).await.expect(404);
    // Deleted with its battle.
    let again = visitor.post(&format!("{battle}/share"), &forged.fields).await;
    assert_eq!(again.status, 303);
    visitor.post(&format!("{battle}/delete"), &forged.fields).await.expect(303);
    assert_eq!(stage.store.count("SELECT count(*) FROM shares").await, 0);
}

#[tokio::test]
async fn pages_are_compressed_and_streams_are_not() {
    let stage = stage().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Which?").await;
    let client = reqwest::Client::new();
    let get = |path: &str| {
        client
            .get(stage.arena.url(path))
            .header("accept-encoding", "gzip")
            .header("cookie", visitor.cookie("visitor").map(|value| format!("visitor={value}")).unwrap_or_default())
    };
    let page = get("/leaderboard").send().await.expect("an answer");
    assert_eq!(page.headers()["content-encoding"], "gzip");
    let stream = get(&format!("{battle}/stream")).send().await.expect("an answer");
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers().get("content-encoding").map(|value| value.as_bytes()), Some(&b"identity"[..]));
    // A token that differs each time is nothing that lengths could tell.
    let token = |text: String| text.split("name=\"csrf\" value=\"").nth(1).map(|rest| rest[..128].to_owned());
    let first = token(visitor.get("/leaderboard").await.text).expect("a token");
    let second = token(visitor.get("/leaderboard").await.text).expect("a token");
    assert_ne!(first, second);
}

#[tokio::test]
async fn the_theme_is_a_choice_that_stays() {
    let stage = stage().await;
    let visitor = stage.arena.visitor();
    let page = visitor.get("/leaderboard").await;
    assert!(page.text.contains("data-theme=\"system\""));
    let switch = page.form("for the theme", |form| form.action == "/theme");
    let dark = visitor.submit(&switch, Some(("theme", "dark"))).await;
    assert_eq!((dark.path.as_str(), dark.text.contains("data-theme=\"dark\"")), ("/leaderboard", true));
    assert!(visitor.get("/battle").await.text.contains("data-theme=\"dark\""));
    let system = visitor.submit(&switch, Some(("theme", "system"))).await;
    assert!(system.text.contains("data-theme=\"system\""));
    visitor.post("/theme", &switch.with("theme", "pink").fields).await.expect(422);
}

#[tokio::test]
async fn a_message_whose_form_is_refused_comes_back_with_the_refusal() {
    let stage = stage().await;
    let visitor = stage.arena.visitor();
    let form = visitor.get("/battle").await.form("to begin", |form| form.action == "/battle");
    let stale = form.with("csrf", "0".repeat(128)).with("prompt", TYPED);
    let page = visitor.post("/battle", &stale.fields).await.expect(403);
    assert!(page.text.contains(&format!("readonly dir=\"auto\">\n{TYPED}</textarea>")), "{}", page.text);
}

#[tokio::test]
async fn what_is_kept_of_visitors_is_told_in_both_languages() {
    let stage = stage().await;
    let english = stage.arena.visitor().get("/privacy").await.expect(200);
    assert!(english.words().contains("400 days"), "{}", english.words());
    let chinese = stage.arena.visitor().header("accept-language", "zh").get("/privacy").await.expect(200);
    assert!(chinese.words().contains("400 天"), "{}", chinese.words());
}
