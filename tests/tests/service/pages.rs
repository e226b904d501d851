//! The frame of every page: languages, headers, forms that only our own pages can send, errors that say what to do.

use arena_tests::harness::{Arena, Options};

#[tokio::test]
async fn a_page_speaks_the_browser_s_language_until_the_visitor_chooses() {
    let arena = Arena::start(Options::bare());
    let english = arena.visitor().get("/leaderboard").await;
    assert!(english.text.contains("<html lang=\"en\""), "{}", english.text);
    let visitor = arena.visitor().header("accept-language", "zh-CN,zh;q=0.9,en;q=0.8");
    let chinese = visitor.get("/leaderboard").await;
    assert!(chinese.text.contains("<html lang=\"zh-CN\""));
    let switch = chinese.form("that switches the language", |form| form.action == "/language");
    let switched = visitor.submit(&switch, Some(("language", "en"))).await;
    assert_eq!(switched.path, "/leaderboard", "the switch leads back");
    assert!(switched.text.contains("<html lang=\"en\""));
}

#[tokio::test]
async fn a_forged_form_is_refused() {
    let arena = Arena::start(Options::bare());
    let visitor = arena.visitor();
    let page = visitor.get("/leaderboard").await;
    let switch = page.form("that switches the language", |form| form.action == "/language").with("language", "zh");
    let other = arena.visitor();
    other.get("/leaderboard").await;
    // Another visitor's token, none, a false one.
    other.post("/language", &switch.fields).await.expect(403);
    visitor.post("/language", &[("language".to_owned(), "zh".to_owned())]).await.expect(403);
    visitor.post("/language", &switch.clone().with("csrf", "0".repeat(64)).fields).await.expect(403);
    // The right token, but the browser says that another site sent it.
    let strange = visitor.clone().header("sec-fetch-site", "cross-site");
    strange.post("/language", &switch.fields).await.expect(403);
    let strange = visitor.clone().header("sec-fetch-site", "").header("origin", "https://evil.example");
    strange.post("/language", &switch.fields).await.expect(403);
    // And the honest one passes.
    visitor.clone().header("origin", "").post("/language", &switch.fields).await.expect(303);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let arena = Arena::start(Options::bare());
    for path in ["/leaderboard", "/nowhere", "/static/css/base.css"] {
        let reply = arena.visitor().get(path).await;
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let arena = Arena::start(Options::bare());
    let client = reqwest::Client::new();
    for (path, status) in [("/leaderboard", 200), ("/health/live", 200), ("/nowhere", 404)] {
        let reply = client.head(arena.url(path)).send().await.expect("an answer");
        assert_eq!(reply.status().as_u16(), status, "{path}");
        assert!(reply.bytes().await.expect("the end of the answer").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn an_error_says_what_to_do_in_both_languages_and_in_json() {
    let arena = Arena::start(Options::bare());
    let page = arena.visitor().get("/nowhere").await.expect(404);
    assert!(page.words().contains("Check the address"), "{}", page.words());
    let page = arena.visitor().header("accept-language", "zh").get("/nowhere").await.expect(404);
    assert!(page.words().contains("请检查网址"), "{}", page.words());
    let answer = arena.visitor().fetch("/api/v1/nowhere").await.expect(404).json();
    assert_eq!(answer["error"]["code"], "not-found");
}
