//! The voter.

use arena_tests::harness::{Browser, Look, Options, eventually_async};

use super::{Stage, ask, complete, poem, start};

#[tokio::test]
async fn a_battle_with_real_models_from_the_first_message_to_the_leaderboard() {
    let arena = start(Options::demo()).await;
    eventually_async("the demo models are loaded", async || {
        let health = arena.visitor().fetch("/health").await.json();
        (health["models"]["ready"].as_u64() >= Some(2)).then_some(())
    })
    .await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&arena.url("/")).await;
    assert_eq!(browser.path().await, "/battle");
    browser.screenshot("battle-new").await;
    ask(&browser, "以“秋江”为题，写一首七言绝句").await;
    browser.write("[data-composer]", "再写一首五言绝句").await;
    browser.click("[data-send]").await;
    eventually_async("the second turn", async || browser.has("#turn-2 .answer").await.then_some(())).await;
    complete(&browser).await;
    let page = browser.text("main").await.to_lowercase();
    let told = ["14m", "5m", "pupil", "lora", "q2_k", "q4_k", "q8_0"].into_iter().find(|name| page.contains(name));
    assert!(told.is_none(), "{told:?} is named before the vote: {page}");
    browser.screenshot("battle").await;
    browser.click("[data-vote] [value=a]").await;
    browser.see("[data-revealed]").await;
    browser.screenshot("battle-revealed").await;
    browser.click("[data-revealed] a[href='/leaderboard']").await;
    browser.see("main table").await;
    browser.screenshot("leaderboard").await;
    browser.go(&arena.url("/history")).await;
    browser.screenshot("history").await;
    browser.go(&arena.url("/models")).await;
    browser.screenshot("models").await;
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn on_a_phone_in_chinese_in_the_dark_every_page_fits() {
    let stage = Stage::with(poem(5), poem(8)).await;
    let browser = Browser::open(Look::default().chinese().phone().dark()).await;
    browser.go(&stage.arena.url("/battle")).await;
    assert_eq!(browser.run("return document.documentElement.lang").await, "zh-CN");
    assert_eq!(browser.run("return matchMedia('(prefers-color-scheme: dark)').matches").await, true);
    browser.assert_fits().await;
    browser.screenshot("phone-new").await;
    ask(&browser, "写一首关于秋江的诗").await;
    browser.assert_fits().await;
    browser.screenshot("phone-battle").await;
    browser.click("[data-vote] [value=tie]").await;
    browser.see("[data-revealed]").await;
    browser.assert_fits().await;
    browser.screenshot("phone-revealed").await;
    for (path, name) in [
        ("/leaderboard", "leaderboard"),
        ("/models", "models"),
        ("/models/one", "card"),
        ("/history", "history"),
        ("/side-by-side", "side-by-side"),
        ("/direct", "direct"),
        ("/api", "api"),
        ("/admin/sign-in", "sign-in"),
        ("/nowhere", "error"),
    ] {
        browser.go(&stage.arena.url(path)).await;
        browser.find("main").await;
        browser.assert_fits().await;
        browser.screenshot(&format!("phone-{name}")).await;
        let text = browser.text("main").await;
        assert!(text.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)), "{path} has no Chinese: {text}");
    }
    browser.assert_quiet(&["404"]).await;
    browser.close().await;
}

#[tokio::test]
async fn the_language_switch_switches_and_stays() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/leaderboard")).await;
    browser.click(".language button").await;
    browser.find("html[lang='zh-CN']").await;
    assert_eq!(browser.path().await, "/leaderboard");
    browser.go(&stage.arena.url("/battle")).await;
    assert_eq!(browser.run("return document.documentElement.lang").await, "zh-CN");
    browser.screenshot("battle-new-zh").await;
    browser.close().await;
}

#[tokio::test]
async fn a_vote_can_be_given_by_the_keyboard_alone() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    browser.write("[data-composer]", "A poem").await;
    browser.find("[data-composer]").await.send_keys("\u{e007}").await.expect("Enter sends");
    complete(&browser).await;
    browser.run("document.activeElement.blur()").await;
    browser.press("4").await;
    browser.read("[data-revealed]", "You chose B").await;
    let names = browser.text("[data-revealed]").await;
    assert!(names.contains("Verse Alpha") && names.contains("Verse Beta"), "{names}");
    let headings =
        browser.run("return [...document.querySelectorAll('.answer h2')].map(e => e.textContent).join()").await;
    assert!(headings.as_str().is_some_and(|text| text.contains("Verse")), "{headings}");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}
