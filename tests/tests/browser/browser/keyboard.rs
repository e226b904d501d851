//! Keys that must not vote, and a focus that stays where somebody writes.

use arena_tests::harness::{Browser, Look, Options, eventually_async};

use super::{Stage, ask, poem};

async fn has_vote(browser: &Browser) -> bool {
    browser.has("[data-pending], [data-revealed]").await
}

#[tokio::test]
async fn enter_in_a_box_to_tick_is_no_vote() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.click("[data-vote] summary").await;
    browser.run("document.querySelector('[name=reason]').focus()").await;
    browser.find("[name=reason]").await.send_keys("\u{e007}").await.expect("Enter is pressed");
    // What is sent arrives before what is asked after it.
    browser.run("return fetch('/health').then((answer) => answer.status)").await;
    assert!(!has_vote(&browser).await, "Enter in a box has voted");
    assert_eq!(stage.arena.store().await.count("SELECT count(*) FROM pending_votes").await, 0);
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn who_begins_with_a_letter_writes_although_the_card_holds_the_focus() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.click("#vote-title").await;
    for key in "write 2 more, 1234".chars() {
        browser.press(&key.to_string()).await;
    }
    assert!(!has_vote(&browser).await, "typing has voted");
    let written = browser.run("return document.querySelector('[data-composer]').value").await;
    assert_eq!(written, "write 2 more, 1234");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn the_focus_stays_in_the_box_for_messages_when_a_vote_becomes_final() {
    let options = Options::bare().variable("ARENA_VOTE_UNDO_SECONDS", "3");
    let stage = Stage::on(options, poem(1), poem(1)).await;
    for written in ["", "and then"] {
        let browser = Browser::open(Look::default()).await;
        browser.go(&stage.arena.url("/side-by-side?model_a=one&model_b=two")).await;
        ask(&browser, "A poem").await;
        browser.click("[data-vote] [value=a]").await;
        browser.see("[data-pending]").await;
        browser.click("#panel [data-composer]").await;
        if !written.is_empty() {
            browser.find("#panel [data-composer]").await.send_keys(written).await.expect("writes");
        }
        eventually_async("the vote stands", async || browser.has("[data-revealed]").await.then_some(())).await;
        let is_there = "return document.activeElement === document.querySelector('#panel [data-composer]')";
        eventually_async("the focus is in the box", async || (browser.run(is_there).await == true).then_some(())).await;
        let value = browser.run("return document.querySelector('#panel [data-composer]').value").await;
        assert_eq!(value, written);
        browser.assert_quiet(&[]).await;
        browser.close().await;
    }
}
