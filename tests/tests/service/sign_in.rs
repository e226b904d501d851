//! An arena that people sign in to: who comes in, who does not and why, and one voter for each person.

use arena_tests::harness::{CLIENT, Client, Provider, Reply, SECRET, Wrong};
use serde_json::{Value, json};

use crate::registration::token;
use crate::site::change;
use crate::stage::{Stage, administrator, begin, read, vote};

/// An arena whose door is this provider's, and its administrator.
pub async fn closed(provider: &Provider, more: &[(&str, &str)]) -> (Stage, Client) {
    let stage = Stage::quick().await;
    let admin = administrator(&stage.arena).await;
    let issuer = provider.issuer();
    let mut fields = vec![
        ("access", "oidc"),
        ("oidc_issuer", issuer.as_str()),
        ("oidc_client_id", CLIENT),
        ("oidc_client_secret", SECRET),
    ];
    fields.extend(more);
    change(&admin, "/admin/site", &fields, "save").await.expect(200);
    (stage, admin)
}

/// Ada, of whom the token tells everything, and Bob, of whom the provider tells only when it is asked.
pub fn people() -> Provider {
    let provider = Provider::start();
    let ada = json!({ "name": "Ada 李", "email": "ada@example.org", "email_verified": true, "groups": ["readers"] });
    provider.account("ada", json!({ "token": ada }));
    let bob =
        json!({ "preferred_username": "bob", "email": "bob@uni.example", "email_verified": true, "groups": "staff" });
    provider.account("bob", json!({ "user": bob }));
    let eve = json!({ "name": "Eve", "email": "eve@example.org", "email_verified": false });
    provider.account("eve", json!({ "token": eve }));
    provider
}

/// Where somebody is sent who wants to sign in, to go to a page.
async fn set_out(visitor: &Client, next: &str) -> String {
    let door = visitor.get(next).await.expect(200);
    assert!(door.path.starts_with("/sign-in?next="), "{next} leads to {}", door.path);
    let link = door.text.split("href=\"/sign-in/start").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let to = visitor.fetch(&format!("/sign-in/start{link}")).await.expect(303);
    to.header("location").expect("where the provider is").to_owned()
}

/// Signs in, and gives the answer to who comes back.
pub async fn sign_in(visitor: &Client, provider: &Provider, account: &str, next: &str) -> Reply {
    let to = set_out(visitor, next).await;
    visitor.get(&provider.choose(&to, account).await).await
}

#[tokio::test]
async fn people_sign_in_and_are_one_voter_on_all_their_devices() {
    let provider = people();
    let (stage, admin) = closed(&provider, &[]).await;
    let page = admin.get("/admin/site").await.expect(200);
    assert!(!page.text.contains(SECRET) && page.text.contains("placeholder=\"stored\""), "the secret is shown");
    // Strangers see the door and what lies before it; programs are told.
    let (phone, desk) = (stage.arena.visitor(), stage.arena.visitor());
    for open in ["/about", "/privacy", "/health/live", "/admin/sign-in"] {
        assert_eq!(phone.get(open).await.expect(200).path, open);
    }
    assert_eq!(phone.call("GET", "/api/v1/models", None).await.expect(401).json()["error"]["code"], "access-required");
    assert!(phone.get("/access?next=/models").await.path.starts_with("/sign-in"), "the other door leads here");
    let privacy = phone.get("/privacy").await.words();
    assert!(privacy.contains("keyed hash of your account") && privacy.contains("None of them is stored"), "{privacy}");

    // In, back to where one was, with the name on the page.
    let inside = sign_in(&phone, &provider, "ada", "/leaderboard?kind=battle").await.expect(200);
    assert_eq!(inside.path, "/leaderboard?kind=battle");
    assert!(inside.words().contains("Ada 李 Sign out"), "{}", inside.words());
    let first = begin(&phone, "Which is better?").await;
    read(&phone, &first).await;
    vote(&phone, &first, "a").await;
    // The same person elsewhere finds what they did, and votes as the same voter.
    assert_eq!(sign_in(&desk, &provider, "ada", "/history").await.expect(200).path, "/history");
    assert!(desk.get("/history").await.words().contains("Which is better?"));
    let second = begin(&desk, "And now?").await;
    read(&desk, &second).await;
    vote(&desk, &second, "b").await;
    assert_eq!(stage.store.count("SELECT count(DISTINCT voter_id) FROM votes").await, 1);
    // Another person is another voter, and a program's token makes nobody another.
    let bob = stage.arena.visitor();
    assert!(sign_in(&bob, &provider, "bob", "/battle").await.expect(200).words().contains("bob Sign out"));
    assert!(!bob.get("/history").await.words().contains("Which is better?"));
    let third = begin(&bob, "Mine").await;
    read(&bob, &third).await;
    vote(&bob, &third, "tie").await;
    assert_eq!(stage.store.count("SELECT count(DISTINCT voter_id) FROM votes").await, 2);
    let made = bob.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let bearer = format!("Bearer {}", made["visitor"].as_str().expect("a token"));
    let own =
        bob.clone().header("authorization", &bearer).call("GET", "/api/v1/battles", None).await.expect(200).json();
    assert_eq!(own["battles"].as_array().map(Vec::len), Some(1), "still Bob: {own}");
    bob.clone().header("authorization", "");

    // No name, address or group is in the database, nor in a file; there a keyed hash keeps a person's votes together.
    let api = stage.arena.visitor().header("authorization", &format!("Bearer {}", token(&admin).await));
    let export = api.call("GET", "/api/v1/admin/votes/export", None).await.expect(200).text;
    let rows: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((rows.len(), &rows[0]["judge"]), (3, &rows[1]["judge"]), "{export}");
    assert_ne!(rows[0]["judge"], rows[2]["judge"]);
    let said =
        stage.store.texts("SELECT v::text FROM voters v UNION ALL SELECT settings::text FROM site").await.join(" ");
    for private in ["ada", "Ada", "bob", "example.org", "uni.example", SECRET] {
        assert!(!export.contains(private), "{private} is in the file");
        assert!(!said.contains(private), "{private} is in the database");
    }
    let log = admin.get("/admin/audit?action=site.change").await.words();
    assert!(log.contains("oidc_client_secret: changed") && !log.contains(SECRET), "{log}");

    // Out again: the browser is nobody's, and the pass is worth nothing for another.
    let (pass, visitor) = (phone.cookie("access").expect("a pass"), phone.cookie("visitor").expect("who"));
    let form = phone.get("/battle").await.form("to sign out", |form| form.action == "/sign-out");
    assert_eq!(phone.submit(&form, None).await.expect(200).path, "/sign-in");
    assert!(phone.get("/history").await.path.starts_with("/sign-in"));
    let thief = stage.arena.visitor();
    thief.set_cookie("access", &pass);
    assert!(thief.get("/history").await.path.starts_with("/sign-in"), "another's pass");
    thief.set_cookie("visitor", &visitor);
    assert_eq!(thief.get("/history").await.path, "/history", "both are the session");
    // Whoever else may come in from now on: everybody signs in again.
    change(&admin, "/admin/site", &[("oidc_domains", "uni.example")], "save").await.expect(200);
    assert!(desk.get("/history").await.path.starts_with("/sign-in"));
    // The stored secret has stayed: signing in works.
    assert_eq!(sign_in(&bob, &provider, "bob", "/models").await.expect(200).path, "/models");
    // An arena that opens asks nobody, and persons stay who they are.
    change(&admin, "/admin/site", &[("access", "open")], "save").await.expect(200);
    assert_eq!(stage.arena.visitor().get("/sign-in?next=/models").await.path, "/models");
    assert!(bob.get("/history").await.words().contains("Mine"));
}

#[tokio::test]
async fn only_some_domains_and_groups_come_in_where_an_administrator_says_so() {
    let provider = people();
    let (stage, admin) = closed(&provider, &[("oidc_domains", "example.org")]).await;
    let refused = async |account: &str, language: &str, text: &str| {
        let visitor = stage.arena.visitor().header("accept-language", language);
        let page = sign_in(&visitor, &provider, account, "/battle").await.expect(422);
        assert!(page.words().contains(text), "{account}: {}", page.words());
        assert!(page.text.contains("next=%2Fbattle") || page.text.contains("next=/battle"), "the way is lost");
        assert!(visitor.get("/battle").await.path.starts_with("/sign-in"), "{account} is in");
    };
    sign_in(&stage.arena.visitor(), &provider, "ada", "/battle").await.expect(200);
    refused("bob", "en", "of a domain that this arena does not admit").await;
    refused("bob", "zh", "域名不在本竞技场允许之列").await;
    refused("eve", "en", "has not confirmed an e-mail address").await;
    refused("deny", "en", "You did not allow the sign-in").await;
    refused("deny", "zh", "您没有允许登录").await;
    change(&admin, "/admin/site", &[("oidc_domains", ""), ("oidc_groups", "staff")], "save").await.expect(200);
    sign_in(&stage.arena.visitor(), &provider, "bob", "/battle").await.expect(200);
    refused("ada", "en", "in none of the groups").await;
    // A provider that is no address, or without what it knows the arena by, is not taken.
    let wrong = [("oidc_issuer", "http://id.example.org"), ("oidc_client_id", "")];
    let page = change(&admin, "/admin/site", &wrong, "save").await.expect(422);
    let words = page.words();
    assert!(words.contains("Enter the address of an OpenID Connect provider") && words.contains("Required"), "{words}");
}

#[tokio::test]
async fn what_a_provider_must_not_say_lets_nobody_in() {
    let provider = people();
    let (stage, _admin) = closed(&provider, &[]).await;
    let cases = [
        (Wrong::Nonce, "not valid for this arena", "对本竞技场无效"),
        (Wrong::Audience, "not valid for this arena", "对本竞技场无效"),
        (Wrong::Issuer, "not valid for this arena", "对本竞技场无效"),
        (Wrong::Signature, "not valid for this arena", "对本竞技场无效"),
        (Wrong::Unsigned, "not valid for this arena", "对本竞技场无效"),
        (Wrong::AccessToken, "not valid for this arena", "对本竞技场无效"),
        (Wrong::Expired, "has expired", "已过期"),
        (Wrong::Down, "does not answer properly", "没有正常响应"),
    ];
    for (at, (wrong, english, chinese)) in cases.into_iter().enumerate() {
        provider.does(Some(wrong));
        let (language, text) = if at % 2 == 0 { ("en", english) } else { ("zh", chinese) };
        let visitor = stage.arena.visitor().header("accept-language", language);
        let page = sign_in(&visitor, &provider, "ada", "/battle").await.expect(422);
        assert!(page.words().contains(text), "{wrong:?}: {}", page.words());
        assert!(visitor.get("/battle").await.path.starts_with("/sign-in"), "{wrong:?} lets somebody in");
    }
    provider.does(None);
    // Each of those counts against the address; whoever does it right is still let in, also by a key that is new.
    provider.rotate();
    let ada = stage.arena.visitor();
    assert_eq!(sign_in(&ada, &provider, "ada", "/battle").await.expect(200).path, "/battle");
    // And by one of the kind that most providers have; by none that they did not publish.
    provider.rotate_to_rsa();
    let bob = stage.arena.visitor();
    assert_eq!(sign_in(&bob, &provider, "bob", "/battle").await.expect(200).path, "/battle");
    provider.does(Some(Wrong::Signature));
    let page = sign_in(&stage.arena.visitor(), &provider, "ada", "/battle").await.expect(422);
    assert!(page.words().contains("not valid for this arena"), "{}", page.words());
}

#[tokio::test]
async fn whoever_comes_back_twice_or_never_set_out_is_not_let_in() {
    let provider = people();
    let (stage, _admin) = closed(&provider, &[]).await;
    let state = "was not begun in this browser";
    // Twice with the same: the code is used, and the way is over.
    let ada = stage.arena.visitor();
    let to = set_out(&ada, "/battle").await;
    let back = provider.choose(&to, "ada").await;
    let way = ada.cookie("way").expect("what is known of the way");
    assert_eq!(ada.get(&back).await.expect(200).path, "/battle");
    let again = ada.get(&back).await.expect(422);
    assert!(again.words().contains(state), "{}", again.words());
    // Even with the cookie that a thief kept: the provider takes a code once.
    let thief = stage.arena.visitor();
    thief.set_cookie("way", &way);
    let late = thief.get(&back).await.expect(422);
    assert!(late.words().contains("no longer knows this sign-in"), "{}", late.words());
    assert!(thief.get("/battle").await.path.starts_with("/sign-in"));
    // Another browser, which did not set out: a link that signs others in as somebody.
    let back = provider.choose(&set_out(&stage.arena.visitor(), "/battle").await, "ada").await;
    let page = stage.arena.visitor().get(&back).await.expect(422);
    assert!(page.words().contains(state), "{}", page.words());
    // One that set out otherwise: the state is another's.
    let bob = stage.arena.visitor();
    set_out(&bob, "/battle").await;
    assert!(bob.get(&back).await.expect(422).words().contains(state));
    // A way to another site is none.
    let tricked = stage.arena.visitor();
    let to = tricked.fetch("/sign-in/start?next=https://evil.example/").await.expect(303);
    let back = provider.choose(to.header("location").expect("the provider"), "ada").await;
    assert_eq!(tricked.get(&back).await.expect(200).path, "/battle", "the front page leads there");
}

#[tokio::test]
async fn a_message_that_was_sent_before_one_is_in_comes_back() {
    let provider = people();
    let (stage, admin) = closed(&provider, &[]).await;
    const MESSAGE: &str = "First line,\r\n  and <b>the second</b>";
    let ada = stage.arena.visitor();
    sign_in(&ada, &provider, "ada", "/battle").await.expect(200);
    let form = ada.get("/battle").await.form("to begin", |form| form.has("prompt")).with("prompt", MESSAGE);
    // The session ends while somebody writes.
    change(&admin, "/admin/site", &[("oidc_domains", "example.org")], "save").await.expect(200);
    let door = ada.submit(&form, None).await.expect(401);
    assert!(
        door.words().contains("Your message is not lost") && door.text.contains("&#60;b&#62;the second"),
        "{}",
        door.text
    );
    let held = stage.store.texts("SELECT encode(sealed, 'escape') FROM held_forms").await;
    assert!(held.len() == 1 && !held[0].contains("the second"), "{held:?}");
    let to = ada.fetch("/sign-in/start?next=").await.expect(303);
    let back = provider.choose(to.header("location").expect("the provider"), "ada").await;
    let page = ada.get(&back).await.expect(200);
    assert!(page.path.starts_with("/access/return?held="), "{}", page.path);
    let form = page.form("with the message", |form| form.has("prompt"));
    assert_eq!(
        (form.action.as_str(), form.value("prompt"), form.value("draw")),
        ("/battle", Some(MESSAGE), Some("random"))
    );
    let battle = ada.submit(&form, None).await.expect(200);
    assert!(
        battle.path.starts_with("/battle/") && battle.text.contains("and &#60;b&#62;the second"),
        "{}",
        battle.text
    );

    // The same at a door with a code, in the middle of a battle.
    change(&admin, "/admin/site", &[("access", "code"), ("access_code", "spring-2026")], "save").await.expect(200);
    let path = battle.path.clone();
    let visitor = ada.header("accept-language", "zh");
    let follow_up = [("csrf".to_owned(), "gone".to_owned()), ("prompt".to_owned(), "后来的话".to_owned())];
    let door = visitor.post(&format!("{path}/message"), &follow_up).await.expect(401);
    assert!(door.words().contains("您的消息没有丢失"), "{}", door.words());
    let form = door.form("for the code", |form| form.has("code")).with("code", "spring-2026");
    let page = visitor.submit(&form, None).await.expect(200);
    let form = page.form("with the message", |form| form.has("prompt"));
    assert_eq!((form.action.clone(), form.value("prompt")), (format!("{path}/message"), Some("后来的话")));
    // It can be loaded again, for an hour; another site's form is not held, and a vote is no message.
    assert!(visitor.get(&page.path).await.expect(200).text.contains("后来的话"));
    stage.store.execute("UPDATE held_forms SET created_at = now() - interval '2 hours'").await;
    assert_eq!(visitor.get(&page.path).await.path, "/battle");
    let stranger = stage.arena.visitor().header("origin", "https://evil.example");
    let fields = [("prompt".to_owned(), "not mine".to_owned())];
    let sent = stranger.post("/battle", &fields).await;
    assert_eq!((sent.status, sent.text.contains("not mine")), (303, false), "{}", sent.text);
    let vote = [("choice".to_owned(), "a".to_owned())];
    assert_eq!(stage.arena.visitor().post(&format!("{path}/vote"), &vote).await.status, 303);
}
