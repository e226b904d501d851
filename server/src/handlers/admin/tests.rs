//! The administration as a browser meets it.

use sqlx::PgPool;

use crate::actions::create_admin;
use crate::domain::DeedCriteria;
use crate::store::{admins, audit};
use crate::testing::{arena, browser};

const PASSWORD: &str = "a long enough word";

#[sqlx::test(migrations = "../migrations")]
async fn the_first_link_makes_one_administrator_and_is_spent(db: PgPool) {
    let arena = arena(db.clone());
    let first = create_admin::first_link(&db).await.expect("asks").expect("there is none yet");
    let second = create_admin::first_link(&db).await.expect("asks").expect("still none");
    let mut alice = browser(&arena).await;
    let path = format!("/admin/welcome/{first}");
    assert!(alice.get(&path).await.text.contains("name=\"again\""));

    let short = [("name", "alice"), ("password", "short"), ("again", "short")];
    let refused = alice.post(&path, &short).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("at least 10 characters"), "{}", refused.text);
    let differs = [("name", "alice"), ("password", PASSWORD), ("again", "another long word")];
    assert!(alice.post(&path, &differs).await.text.contains("do not match"));

    let fields = [("name", " alice "), ("password", PASSWORD), ("again", PASSWORD)];
    let created = alice.post(&path, &fields).await;
    assert_eq!((created.status.as_u16(), created.location()), (303, "/admin"));
    assert!(alice.get("/admin").await.text.contains("alice"), "the link signs in as well");

    for spent in [first, second] {
        let path = format!("/admin/welcome/{spent}");
        let mut mallory = browser(&arena).await;
        assert_eq!(mallory.get(&path).await.status, 404, "other first links close with the first administrator");
        let fields = [("name", "mallory"), ("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(mallory.post(&path, &fields).await.status, 404);
    }
    assert!(create_admin::first_link(&db).await.expect("asks").is_none());
    assert_eq!(admins::list(&db).await.expect("lists").len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn strangers_are_led_to_the_sign_in_and_back(db: PgPool) {
    let arena = arena(db.clone());
    create_admin::directly(&db, "alice", &PASSWORD.into()).await.expect("creates");
    let mut stranger = browser(&arena).await;
    let led = stranger.get("/admin/audit?before=9").await;
    assert_eq!((led.status.as_u16(), led.location()), (303, "/admin/sign-in?next=%2Fadmin%2Faudit%3Fbefore%3D9"));

    let wrong = stranger.post("/admin/sign-in", &[("name", "alice"), ("password", "wrong")]).await;
    let unknown = stranger.post("/admin/sign-in", &[("name", "nobody"), ("password", PASSWORD)]).await;
    assert_eq!((wrong.status.as_u16(), unknown.status.as_u16()), (422, 422));
    assert!(wrong.text.contains("Wrong name or password") && unknown.text.contains("Wrong name or password"));

    let right = [("name", "alice"), ("password", PASSWORD), ("next", "/admin/audit?before=9")];
    assert_eq!(stranger.post("/admin/sign-in", &right).await.location(), "/admin/audit?before=9");
    assert_eq!(stranger.get("/admin/audit").await.status, 200);
    assert!(stranger.cookies.get("admin").is_some_and(|token| token.len() == 64));

    let session = stranger.cookies.get("admin").cloned().expect("a session");
    assert_eq!(stranger.post("/admin/sign-out", &[]).await.location(), "/admin/sign-in");
    stranger.cookies.insert("admin".to_owned(), session);
    assert_eq!(stranger.get("/admin").await.status, 303, "the session ended in the database, not only in the browser");
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_is_slowed_down_with_a_clear_word(db: PgPool) {
    let arena = arena(db.clone());
    let mut guesser = browser(&arena).await;
    for _ in 0..10 {
        assert_eq!(guesser.post("/admin/sign-in", &[("name", "alice"), ("password", "guess")]).await.status, 422);
    }
    let slowed = guesser.post("/admin/sign-in", &[("name", "alice"), ("password", "guess")]).await;
    assert_eq!(slowed.status, 429);
    assert!(slowed.headers.contains_key("retry-after"));
    assert!(slowed.text.contains("Too many attempts"), "{}", slowed.text);
    guesser.language = "zh-CN";
    let slowed = guesser.post("/admin/sign-in", &[("name", "alice"), ("password", "guess")]).await;
    assert!(slowed.text.contains("尝试次数过多"), "{}", slowed.text);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_password_ends_other_sessions(db: PgPool) {
    let arena = arena(db.clone());
    create_admin::directly(&db, "alice", &PASSWORD.into()).await.expect("creates");
    let (mut here, mut there) = (browser(&arena).await, browser(&arena).await);
    for browser in [&mut here, &mut there] {
        browser.post("/admin/sign-in", &[("name", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(browser.get("/admin").await.status, 200);
    }
    let new = "another long enough word";
    let wrong = [("old", "not it at all"), ("password", new), ("again", new)];
    assert_eq!(here.post("/admin/accounts/password", &wrong).await.status, 422);
    assert_eq!(there.get("/admin").await.status, 200);
    let right = [("old", PASSWORD), ("password", new), ("again", new)];
    assert_eq!(here.post("/admin/accounts/password", &right).await.status, 303);
    assert_eq!(here.get("/admin").await.status, 200);
    assert_eq!(there.get("/admin").await.status, 303);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_administrator_stays_and_a_disabled_one_is_out_at_once(db: PgPool) {
    let arena = arena(db.clone());
    let alice = create_admin::directly(&db, "alice", &PASSWORD.into()).await.expect("creates");
    let mut browser_of_alice = browser(&arena).await;
    browser_of_alice.post("/admin/sign-in", &[("name", "alice"), ("password", PASSWORD)]).await;
    let access = format!("/admin/accounts/{alice}/access");
    assert_eq!(browser_of_alice.post(&access, &[("disabled", "true")]).await.status, 409);

    let invited = browser_of_alice.post("/admin/accounts/invite", &[]).await.text;
    let token = invited.split("/admin/welcome/").nth(1).and_then(|rest| rest.get(..64)).expect("the link is shown");
    let mut bob = browser(&arena).await;
    let fields = [("name", "bob"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(bob.post(&format!("/admin/welcome/{token}"), &fields).await.status, 303);
    assert_eq!(bob.post(&access, &[("disabled", "true")]).await.status, 303);
    assert_eq!(browser_of_alice.get("/admin").await.status, 303, "her session ended");

    let deeds = audit::page(&db, &DeedCriteria::default(), false, None, 50).await.expect("reads");
    let actions: Vec<_> = deeds.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(
        actions,
        ["admin.disable", "session.begin", "admin.create", "admin.invite", "session.begin", "admin.create"]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_opens_the_metrics_until_it_is_revoked(db: PgPool) {
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;

    let arena = arena(db.clone());
    create_admin::directly(&db, "alice", &PASSWORD.into()).await.expect("creates");
    let mut alice = browser(&arena).await;
    alice.post("/admin/sign-in", &[("name", "alice"), ("password", PASSWORD)]).await;
    let made = alice.post("/admin/tokens", &[("label", "prometheus")]).await.text;
    let token = made.split("arena_").nth(1).and_then(|rest| rest.get(..64)).expect("the token is shown").to_owned();
    assert!(!alice.get("/admin/tokens").await.text.contains(&token), "and never again");

    let asks = || {
        let request = TestRequest::get().app_data(actix_web::web::Data::new(arena.clone()));
        request.insert_header(("authorization", format!("Bearer arena_{token}"))).to_http_request()
    };
    let admin = crate::extract::ApiAdmin::extract(&asks()).await.expect("the token is good");
    assert_eq!(admin.name, "alice");
    let row = admins::tokens(&db).await.expect("lists").remove(0);
    assert!(row.used_at.is_some());
    assert_eq!(alice.post(&format!("/admin/tokens/{}/revoke", row.id), &[]).await.status, 303);
    assert!(crate::extract::ApiAdmin::extract(&asks()).await.is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn forms_without_the_token_are_refused(db: PgPool) {
    let arena = arena(db.clone());
    let mut browser = browser(&arena).await;
    let fields = [("name", "a"), ("password", "b")];
    assert_eq!(browser.post("/admin/sign-in", &fields).await.status, 422, "the visitor's own token is good");
    let forged = [("csrf", "00"), ("name", "a"), ("password", "b")];
    assert_eq!(browser.post("/admin/sign-in", &forged).await.status, 403);
}
