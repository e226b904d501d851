//! An administrator has a model judge, and reads how far it can be trusted.

use arena_tests::harness::{Behaviour, Browser, Look, NewModel, eventually_async};

use super::desk::{sign_in, sign_in_again};
use super::{Stage, ask};

/// Two models and a judge that reads the answers.
async fn stage() -> Stage {
    let stage =
        Stage::with(Behaviour::says(&["A good answer, longer than the other."]), Behaviour::says(&["Bad."])).await;
    let judge = Behaviour::says(&["System 1: 4/10. Short.\nSystem 2: 9/10. Clear."])
        .when("Assistant A's Answer]\nA good", "It is better. [[A]]")
        .when("Assistant B's Answer]\nA good", "It is better. [[B]]")
        .when("System 1's Answer]\nA good", "System 1: 9/10. Clear.\nSystem 2: 4/10. Short.");
    stage.endpoint.model("umpire", judge);
    let base_url = stage.endpoint.base_url();
    let model = NewModel {
        slug: "umpire",
        name: "Umpire",
        base_url: &base_url,
        remote_model: "umpire",
        // It is never drawn.
        weight: 0.0,
        first_token_seconds: 4.0,
        between_tokens_seconds: 3.0,
    };
    stage.arena.store().await.add_model(&model).await;
    stage
}

#[tokio::test]
async fn a_judging_is_started_watched_and_read_beside_peoples_votes() {
    let stage = stage().await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/judges")).await;
    browser.read("main", "No language model has judged yet.").await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "Why is the sky blue?").await;
    browser.click("[data-vote] [value=a]").await;
    browser.see("[data-revealed]").await;
    sign_in(&browser, &stage.arena).await;
    eventually_async("the vote counts", async || {
        (stage.arena.visitor().fetch("/leaderboard.json").await.json()["votes"].as_u64() == Some(1)).then_some(())
    })
    .await;

    browser.go(&stage.arena.url("/admin/judge")).await;
    browser.screenshot("judge-form").await;
    // Nobody is chosen as the judge: the form says so and keeps what was written.
    browser.run("document.querySelector('#judge').required = false").await;
    browser.write("#prompts", "One prompt\nAnother prompt").await;
    browser.click(".judge-form button").await;
    browser.read("[role=alert]", "Choose a judge.").await;
    assert_eq!(browser.run("return document.querySelector('#prompts').value").await, "One prompt\nAnother prompt");

    browser.run("document.querySelector('#judge').value = 'umpire'").await;
    browser
        .run("for (const box of document.querySelectorAll('[name=model]')) box.checked = box.value !== 'umpire'")
        .await;
    browser.click(".judge-form button").await;
    browser.read("[data-refresh]", "2 of 2 prompts").await;
    browser.read("[data-refresh]", "done").await;
    browser.run("document.querySelector('#judge').value = 'umpire'").await;
    browser.run("document.querySelector('[value=battles]').checked = true").await;
    browser.run("document.querySelector('[value=pairs]').checked = true").await;
    browser.click(".judge-form button").await;
    browser.read("[data-refresh]", "1 of 1 prompts").await;
    eventually_async("both are judged", async || {
        let board = stage.arena.visitor().fetch("/leaderboard.json?kind=judge").await.json();
        (board["votes"].as_u64() == Some(3)).then_some(())
    })
    .await;
    browser.go(&stage.arena.url("/admin/judge")).await;
    browser.run("document.querySelector('#upload').scrollIntoView()").await;
    browser.screenshot("judge-admin").await;
    browser.assert_fits().await;

    browser.go(&stage.arena.url("/judges")).await;
    let told = browser.read("main", "Same as people").await;
    assert!(told.contains("Umpire") && told.contains("Same verdict in both orders"), "{told}");
    let wide = "const page = document.querySelector('main'); return [...document.querySelectorAll('.judges .card')].every(card => \
        card.clientWidth > page.clientWidth * 0.95)";
    assert_eq!(browser.run(wide).await, true, "the cards leave half of the page empty");
    browser.screenshot("judges").await;
    browser.go(&stage.arena.url("/leaderboard?kind=judge")).await;
    browser.read("main", "Verse Alpha").await;
    browser.screenshot("judge-board").await;
    assert_eq!(
        stage.arena.visitor().fetch("/leaderboard.json").await.json()["votes"],
        1,
        "people's board is as it was"
    );

    // Its votes go as a whole, and come back.
    browser.go(&stage.arena.url("/admin/judge")).await;
    browser.click("form[action$='/votes'] button").await;
    browser.read("main", "Restore its votes").await;
    // The form without a judge.
    browser.assert_quiet(&["422"]).await;
    browser.close().await;

    let phone = Browser::open(Look::default().phone().chinese()).await;
    phone.go(&stage.arena.url("/judges")).await;
    phone.read("main", "与人一致").await;
    phone.assert_fits().await;
    phone.screenshot("phone-judges-zh").await;
    sign_in_again(&phone, &stage.arena).await;
    phone.go(&stage.arena.url("/admin/judge")).await;
    phone.read("main", "已完成").await;
    phone.assert_fits().await;
    phone.screenshot("phone-judge-admin-zh").await;
    phone.close().await;
}
