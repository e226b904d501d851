//! The administrator's desk: votes taken back and put back, endpoints checked on the spot.

use arena_tests::harness::{Arena, Browser, Endpoint, Look, Options, eventually_async};

use super::{Stage, ask, poem, start};

/// Takes the one-time link.
pub async fn sign_in(browser: &Browser, arena: &Arena) {
    browser.go(&arena.admin_link()).await;
    browser.write("#name", "ada").await;
    browser.write("#password", "correct horse battery").await;
    browser.write("#again", "correct horse battery").await;
    browser.click("main form button").await;
    eventually_async("the overview", async || (browser.path().await == "/admin").then_some(())).await;
}

async fn board_counts(arena: &Arena, votes: u64) {
    eventually_async(&format!("the board counts {votes}"), async || {
        (arena.visitor().fetch("/leaderboard.json").await.json()["votes"].as_u64() == Some(votes)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_vote_leaves_the_board_and_a_restored_one_returns_and_both_are_in_the_audit_log() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look { size: (360, 780), ..Look::default() }).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.click("[data-vote] [value=a]").await;
    browser.see("[data-revealed]").await;
    board_counts(&stage.arena, 1).await;
    sign_in(&browser, &stage.arena).await;
    browser.go(&stage.arena.url("/admin/votes")).await;
    browser.click("button[name=withdrawn][value=true]").await;
    browser.see("button[name=withdrawn][value=false]").await;
    board_counts(&stage.arena, 0).await;
    browser.screenshot("phone-admin-votes").await;
    browser.click("button[name=withdrawn][value=false]").await;
    browser.see("button[name=withdrawn][value=true]").await;
    board_counts(&stage.arena, 1).await;
    browser.go(&stage.arena.url("/admin/audit")).await;
    browser.read("main", "Withdrew a vote").await;
    browser.read("main", "Restored a vote").await;
    let nav =
        browser.run("const n = document.querySelector('.admin-bar nav'); return n.scrollWidth <= n.clientWidth").await;
    assert_eq!(nav, true, "the administration's navigation scrolls sideways on a phone");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn a_checked_endpoint_says_what_it_found_and_its_saved_models_join_the_next_battle() {
    let arena = start(Options::bare()).await;
    let endpoint = Endpoint::start();
    endpoint.model("one", poem(1));
    endpoint.model("two", poem(1));
    let browser = Browser::open(Look::default()).await;
    sign_in(&browser, &arena).await;
    let seconds = regex::Regex::new(r"\d\.\d\d s").expect("a regular expression");
    for (name, remote) in [("Far Poet", "one"), ("Farther Poet", "two")] {
        browser.go(&arena.url("/admin/models/new?kind=endpoint")).await;
        browser.write("#display_name", name).await;
        browser.write("#base_url", &endpoint.base_url()).await;
        browser.write("#remote_model", remote).await;
        browser.click("button[value=check]").await;
        let found = browser.read("#finding.good", "The endpoint responds").await;
        assert!(found.contains("秋江") && seconds.is_match(&found), "it does not say what it found: {found}");
        browser.click("button[value=save]").await;
        eventually_async("the list", async || (browser.path().await == "/admin/models").then_some(())).await;
        browser.read("main", name).await;
    }
    browser.go(&arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.click("[data-vote] [value=b]").await;
    let names = browser.read("[data-revealed]", "Far Poet").await;
    assert!(names.contains("Farther Poet"), "{names}");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}
