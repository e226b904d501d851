//! The visitor whose browser runs no scripts: everything but the stream works for them too.

use arena_tests::harness::{Browser, Look, eventually_async};
use serde_json::json;

use super::{Stage, complete, poem};

#[tokio::test]
async fn without_scripts_a_visitor_battles_votes_and_finds_the_battle_again() {
    let stage = Stage::with(poem(60), poem(60)).await;
    let browser = Browser::open(Look::default()).await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.go(&stage.arena.url("/battle")).await;
    browser.write("[data-composer]", "A poem about the autumn river").await;
    browser.click("[data-send]").await;
    // The page asks again by itself until both answers are there.
    complete(&browser).await;
    let answers = browser.text(".answers").await;
    assert_eq!(answers.matches("秋江一夜雨").count(), 2, "{answers}");
    assert!(!browser.text("main").await.contains("Verse"), "named before the vote");
    browser.screenshot("plain-battle").await;
    browser.write("[data-composer]", "Another one").await;
    browser.click("[data-send]").await;
    eventually_async("the second turn", async || browser.has("#turn-2 .answer").await.then_some(())).await;
    complete(&browser).await;
    browser.click("[data-vote] [value=a]").await;
    let names = browser.read("[data-revealed]", "Verse").await;
    assert!(names.contains("Verse Alpha") && names.contains("Verse Beta"), "{names}");
    browser.screenshot("plain-revealed").await;
    browser.click("[data-revealed] a[href='/leaderboard']").await;
    browser.read("main table", "Verse Alpha").await;
    browser.go(&stage.arena.url("/history")).await;
    browser.read(".history", "A poem about the autumn river").await;
    browser.click(".language button").await;
    browser.find("html[lang='zh-CN']").await;
    assert_eq!(browser.path().await, "/history");
    browser.click(".history a.open").await;
    browser.read("[data-revealed]", "Verse Alpha").await;
    assert_eq!(browser.run("return document.documentElement.lang").await, "zh-CN");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}
