//! The one whose connection or endpoint fails.

use std::time::Duration;

use arena_tests::harness::{Behaviour, Browser, Ending, Look, Proxy, eventually_async};

use super::{Stage, complete, poem};

#[tokio::test]
async fn a_connection_cut_in_mid_stream_is_told_and_the_answers_go_on() {
    let counts = Behaviour::counts(60, Duration::from_millis(150));
    let stage = Stage::with(counts.clone(), counts).await;
    let proxy = Proxy::to(stage.arena.address()).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&format!("http://{}/battle", proxy.address())).await;
    browser.write("[data-composer]", "count").await;
    browser.click("[data-send]").await;
    browser.read(".answer.side-a [data-blocks]", "word3").await;
    proxy.cut();
    browser.see("[data-announce].shown").await;
    browser.screenshot("cut").await;
    let at_the_cut = browser.text(".answer.side-a [data-blocks]").await;
    assert!(!at_the_cut.contains("word60"), "the cut came too late");
    tokio::time::sleep(Duration::from_secs(2)).await;
    proxy.mend();
    complete(&browser).await;
    let words: Vec<String> = (1..=60).map(|n| format!("word{n}")).collect();
    for side in ["a", "b"] {
        let text = browser.text(&format!(".answer.side-{side} [data-blocks]")).await;
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), words, "side {side}");
    }
    browser.close().await;
}

#[tokio::test]
async fn a_side_that_fails_says_so_and_can_be_asked_again() {
    let stage = Stage::with(
        Behaviour::says(&[]).ending(Ending::Status(500, "boom".into())),
        Behaviour::says(&["All is ", "well."]),
    )
    .await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    browser.write("[data-composer]", "hello").await;
    browser.click("[data-send]").await;
    let told = browser.see(".answer [data-message]:not([hidden])").await.text().await.unwrap_or_default();
    assert!(told.len() > 10, "{told}");
    browser.screenshot("failed").await;
    stage.endpoint.model("one", poem(1));
    browser.click(".answer [data-retry]:not([hidden]) button").await;
    complete(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn a_side_that_hangs_is_given_up_in_time() {
    let stage = Stage::with(Behaviour::says(&["A beginning "]).ending(Ending::Hang), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    browser.write("[data-composer]", "hello").await;
    browser.click("[data-send]").await;
    browser.see(".answer [data-retry]:not([hidden]) button").await;
    browser.screenshot("hung").await;
    browser.close().await;
}

#[tokio::test]
async fn a_script_from_a_model_never_runs() {
    let nasty = Behaviour::says(&[
        "<script>window.pwned = 1</script><img src=x onerror=\"window.pwned = 2\">\n\n",
        "[a](javascript:window.pwned=3) <svg onload=\"window.pwned=4\"></svg>\n\n",
        "<style>body{display:none}</style><iframe srcdoc=\"<script>parent.pwned=5</script>\"></iframe>",
    ]);
    let stage = Stage::with(nasty.clone(), nasty).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    browser.write("[data-composer]", "<img src=x onerror=\"window.pwned = 6\">").await;
    browser.click("[data-send]").await;
    complete(&browser).await;
    for _ in 0..2 {
        assert_eq!(browser.run("return window.pwned ?? null").await, serde_json::Value::Null);
        browser.see("[data-vote]").await;
        assert!(!browser.has(".answer script, .answer iframe, .answer style, .answer svg, .answer [onerror]").await);
        browser.go(&stage.arena.url(&browser.path().await)).await;
        eventually_async("the page again", async || browser.has("[data-vote]").await.then_some(())).await;
    }
    browser.screenshot("script").await;
    browser.close().await;
}

#[tokio::test]
async fn a_message_that_does_not_fit_comes_back_to_be_shortened_and_complete_turns_can_be_judged() {
    let full = || Ending::Status(400, "This model's maximum context length is 4096 tokens".into());
    for (look, name, told, changed) in [
        (Look::default(), "context-full", "Change it below", "You chose A"),
        (Look::default().chinese().phone(), "context-full-zh", "请在下方修改", "您选择了 A"),
    ] {
        let stage = Stage::with(poem(1), poem(1)).await;
        let browser = Browser::open(look).await;
        browser.go(&stage.arena.url("/battle")).await;
        browser.write("[data-composer]", "A poem").await;
        browser.click("[data-send]").await;
        complete(&browser).await;
        stage.endpoint.model("one", Behaviour::says(&[]).ending(full()));
        browser.write("[data-composer]", "A very long message").await;
        browser.click("[data-send]").await;
        eventually_async("the second turn", async || browser.has("#turn-2 .answer").await.then_some(())).await;
        browser.read("#panel .notice", told).await;
        assert!(!browser.has("[data-retry]:not([hidden])").await, "the same message would fail again");
        let draft = browser.run("return document.querySelector('#panel [data-composer]').value").await;
        assert_eq!(draft, "A very long message");
        browser.assert_fits().await;
        browser.screenshot(name).await;
        stage.endpoint.model("one", poem(1));
        browser.write("[data-composer]", "Short").await;
        browser.click("[data-send]").await;
        eventually_async("the message was changed", async || {
            browser.text("#turn-2 .prompt").await.contains("Short").then_some(())
        })
        .await;
        complete(&browser).await;
        assert!(!browser.has("#turn-3").await);
        browser.click("[data-vote] [value=a]").await;
        browser.read("[data-revealed]", changed).await;
        browser.close().await;
    }
}
