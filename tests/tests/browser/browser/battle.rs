//! The voter.

use std::time::Duration;

use arena_tests::harness::{Behaviour, Browser, Look, Options, eventually_async};

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
        ("/compare?a=one&b=two", "compare"),
        ("/factors", "factors"),
        ("/reasons", "reasons"),
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

/// What has the focus: its id, or what it is.
async fn focused(browser: &Browser) -> String {
    let script = "const e = document.activeElement; return e.id || (e.hasAttribute('data-vote') ? 'vote' : e.tagName)";
    browser.run(script).await.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_vote_can_be_given_by_the_keyboard_alone() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    assert_eq!(focused(&browser).await, "prompt", "who comes to write can write");
    browser.write("[data-composer]", "A poem").await;
    browser.find("[data-composer]").await.send_keys("\u{e007}").await.expect("Enter sends");
    complete(&browser).await;
    eventually_async("the focus is where the next act is", async || (focused(&browser).await == "panel").then_some(()))
        .await;
    // The first button is one step away; from there the keys vote.
    browser.press_code("Tab", "Tab").await;
    let first = browser.run("return document.activeElement.value").await;
    assert_eq!(first, "a");
    browser.press("4").await;
    browser.read("[data-pending]", "You chose B").await;
    browser.read("[data-revealed]", "You chose B").await;
    let names = browser.text("[data-revealed]").await;
    assert!(names.contains("Verse Alpha") && names.contains("Verse Beta"), "{names}");
    let headings =
        browser.run("return [...document.querySelectorAll('.answer h2')].map(e => e.textContent).join()").await;
    assert!(headings.as_str().is_some_and(|text| text.contains("Verse")), "{headings}");
    let next = browser.run("return document.activeElement.getAttribute('href')").await;
    assert_eq!(next, "/battle", "the next act is another battle");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn who_types_writes_a_message_and_votes_nothing() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.run("document.activeElement.blur()").await;
    for key in "2 more lines please, 1234".chars() {
        browser.press(&key.to_string()).await;
    }
    assert!(!browser.has("[data-pending], [data-revealed]").await, "typing has voted");
    let written = browser.run("return document.querySelector('[data-composer]').value").await;
    assert_eq!(written, "2 more lines please, 1234");
    assert_eq!(stage.arena.store().await.count("SELECT count(*) FROM pending_votes").await, 0);
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn a_vote_is_taken_back_and_given_again_in_both_languages() {
    for (look, name, undone, said) in [
        (Look::default(), "undo", "Which answer is better?", "You chose A"),
        (Look::default().chinese().phone(), "undo-zh", "哪个回答更好", "您选择了 A"),
    ] {
        let options = Options::bare().variable("ARENA_VOTE_UNDO_SECONDS", "30");
        let stage = Stage::on(options, poem(1), poem(1)).await;
        let browser = Browser::open(look).await;
        browser.go(&stage.arena.url("/battle")).await;
        ask(&browser, "写一首诗").await;
        browser.click("[data-vote] [value=b]").await;
        let pending = browser.read("[data-pending]", "B").await;
        browser.screenshot(name).await;
        browser.assert_fits().await;
        assert!(!browser.text("main").await.contains("Verse"), "named while it can be taken back: {pending}");
        let seconds = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u32>().ok();
        let first = seconds(browser.text("[data-countdown]").await).expect("seconds");
        eventually_async("the seconds pass", async || {
            (seconds(browser.text("[data-countdown]").await)? < first).then_some(())
        })
        .await;
        browser.click("form[action$='/vote/undo'] button").await;
        browser.read("[data-vote]", undone).await;
        assert_eq!(stage.arena.store().await.count("SELECT count(*) FROM pending_votes").await, 0);
        browser.click("[data-vote] [value=a]").await;
        browser.see("[data-pending]").await;
        browser.click("form[action$='/vote/show'] button").await;
        browser.read("[data-revealed]", said).await;
        let chosen = stage.arena.store().await.texts("SELECT choice FROM votes").await;
        assert_eq!(chosen, ["a"]);
        browser.assert_quiet(&[]).await;
        browser.close().await;
    }
}

#[tokio::test]
async fn what_was_written_before_the_reader_is_what_the_page_shows_when_it_is_loaded_again() {
    let text = "# Title\n\nA **bold** line\n- one `code`\n- two\n\n```rust\nfn main() {\n    let x = \"<b>\" && 1;\n}\n```\n\n\
        1. *first*\n   > quoted\n2. second\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$x^2$ 床前明月光 🦉 the end";
    let pieces: Vec<String> = text.chars().collect::<Vec<_>>().chunks(3).map(|c| c.iter().collect()).collect();
    let says = Behaviour { pieces, between: Duration::from_millis(15), ..Behaviour::says(&[]) };
    let stage = Stage::with(says.clone(), says).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "write").await;
    let shown = "return [...document.querySelectorAll('.answer [data-blocks]')].map((blocks) => blocks.innerHTML)";
    let written = browser.run(shown).await;
    assert!(written[0].as_str().is_some_and(|html| html.contains("the end")), "{written}");
    browser.go(&stage.arena.url(&browser.path().await)).await;
    browser.see("[data-vote]").await;
    assert_eq!(browser.run(shown).await, written);
    browser.close().await;
}
