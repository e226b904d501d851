//! The administrator who gives the arena a name, texts and a door; and the visitors who meet them.

use arena_tests::harness::{Browser, Look, eventually_async};
use serde_json::json;

use super::desk::sign_in;
use super::{Stage, ask, poem};

async fn saved(browser: &Browser) {
    browser.click("button[value=save]").await;
    browser.see("[data-saved]").await;
}

#[tokio::test]
async fn an_administrator_names_the_arena_writes_its_terms_and_closes_it() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let url = |path: &str| stage.arena.url(path);
    let browser = Browser::open(Look::default()).await;
    sign_in(&browser, &stage.arena).await;
    browser.go(&url("/admin/site")).await;
    browser.screenshot("site-general").await;
    browser.write("#name_en", "Verse Arena").await;
    browser.write("#name_zh", "诗歌竞技场").await;
    browser.write("#contact", "ada@example.org").await;
    saved(&browser).await;
    assert!(browser.text(".brand").await.contains("Verse Arena"));
    // What was typed survives a session that ends, and a mistake.
    browser.go(&url("/admin/site/terms")).await;
    browser.write("#terms_en", "## House rules\n\nBe *kind*.").await;
    browser.go(&url("/admin/site/terms")).await;
    browser.read("[data-restored]", "not saved").await;
    let typed = browser.run("return document.querySelector('#terms_en').value").await;
    assert_eq!(typed, "## House rules\n\nBe *kind*.");
    browser.click("button[value=preview]").await;
    browser.read(".preview", "House rules").await;
    browser.screenshot("site-preview").await;
    saved(&browser).await;
    let kept = browser.run("return Object.keys(sessionStorage).filter(key => key.startsWith('draft:/admin'))").await;
    assert_eq!(kept, json!([]), "a draft is left that would come back over what is saved");
    // A door without a code is refused.
    browser.go(&url("/admin/site")).await;
    browser.run("document.querySelector('#access').value = 'code'").await;
    browser.run("document.querySelector('#consent').checked = true").await;
    browser.click("button[value=save]").await;
    browser.read(".field-error", "At least 6 characters").await;
    browser.screenshot("site-refused").await;
    browser.write("#access_code", "spring-2026").await;
    saved(&browser).await;
    for (name, look) in [("en", Look::default().phone()), ("zh", Look::default().phone().chinese())] {
        let visitor = Browser::open(look).await;
        visitor.go(&url("/battle")).await;
        assert_eq!(visitor.path().await, "/access");
        visitor.screenshot(&format!("phone-access-{name}")).await;
        visitor.assert_fits().await;
        for path in ["/about", "/terms", "/privacy"] {
            visitor.go(&url(path)).await;
            visitor.find("article h1").await;
            visitor.assert_fits().await;
            visitor.screenshot(&format!("phone{}-{name}", path.replace('/', "-"))).await;
        }
        visitor.go(&url("/battle")).await;
        visitor.write("#code", "spring-2026").await;
        visitor.click("main button").await;
        eventually_async("inside", async || (visitor.path().await == "/battle").then_some(())).await;
        visitor.screenshot(&format!("phone-agreement-{name}")).await;
        visitor.click("[name=agrees]").await;
        ask(&visitor, "A poem").await;
        visitor.go(&url("/battle")).await;
        assert!(!visitor.has("[name=agrees]").await, "asked twice");
        visitor.assert_quiet(&[]).await;
        visitor.close().await;
    }
    for (name, look) in [
        ("phone-admin-en", Look::default().phone()),
        ("phone-admin-zh", Look::default().phone().chinese()),
        ("admin-zh", Look::default().chinese()),
        ("admin-en", Look::default()),
    ] {
        let other = Browser::open(look).await;
        other.go(&url("/admin/sign-in")).await;
        other.write("#name", "ada").await;
        other.write("#password", "correct horse battery").await;
        other.click("main form button").await;
        eventually_async("the overview", async || (other.path().await == "/admin").then_some(())).await;
        let pages = ["site", "site/privacy", "charts?days=7", "models", "models/new?copy=one", "models/one"];
        for path in pages {
            other.go(&url(&format!("/admin/{path}"))).await;
            other.find("main h1").await;
            other.assert_fits().await;
            let part: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
            other.screenshot(&format!("{name}-{part}")).await;
        }
        other.close().await;
    }
    browser.assert_quiet(&["422"]).await;
    browser.close().await;
}

#[tokio::test]
async fn a_visitor_edits_regenerates_and_talks_on_after_the_reveal_and_finds_their_own_ranking() {
    let stage = Stage::with(poem(1), poem(1)).await;
    for (name, look) in [("en", Look::default()), ("phone-zh", Look::default().phone().chinese())] {
        let browser = Browser::open(look).await;
        browser.go(&stage.arena.url("/battle")).await;
        ask(&browser, "A pome").await;
        browser.click("details.anew:has(#edit) summary").await;
        browser.screenshot(&format!("battle-edit-{name}")).await;
        browser.write("#edit", "A poem").await;
        browser.click("details.anew:has(#edit) button").await;
        browser.find(".turn .badge").await;
        super::complete(&browser).await;
        browser.click("details.anew:has([value=concise]) summary").await;
        browser.screenshot(&format!("battle-regenerate-{name}")).await;
        browser.click("[value=concise]").await;
        browser.find(".answer header .badge").await;
        super::complete(&browser).await;
        browser.assert_fits().await;
        browser.click("[data-vote] [value=a]").await;
        browser.see("[data-revealed]").await;
        browser.see(".follow [data-composer]").await;
        browser.screenshot(&format!("battle-revealed-{name}")).await;
        browser.write(".follow [data-composer]", "And another").await;
        browser.click(".follow [data-send]").await;
        eventually_async("the turn after", async || {
            browser.has("#turn-2 .answer[data-status=done]").await.then_some(())
        })
        .await;
        browser.see(".after-vote").await;
        browser.screenshot(&format!("battle-after-{name}")).await;
        browser.assert_fits().await;
        browser.go(&stage.arena.url("/history")).await;
        browser.screenshot(&format!("history-{name}")).await;
        browser.assert_fits().await;
        browser.go(&stage.arena.url("/history/votes")).await;
        browser.find("main table").await;
        browser.screenshot(&format!("my-votes-{name}")).await;
        browser.assert_fits().await;
        browser.go(&stage.arena.url("/direct")).await;
        browser.click("details.parameters summary").await;
        browser.screenshot(&format!("direct-settings-{name}")).await;
        browser.assert_fits().await;
        browser.assert_quiet(&[]).await;
        browser.close().await;
    }
}
