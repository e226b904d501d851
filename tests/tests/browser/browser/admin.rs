//! The administrator.

use arena_tests::harness::{Browser, Look, Options, demo_model, eventually_async};

use super::{complete, start};

#[tokio::test]
async fn the_first_administrator_registers_model_files_and_they_join_the_next_battle() {
    let arena = start(Options::empty_worker()).await;
    let browser = Browser::open(Look::default()).await;
    let link = arena.admin_link();
    browser.go(&link).await;
    browser.write("#name", "ada").await;
    browser.write("#password", "correct horse battery").await;
    browser.write("#again", "correct horse battery").await;
    browser.screenshot("admin-welcome").await;
    browser.click("main form button").await;
    eventually_async("the overview", async || (browser.path().await == "/admin").then_some(())).await;
    browser.screenshot("admin-overview-empty").await;
    // The link works once.
    let reply = arena.visitor().get(link.trim_start_matches(&arena.url(""))).await;
    assert_eq!(reply.status, 404, "the one-time link works twice");
    // What is no model is refused with the reason.
    browser.go(&arena.url("/admin/models/new?kind=local")).await;
    browser.write("#path", &arena_tests::tidy::root().join("LICENSE").to_string_lossy()).await;
    browser.click("button[value=look]").await;
    browser.see("#finding.bad").await;
    browser.screenshot("admin-refused").await;
    for (name, part) in [("First Poet", "q2_k"), ("Second Poet", "q4_k")] {
        browser.go(&arena.url("/admin/models/new?kind=local")).await;
        // The key Enter goes on.
        browser.write("#path", &format!("{}\u{e007}", demo_model(part).display())).await;
        browser.see("#finding.good .sample").await;
        browser.screenshot("admin-found").await;
        browser.click("button[value=competes]").await;
        browser.write("#display_name", name).await;
        browser.click("button[value=check]").await;
        browser.see("#finding.good").await;
        browser.screenshot("admin-checked").await;
        browser.click("button[value=save]").await;
        eventually_async("the list", async || (browser.path().await == "/admin/models").then_some(())).await;
        browser.read("main", name).await;
    }
    eventually_async("both models are loaded", async || {
        let health = arena.visitor().fetch("/health").await.json();
        (health["models"]["ready"].as_u64() == Some(2)).then_some(())
    })
    .await;
    browser.go(&arena.url("/admin/models")).await;
    browser.read("main", "Second Poet").await;
    browser.screenshot("admin-models").await;
    browser.go(&arena.url("/battle")).await;
    browser.write("[data-composer]", "写一首五言绝句").await;
    browser.click("[data-send]").await;
    complete(&browser).await;
    browser.click("[data-vote] [value=b]").await;
    let names = browser.read("[data-revealed]", "Poet").await;
    assert!(names.contains("First Poet") && names.contains("Second Poet"), "{names}");
    for (path, name) in [
        ("/admin", "admin-overview"),
        ("/admin/votes", "admin-votes"),
        ("/admin/battles", "admin-battles"),
        ("/admin/audit", "admin-audit"),
        ("/admin/tokens", "admin-tokens"),
    ] {
        browser.go(&arena.url(path)).await;
        browser.find("main").await;
        browser.screenshot(name).await;
    }
    // A withdrawn vote leaves the board.
    browser.go(&arena.url("/admin/votes")).await;
    browser.click("button[name=withdrawn][value=true]").await;
    eventually_async("the board is empty again", async || {
        (arena.visitor().fetch("/leaderboard.json").await.json()["votes"] == 0).then_some(())
    })
    .await;
    browser.assert_quiet(&["422"]).await;
    browser.close().await;
}
