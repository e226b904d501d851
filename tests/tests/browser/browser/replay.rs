//! An administrator has a battle's models asked the same again, and reads where they part.

use arena_tests::harness::{Behaviour, Browser, Look};

use super::desk::sign_in;
use super::{Stage, ask, poem};

#[tokio::test]
async fn a_battle_is_replayed_by_a_click_and_the_page_says_where_an_answer_parts_from_before() {
    let stage = Stage::with(poem(1), Behaviour::says(&["An answer that is ", "the same each time."])).await;
    let browser = Browser::open(Look { size: (360, 780), ..Look::default() }).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    stage.endpoint.model("one", Behaviour::says(&["**秋江**\n\n秋江一夜雨，孤客千里心。"]));
    sign_in(&browser, &stage.arena).await;
    browser.go(&stage.arena.url("/admin/battles")).await;
    browser.click("a[href$='/replay']").await;
    browser.read("main", "has not been replayed yet").await;
    browser.click("main .card form button").await;
    // Without another click: the result is followed.
    let told = browser.read("[data-refresh]", "2 answers: 1 the same, 1 different, 0 could not be replayed.").await;
    assert!(told.contains("Differs from character 17 on.") && told.contains("孤客千里心"), "{told}");
    browser.click("[data-refresh] details summary").await;
    browser.read("[data-refresh]", "seed").await;
    browser.screenshot("phone-replay").await;
    browser.assert_fits().await;
    let found = browser.axe().await;
    assert!(found.is_empty(), "{found:?}");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}
