//! People who sign in at a provider before they see anything, and one whose message waits meanwhile.

use arena_tests::harness::{Browser, CLIENT, Look, Provider, SECRET, eventually_async};
use serde_json::json;

use super::desk::sign_in;
use super::{Stage, ask, poem};

async fn at(browser: &Browser, path: &str) {
    eventually_async(path, async || (browser.path().await == path).then_some(())).await;
}

/// At the provider: chooses who one is.
async fn choose(browser: &Browser, account: &str) {
    browser.click("main .actions a.button").await;
    browser.click(&format!("#{account}")).await;
}

#[tokio::test]
async fn people_sign_in_come_back_to_where_they_were_and_lose_no_message() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let url = |path: &str| stage.arena.url(path);
    let provider = Provider::start();
    let ada = json!({ "name": "Ada Lovelace-Byron 李清照", "email": "ada@example.org", "email_verified": true });
    provider.account("ada", json!({ "token": ada }));
    provider.account("eve", json!({ "token": { "name": "Eve", "email": "eve@evil.example", "email_verified": true } }));
    let desk = Browser::open(Look::default()).await;
    sign_in(&desk, &stage.arena).await;
    desk.go(&url("/admin/site")).await;
    desk.run("document.querySelector('#access').value = 'oidc'").await;
    desk.click("button[value=save]").await;
    desk.read(".field-error", "OpenID Connect provider").await;
    desk.write("#oidc_issuer", &provider.issuer()).await;
    desk.write("#oidc_client_id", CLIENT).await;
    desk.write("#oidc_client_secret", SECRET).await;
    desk.write("#oidc_domains", "example.org").await;
    desk.click("button[value=save]").await;
    desk.see("[data-saved]").await;
    desk.assert_fits().await;
    desk.assert_accessible("the settings of signing in").await;
    desk.run("document.querySelector('#oidc_issuer').scrollIntoView({ block: 'center' })").await;
    desk.screenshot("site-sign-in").await;
    desk.assert_quiet(&["422"]).await;
    desk.close().await;
    let looks = [
        ("en", Look::default()),
        ("zh", Look::default().chinese().dark()),
        ("phone-en", Look::default().phone()),
        ("phone-zh", Look::default().phone().chinese()),
    ];
    for (name, look) in looks {
        let browser = Browser::open(look).await;
        browser.go(&url("/leaderboard")).await;
        assert_eq!(browser.path().await, "/sign-in");
        browser.assert_fits().await;
        browser.assert_accessible("the door").await;
        browser.screenshot(&format!("sign-in-{name}")).await;
        choose(&browser, "eve").await;
        browser.see("[role=alert]").await;
        browser.assert_accessible("the door that does not open").await;
        browser.screenshot(&format!("sign-in-refused-{name}")).await;
        choose(&browser, "ada").await;
        at(&browser, "/leaderboard").await;
        browser.read(".person", "Ada").await;
        browser.assert_fits().await;
        browser.assert_accessible("a page of somebody who signed in").await;
        browser.screenshot(&format!("signed-in-{name}")).await;
        browser.go(&url("/battle")).await;
        ask(&browser, "A poem").await;
        browser.assert_fits().await;
        // The session ends while somebody writes, without scripts too.
        browser.go(&url("/battle")).await;
        browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
        browser.go(&url("/battle")).await;
        browser.write("[data-composer]", "Not to be lost").await;
        browser.devtools("Network.deleteCookies", json!({ "name": "access", "url": url("/") })).await;
        browser.click("[data-send]").await;
        browser.see("#unsent").await;
        browser.assert_fits().await;
        browser.screenshot(&format!("sign-in-held-{name}")).await;
        choose(&browser, "ada").await;
        at(&browser, "/access/return").await;
        browser.see("#prompt").await;
        browser.assert_fits().await;
        browser.screenshot(&format!("sign-in-return-{name}")).await;
        browser.click("main form button").await;
        browser.read("main", "Not to be lost").await;
        browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
        browser.go(&url("/history")).await;
        browser.read(".history", "A poem").await;
        browser.click(".person button").await;
        at(&browser, "/sign-in").await;
        assert!(!browser.has(".person").await);
        browser.assert_quiet(&["422", "401"]).await;
        browser.close().await;
    }
}
