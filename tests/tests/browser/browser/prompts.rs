//! An administrator keeps prompts and has models answer in advance; a visitor finds a prompt, and votes at once.

use arena_tests::harness::{Behaviour, Browser, Look, eventually_async};

use super::Stage;
use super::desk::sign_in;

const PROMPTS: &str = "What is dew?\nWhy is the sea salty?\n为什么天空是蓝色的？";

#[tokio::test]
async fn prompts_are_kept_by_an_administrator_and_answers_are_ready_for_visitors() {
    let stage = Stage::with(Behaviour::says(&["Water, by morning."]), Behaviour::says(&["It *condenses*."])).await;
    let browser = Browser::open(Look::default()).await;
    sign_in(&browser, &stage.arena).await;
    browser.go(&stage.arena.url("/admin/prompts")).await;
    browser.read("main", "There are no sets yet").await;
    browser.write("#name", "Open questions").await;
    browser.click("main section form button").await;
    browser.read("h1", "Open questions").await;
    let set = stage.arena.url(&browser.path().await);
    browser.write("#prompts", PROMPTS).await;
    browser.click("form[action$='/text'] button").await;
    browser.read("main", "Added 3 prompts.").await;
    // Another look at the same address adds nothing again.
    assert!(browser.path().await.starts_with("/admin/prompts/") && !browser.path().await.ends_with("/text"));
    browser.click("[name=prepared]").await;
    browser.click("main section form button").await;
    browser.read("main", "2 models in the draw").await;
    eventually_async("all answers", async || {
        browser.go(&set).await;
        browser.text("main").await.contains("6 of 6").then_some(())
    })
    .await;
    browser.assert_fits().await;
    browser.assert_accessible("a set of prompts").await;
    browser.screenshot("prompt-set").await;
    browser.go(&stage.arena.url("/admin/prompts")).await;
    browser.assert_accessible("the sets of prompts").await;
    browser.screenshot("prompt-sets").await;

    // A random prompt goes into the box as if it were typed: what stood there comes back.
    browser.go(&stage.arena.url("/battle")).await;
    browser.write("#prompt", "my own words").await;
    browser.click("[data-random]").await;
    let value = "return document.querySelector('#prompt').value";
    eventually_async("a random prompt", async || {
        let now = browser.run(value).await;
        PROMPTS.lines().any(|prompt| now == prompt).then_some(())
    })
    .await;
    browser.run("document.execCommand('undo')").await;
    assert_eq!(browser.run(value).await, "my own words");
    browser.assert_accessible("a new battle with prompts to choose from").await;
    browser.screenshot("battle-prepared").await;
    browser.click("form[action='/battle/prepared'] button").await;
    browser.see("[data-vote]").await;
    let page = browser.text("main").await;
    assert!(page.contains("Water, by morning.") && page.contains("Prompt from “Open questions”."), "{page}");
    assert!(!page.contains("Verse"), "{page}");
    browser.screenshot("battle-ready").await;
    browser.click("[data-vote] [value=a]").await;
    browser.see("[data-revealed]").await;
    browser.assert_accessible("the next pair").await;
    browser.screenshot("battle-next-pair").await;
    let before = browser.path().await;
    browser.click("[form=next-pair]").await;
    eventually_async("the next pair", async || (browser.path().await != before).then_some(())).await;
    browser.see("[data-vote]").await;
    // Nothing was lost on the way.
    browser.go(&stage.arena.url("/battle")).await;
    assert_eq!(browser.run(value).await, "my own words");
    browser.assert_quiet(&[]).await;
    browser.close().await;

    for (look, name) in [(Look::default().phone().chinese().dark(), "phone"), (Look::default().chinese(), "zh")] {
        let browser = Browser::open(look).await;
        browser.go(&stage.arena.url("/battle")).await;
        browser.assert_fits().await;
        browser.screenshot(&format!("battle-prepared-{name}")).await;
        browser.close().await;
    }
}
