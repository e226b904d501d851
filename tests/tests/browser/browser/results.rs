//! Benchmark scores beside people's votes.

use arena_tests::harness::{Browser, Look};

use super::desk::sign_in;
use super::{Stage, ask, poem};

/// Sends a score by the form of a model's page.
async fn attach(browser: &Browser, stage: &Stage, slug: &str, accuracy: f64) {
    browser.go(&stage.arena.url(&format!("/admin/models/{slug}/results"))).await;
    let script = format!(
        "const form = document.querySelector('form[enctype]'), data = new FormData();
        data.set('csrf', form.csrf.value);
        const setup = {{benchmark: 'ceval', model: 'm', split: 'val', shots: 5, instruct: false, mode: 'logits', seed: 1, limit: null}};
        const overall = {{right: 1, questions: 1346, accuracy: {accuracy}, standard_error: 1.4}};
        data.set('file', new Blob([JSON.stringify({{setup, overall, groups: {{}}, subjects: {{}}}})]), 'ceval.json');
        return fetch(form.action, {{method: 'POST', body: data}}).then(answer => answer.status);"
    );
    assert_eq!(browser.run(&script).await, 200);
}

#[tokio::test]
async fn scores_of_models_are_seen_on_their_cards_and_beside_the_votes() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.click("[data-vote] [value=a]").await;
    browser.see("[data-revealed]").await;
    sign_in(&browser, &stage.arena).await;
    attach(&browser, &stage, "one", 51.7).await;
    attach(&browser, &stage, "two", 55.0).await;
    browser.go(&stage.arena.url("/admin/models/one/results")).await;
    browser.read("main", "51.7").await;
    browser.screenshot("model-results").await;
    browser.go(&stage.arena.url("/leaderboard")).await;
    browser.read("main", "55.0").await;
    browser.run("document.querySelector('#objective').scrollIntoView()").await;
    browser.screenshot("board-objective").await;
    browser.go(&stage.arena.url("/models/two")).await;
    browser.read("main", "C-Eval").await;
    browser.assert_quiet(&[]).await;
    browser.close().await;
    let phone = Browser::open(Look::default().phone().chinese()).await;
    phone.go(&stage.arena.url("/leaderboard")).await;
    phone.read("main", "客观评测").await;
    phone.run("document.querySelector('#objective').scrollIntoView()").await;
    phone.assert_fits().await;
    phone.screenshot("phone-board-objective-zh").await;
    phone.close().await;
}
