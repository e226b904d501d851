//! axe-core over the states of all pages, in both languages and both schemes: nothing is found.

use arena_tests::harness::{Browser, Look, axe_source, eventually_async};

use super::desk::sign_in;
use super::{Stage, complete, poem};

/// Pages that anybody opens, and those of the administration.
const PAGES: &[&str] = &[
    "/battle",
    "/battle?draw=chosen",
    "/side-by-side",
    "/direct",
    "/leaderboard",
    "/leaderboard?kind=direct",
    "/models",
    "/models/one",
    "/compare?a=one&b=two",
    "/factors",
    "/reasons",
    "/history",
    "/history?q=nothing-like-it",
    "/history/votes",
    "/help",
    "/help/models",
    "/help/engine",
    "/help/deploy",
    "/about",
    "/terms",
    "/privacy",
    "/api",
    "/nowhere",
];
const ADMIN: &[&str] = &[
    "/admin",
    "/admin/charts",
    "/admin/models",
    "/admin/models/new?kind=local",
    "/admin/models/new?kind=endpoint",
    "/admin/models/new?copy=one",
    "/admin/models/one",
    "/admin/models/one/retire",
    "/admin/prompts",
    "/admin/battles",
    "/admin/votes",
    "/admin/votes/import",
    "/admin/votes/groups",
    "/admin/voters",
    "/admin/identity",
    "/admin/site",
    "/admin/site/terms",
    "/admin/audit",
    "/admin/tokens",
    "/admin/accounts",
];

/// What is found on this page, in words.
async fn look(browser: &Browser, what: &str, found: &mut Vec<String>) {
    found.extend(browser.axe().await.into_iter().map(|one| format!("{what}: {one}")));
}

async fn visit(name: &str, look_like: Look) {
    // Slow enough that a page can be looked at while its answers come.
    let stage = Stage::with(poem(40), poem(40)).await;
    let browser = Browser::open(look_like).await;
    let mut found = Vec::new();
    browser.go(&stage.arena.url("/battle")).await;
    browser.write("[data-composer]", "A poem").await;
    browser.click("[data-send]").await;
    browser.find("[data-stop]").await;
    look(&browser, "answers that come", &mut found).await;
    complete(&browser).await;
    look(&browser, "answers to vote on", &mut found).await;
    browser.run("for (const details of document.querySelectorAll('details')) details.open = true").await;
    look(&browser, "all of that unfolded", &mut found).await;
    browser.click("[data-vote] [value=a]").await;
    browser.see("[data-pending]").await;
    look(&browser, "a vote that can be taken back", &mut found).await;
    browser.see("[data-revealed]").await;
    look(&browser, "the reveal", &mut found).await;
    ask_after(&browser).await;
    look(&browser, "after the reveal", &mut found).await;
    let order = "const names = document.querySelector('[data-revealed]'), later = document.querySelector('#turn-2'); \
        return (names.compareDocumentPosition(later) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0";
    assert_eq!(browser.run(order).await, true, "the names stand below a turn that they say nothing of");
    browser.screenshot(&format!("after-reveal-{}", if look_like.size.0 < 600 { "phone" } else { "desk" })).await;
    sign_in(&browser, &stage.arena).await;
    for path in PAGES.iter().chain(ADMIN) {
        browser.go(&stage.arena.url(path)).await;
        browser.find("main").await;
        browser.run("for (const details of document.querySelectorAll('details')) details.open = true").await;
        look(&browser, path, &mut found).await;
    }
    // A form that was refused, and the door.
    browser.go(&stage.arena.url("/admin/site")).await;
    browser.run("document.querySelector('#access').value = 'code'").await;
    browser.click("button[value=save]").await;
    browser.see(".field-error").await;
    look(&browser, "a refused form", &mut found).await;
    browser.write("#access_code", "spring-2026").await;
    browser.click("button[value=save]").await;
    browser.see("[data-saved]").await;
    browser.click(".admin-bar form button").await;
    eventually_async("signed out", async || (browser.path().await == "/admin/sign-in").then_some(())).await;
    look(&browser, "the sign-in", &mut found).await;
    browser.go(&stage.arena.url("/battle")).await;
    browser.find("#code").await;
    look(&browser, "the door", &mut found).await;
    assert!(found.is_empty(), "axe-core, {name}: {found:#?}");
    browser.close().await;
}

/// One more turn, whose answers may be read and not voted on.
async fn ask_after(browser: &Browser) {
    browser.write(".follow [data-composer]", "And another").await;
    browser.click(".follow [data-send]").await;
    eventually_async("the turn after", async || browser.has("#turn-2 .answer[data-status=done]").await.then_some(()))
        .await;
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page_in_english_on_a_desk() {
    if axe_source().is_some() {
        visit("English", Look::default()).await;
    }
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page_in_chinese_on_a_dark_phone() {
    if axe_source().is_some() {
        visit("Chinese, dark, phone", Look::default().chinese().dark().phone()).await;
    }
}
