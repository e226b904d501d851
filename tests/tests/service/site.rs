//! What administrators say of the site: in force at all servers without a restart, and who may come in.

use arena_tests::harness::{Behaviour, Client, Options, Reply, eventually_async};

use crate::stage::{SLUGS, Stage, administrator, begin, read};

/// Sends the form of a part of the settings with these fields changed.
pub async fn change(admin: &Client, path: &str, fields: &[(&str, &str)], action: &str) -> Reply {
    let page = admin.get(path).await.expect(200);
    let mut form = page.form("of the site", |form| form.has("revision"));
    for (name, value) in fields {
        form = form.with(name, *value);
    }
    admin.submit(&form, Some(("action", action))).await
}

#[tokio::test]
async fn names_texts_and_limits_are_in_force_at_two_servers_without_a_restart() {
    let stage = Stage::quick().await;
    let arena = &stage.arena;
    let beside = arena.start_beside(Options::bare());
    let (admin, there) = (administrator(arena).await, beside.visitor());
    let fields = [("name_en", "Verse & Prose Arena"), ("contact", "ada@example.org"), ("voter_per_minute", "2")];
    let saved = change(&admin, "/admin/site", &fields, "save").await.expect(200);
    assert!(saved.words().contains("Saved and in effect"), "{}", saved.words());
    let terms = "## House rules\n\nBe *kind* to {name}. <script>alert(1)</script> {contact}";
    let seen = change(&admin, "/admin/site/terms", &[("terms_en", terms)], "preview").await.expect(200);
    assert!(seen.text.contains("<em>kind</em>") && seen.words().contains("Be kind to Verse & Prose Arena"));
    assert!(!admin.get("/terms").await.words().contains("House rules"), "a preview changes nothing");
    change(&admin, "/admin/site/terms", &[("terms_en", terms)], "save").await.expect(200);
    eventually_async("the other server's terms", async || {
        there.get("/terms").await.words().contains("House rules").then_some(())
    })
    .await;
    let page = there.get("/terms").await.expect(200);
    assert!(page.text.contains("<title>Terms · Verse &#38; Prose Arena</title>"), "{}", page.text);
    assert!(page.text.contains("<h2 dir=\"auto\">House rules</h2>"), "{}", page.text);
    assert!(page.words().contains("Questions and requests: ada@example.org"), "{}", page.words());
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    // The other language keeps its built-in text, and the name serves both.
    let chinese = beside.visitor().header("accept-language", "zh").get("/terms").await;
    assert!(chinese.words().contains("使用Verse & Prose Arena") && chinese.words().contains("公平投票"));
    // The third message within the minute is refused with the reason, and kept.
    begin(&there, "One").await;
    begin(&there, "Two").await;
    let form = there.get("/battle").await.form("to begin", |form| form.has("prompt")).with("prompt", "Three, kept");
    let refused = there.submit(&form, None).await.expect(429);
    assert!(refused.text.contains("Three, kept"));
    // An emptied field brings the built-in text and the limit of the start back.
    change(&admin, "/admin/site/terms", &[("terms_en", "")], "save").await.expect(200);
    change(&admin, "/admin/site", &[("voter_per_minute", "")], "save").await.expect(200);
    assert!(admin.get("/terms").await.words().contains("Fair play"));
    let log = admin.get("/admin/audit").await.words();
    assert!(log.contains("Changed the site's settings") && log.contains("voter_per_minute: 2"), "{log}");
}

#[tokio::test]
async fn a_mistake_and_another_administrator_s_change_lose_nothing_that_was_typed() {
    let stage = Stage::quick().await;
    let admin = administrator(&stage.arena).await;
    let fields = [("name_en", "Kept as typed"), ("keep_days", "soon"), ("access", "code")];
    let refused = change(&admin, "/admin/site", &fields, "save").await.expect(422);
    let words = refused.words();
    assert!(words.contains("Some fields need attention") && words.contains("Enter a number within 0–36500"), "{words}");
    assert!(words.contains("At least 6 characters"), "a door without a code: {words}");
    let form = refused.form("with what was typed", |form| form.has("revision"));
    let typed = |name: &str| form.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((typed("name_en"), typed("keep_days")), (Some("Kept as typed"), Some("soon")));
    // Two forms are opened, and both are sent.
    let page = admin.get("/admin/site").await;
    let mine = page.form("mine", |form| form.has("revision")).with("name_en", "Mine");
    change(&admin, "/admin/site", &[("name_en", "Theirs")], "save").await.expect(200);
    let late = admin.submit(&mine, Some(("action", "save"))).await.expect(409);
    assert!(late.words().contains("Another administrator changed"), "{}", late.words());
    let again = late.form("mine again", |form| form.has("revision"));
    admin.submit(&again, Some(("action", "save"))).await.expect(200);
    assert!(admin.get("/about").await.text.contains("Mine"));
    // Whoever is no administrator is led to the sign-in.
    let stranger = stage.arena.visitor();
    assert!(stranger.get("/admin/site").await.path.starts_with("/admin/sign-in"));
}

#[tokio::test]
async fn a_closed_arena_shows_itself_to_those_who_know_the_code_until_there_is_another() {
    let stage = Stage::quick().await;
    let arena = &stage.arena;
    let admin = administrator(arena).await;
    let inside = arena.visitor();
    let battle = begin(&inside, "Before it was closed").await;
    change(&admin, "/admin/site", &[("access", "code"), ("access_code", "spring-2026")], "save").await.expect(200);
    // Strangers see the door and what lies before it, and come from it to where they wanted to go.
    let stranger = arena.visitor();
    let door = stranger.get("/leaderboard?kind=battle").await.expect(200);
    assert_eq!(door.path, "/access?next=%2Fleaderboard%3Fkind%3Dbattle");
    for open in ["/about", "/terms", "/privacy", "/health/live", "/api", "/admin/sign-in", "/robots.txt"] {
        assert_eq!(stranger.get(open).await.expect(200).path, open);
    }
    for closed in ["/", "/battle", "/models", "/leaderboard.csv", "/leaderboard/chart.svg", "/history", &battle] {
        let path = stranger.get(closed).await.path;
        assert!(path.starts_with("/access?next="), "{closed} leads to {path}");
    }
    assert_eq!(inside.get(&battle).await.path.split('?').next(), Some("/access"), "whoever was in needs the code too");
    let form = door.form("for the code", |form| form.has("code")).with("code", "autumn");
    let refused = stranger.submit(&form, None).await.expect(422);
    assert!(refused.words().contains("This is not the access code"), "{}", refused.words());
    assert!(refused.text.contains("value=\"autumn\""), "what was typed is gone");
    let form = refused.form("for the code", |form| form.has("code")).with("code", " spring-2026 ");
    let led = stranger.submit(&form, None).await.expect(200);
    assert_eq!(led.path, "/leaderboard?kind=battle");
    let battle = begin(&stranger, "Inside").await;
    read(&stranger, &battle).await;
    // The administrator's session opens the door as well.
    assert_eq!(admin.get("/models").await.expect(200).path, "/models");
    // Programs show the code in a header.
    let program = arena.visitor();
    let refused = program.call("GET", "/api/v1/models", None).await.expect(401);
    assert_eq!(refused.json()["error"]["code"], "access-required");
    let program = program.header("x-access-code", "spring-2026");
    let models = program.call("GET", "/api/v1/models", None).await.expect(200).text;
    assert!(models.contains(SLUGS[0]), "{models}");
    // Another code shuts out those who have the old one; no code lets everybody in again.
    change(&admin, "/admin/site", &[("access_code", "autumn-2026")], "save").await.expect(200);
    assert!(stranger.get("/battle").await.path.starts_with("/access"));
    program.call("GET", "/api/v1/models", None).await.expect(422);
    change(&admin, "/admin/site", &[("access", "open")], "save").await.expect(200);
    assert_eq!(stranger.get("/access?next=/models").await.expect(200).path, "/models");
}

#[tokio::test]
async fn guessing_the_code_is_slowed_down_for_pages_and_programs_together() {
    let stage = Stage::quick().await;
    let admin = administrator(&stage.arena).await;
    change(&admin, "/admin/site", &[("access", "code"), ("access_code", "spring-2026")], "save").await.expect(200);
    let guesser = stage.arena.visitor();
    let door = guesser.get("/access").await.form("for the code", |form| form.has("code"));
    for guess in 0..5 {
        guesser.submit(&door.clone().with("code", format!("guess {guess}")), None).await.expect(422);
        let program = stage.arena.visitor().header("x-access-code", &format!("guess {guess}"));
        program.call("GET", "/api/v1/models", None).await.expect(422);
    }
    // From here on even the right one is not looked at.
    let slowed = guesser.submit(&door.with("code", "spring-2026"), None).await.expect(429);
    assert!(slowed.header("retry-after").is_some() && slowed.words().contains("Too many attempts"));
    let program = stage.arena.visitor().header("x-access-code", "spring-2026");
    program.call("GET", "/api/v1/models", None).await.expect(429);
}

#[tokio::test]
async fn where_the_arena_asks_visitors_agree_once_and_again_when_the_terms_change() {
    let stage = Stage::with(Behaviour::says(&["One."]), Behaviour::says(&["Two."])).await;
    let admin = administrator(&stage.arena).await;
    let visitor = stage.arena.visitor();
    assert!(!visitor.get("/battle").await.text.contains("name=\"agrees\""), "nobody asked for it");
    change(&admin, "/admin/site", &[("consent", "yes")], "save").await.expect(200);
    let form = visitor.get("/battle").await.form("to begin", |form| form.has("prompt")).with("prompt", "My words");
    let refused = visitor.submit(&form, None).await.expect(422);
    assert!(refused.words().contains("Agree to the terms first"), "{}", refused.words());
    assert!(refused.text.contains("My words") && refused.text.contains("name=\"agrees\""));
    let form = refused.form("to begin", |form| form.has("prompt")).with("agrees", "yes");
    assert!(visitor.submit(&form, None).await.expect(200).path.starts_with("/battle/"));
    // Asked once: the next battle, a comparison and a direct chat begin without.
    for path in ["/battle", "/side-by-side", "/direct"] {
        assert!(!visitor.get(path).await.expect(200).text.contains("name=\"agrees\""), "{path} asks again");
    }
    change(&admin, "/admin/site/privacy", &[("privacy_zh", "新的隐私说明")], "save").await.expect(200);
    assert!(visitor.get("/direct").await.text.contains("name=\"agrees\""), "the text is another now");
    // Programs say it in the request.
    let program = stage.arena.visitor();
    let token = program.call("POST", "/api/v1/visitors", None).await.expect(201).json()["visitor"].clone();
    let program = program.header("authorization", &format!("Bearer {}", token.as_str().expect("a token")));
    let mut body = serde_json::json!({ "kind": "direct", "prompt": "Hello", "model": SLUGS[0] });
    let refused = program.call("POST", "/api/v1/battles", Some(&body)).await.expect(422);
    assert_eq!(refused.json()["error"]["code"], "agreement-wanted");
    body["agree"] = true.into();
    program.call("POST", "/api/v1/battles", Some(&body)).await.expect(201);
}
