//! Registering and changing models as a browser meets it.

use sqlx::PgPool;

use crate::actions::create_admin;
use crate::domain::{DeedCriteria, ModelState};
use crate::inference_server::inspect::tests::put_adapter;
use crate::state::AppState;
use crate::store::{audit, models};
use crate::testing::{Browser, arena, browser};

const PASSWORD: &str = "a long enough word";

async fn signed_in(arena: &AppState) -> Browser {
    create_admin::directly(&arena.db, "alice", &PASSWORD.into()).await.expect("creates");
    let mut alice = browser(arena).await;
    alice.post("/admin/sign-in", &[("name", "alice"), ("password", PASSWORD)]).await;
    alice
}

fn demo() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/models/poet-14m-q2_K.gguf");
    path.canonicalize().expect("the demo model").to_string_lossy().into_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_checked_then_saved_with_what_its_header_says(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    let path = demo();

    let empty = alice.get("/models").await.text;
    assert!(empty.contains("No models yet"), "an empty state says what to do");
    let checked = alice.post("/admin/models", &[("kind", "local"), ("path", &path), ("action", "check")]).await;
    assert_eq!(checked.status, 200);
    assert!(checked.text.contains("This model can be loaded"), "{}", checked.text);
    assert!(checked.text.contains("13.7M") && checked.text.contains("256 tokens"));
    assert_eq!(models::count(&db).await.expect("counts"), 0, "a check saves nothing");

    let fields = [("kind", "local"), ("path", path.as_str()), ("display_name", "<b>Poet</b> 诗人"), ("action", "save")];
    let saved = alice.post("/admin/models", &fields).await;
    assert_eq!((saved.status.as_u16(), saved.location()), (303, "/admin/models?done=b-poet-b-shi-ren"));
    let model = models::by_slug(&db, "b-poet-b-shi-ren").await.expect("reads").expect("is there");
    assert_eq!(model.settings.source.local().map(|local| local.path.as_str()), Some(path.as_str()));
    assert!(!model.card().quantisation.is_empty() && model.card().parameters > Some(13_000_000));

    let again = alice.post("/admin/models", &fields).await;
    assert_eq!(again.location(), "/admin/models?done=b-poet-b-shi-ren-2", "a made name steps aside");
    let taken: Vec<_> = fields.iter().copied().chain([("slug", "b-poet-b-shi-ren")]).collect();
    assert_eq!(alice.post("/admin/models", &taken).await.status, 422, "a chosen one does not");

    for page in [
        "/models",
        "/models/b-poet-b-shi-ren",
        "/admin",
        "/admin/models",
        "/admin/models/b-poet-b-shi-ren",
        "/admin/audit",
    ] {
        let answer = alice.get(page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.text.contains("<b>Poet"), "{page} escapes what administrators write");
    }
    assert_eq!(alice.get("/models/none").await.status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_loaded_is_refused_with_the_reason(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    let folder = std::path::Path::new(&demo()).parent().expect("a folder").to_string_lossy().into_owned();
    for (path, reason) in [
        ("/nowhere/at/all.gguf", "The path cannot be read"),
        (folder.as_str(), "There are several models in this folder"),
        ("relative.gguf", "Enter a full path on this server"),
        ("hfl/chinese-mixtral-gguf:Q4_K", "“mixtral download OWNER/NAME:TYPE” prints its path"),
        ("", "Required."),
    ] {
        let fields = [("kind", "local"), ("path", path), ("display_name", "x"), ("force", "yes"), ("action", "save")];
        let refused = alice.post("/admin/models", &fields).await;
        assert_eq!(refused.status, 422, "{path}");
        assert!(refused.text.contains(reason), "{path}: {}", refused.text);
    }
    assert_eq!(models::count(&db).await.expect("counts"), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_damaged_file_is_refused_in_the_readers_language(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read(demo()).expect("the demo model");
    let mut newer = good.clone();
    newer[4] = 9;
    let files: [(&str, &[u8], &str, &str); 5] = [
        ("empty.gguf", b"", "the file is empty", "文件是空的"),
        ("page.gguf", b"<html>", "it looks like a web page", "看起来是网页"),
        ("newer.gguf", &newer, "GGUF version 9 is not supported", "不支持 GGUF 版本 9"),
        ("short.gguf", &good[..good.len() / 2], "the file is truncated or damaged", "文件被截断或已损坏"),
        ("header.gguf", &good[..40], "that follow", "文件已损坏"),
    ];
    for (name, bytes, english, chinese) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let path = path.to_string_lossy().into_owned();
        for (language, wanted) in [("en", english), ("zh-CN", chinese)] {
            alice.language = language;
            let refused = alice.post("/admin/models", &[("kind", "local"), ("path", &path), ("action", "check")]).await;
            assert!(refused.text.contains(wanted), "{name} in {language}: {}", refused.text);
            assert_eq!(refused.text.contains(english), language == "en", "{name} in {language}");
        }
    }
    alice.language = "zh-CN";
    let missing = [("kind", "local"), ("path", "/nowhere/at/all.gguf"), ("action", "check")];
    let refused = alice.post("/admin/models", &missing).await;
    assert!(refused.text.contains("/nowhere/at/all.gguf：没有这个文件或文件夹"), "{}", refused.text);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_adapter_of_a_hub_s_model_gets_its_base_by_the_form(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    let folder = tempfile::tempdir().expect("a folder");
    let adapter = folder.path().join("song");
    put_adapter(&adapter, "hfl/chinese-mixtral");
    let (adapter, base) = (adapter.to_string_lossy().into_owned(), demo());
    let form = |base: &str, action: &str| {
        let fields = [
            ("kind", "local"),
            ("path", &adapter),
            ("adapter_base", base),
            ("display_name", "Song"),
            ("action", action),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let mut post = async |page: &str, base: &str, action: &str| {
        let fields = form(base, action);
        alice.post(page, &fields.each_ref().map(|(name, value)| (name.as_str(), value.as_str()))).await
    };
    let refused = post("/admin/models", "", "save").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("hfl/chinese-mixtral"), "{}", refused.text);
    for (wrong, reason) in
        [("poet.gguf", "Enter a full path on this server"), ("/nowhere.gguf", "The path cannot be read")]
    {
        let refused = post("/admin/models", wrong, "save").await;
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.text.contains(reason), "{wrong}: {}", refused.text);
    }
    let saved = post("/admin/models", &base, "save").await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let model = models::list(&db).await.expect("reads").remove(0);
    let source = model.settings.source.local().expect("a local model");
    assert_eq!((&source.path, source.adapter_base.as_ref()), (&adapter, Some(&base)));

    let page = format!("/admin/models/{}", model.slug);
    let refused = post(&page, "/nowhere.gguf", "save").await;
    assert_eq!(refused.status, 422, "another base is looked at before it is saved");
    let kept = models::by_id(&db, model.id).await.expect("reads").expect("is there");
    assert_eq!(kept.settings.source.local().and_then(|local| local.adapter_base.clone()), Some(base.clone()));
    let plain = alice.post("/admin/models", &[("kind", "local"), ("path", &base), ("adapter_base", &base)]).await;
    assert!(plain.text.contains("this is not an adapter"), "{}", plain.text);
}

#[sqlx::test(migrations = "../migrations")]
async fn inner_addresses_are_refused_and_the_option_is_named(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    for base in ["http://127.0.0.1:9/v1", "http://10.0.0.1/v1", "http://169.254.169.254/latest", "http://localhost:9"] {
        let fields = [
            ("kind", "endpoint"),
            ("base_url", base),
            ("remote_model", "m"),
            ("display_name", "Inner"),
            ("force", "yes"),
            ("action", "save"),
        ];
        let refused = alice.post("/admin/models", &fields).await;
        assert_eq!(refused.status, 422, "{base}");
        assert!(refused.text.contains("--allow-private"), "{base}: {}", refused.text);
    }
    assert_eq!(models::count(&db).await.expect("counts"), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_is_kept_sealed_and_never_shown(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    let secret = "sk-very-secret-0123456789";
    // A documentation address that nobody answers; the connection is given up soon.
    let base = [
        ("kind", "endpoint"),
        ("base_url", "http://model.invalid/v1"),
        ("remote_model", "m"),
        ("display_name", "Far"),
        ("connect_seconds", "1"),
    ];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        base.iter().copied().chain(more.iter().copied()).collect()
    };
    let refused = alice.post("/admin/models", &with(&[("api_key", secret), ("action", "save")])).await;
    assert_eq!(refused.status, 422, "it does not answer");
    assert!(!refused.text.contains(secret), "a key is not sent back, not even with a mistake");
    let saved = alice.post("/admin/models", &with(&[("api_key", secret), ("force", "yes"), ("action", "save")])).await;
    assert_eq!(saved.location(), "/admin/models?done=far");

    let model = models::by_slug(&db, "far").await.expect("reads").expect("is there");
    let sealed = model.api_key_sealed.clone().expect("a key");
    assert!(!sealed.as_bytes().windows(secret.len()).any(|window| window == secret.as_bytes()));
    assert!(!format!("{model:?}").contains(secret));
    for page in ["/admin/models", "/admin/models/far", "/models/far", "/admin/audit"] {
        assert!(!alice.get(page).await.text.contains(secret), "{page}");
    }

    // The card may be changed while the endpoint is away, and the key stays.
    let kept = with(&[("retries", "3"), ("action", "save")]);
    assert_eq!(alice.post("/admin/models/far", &kept).await.status, 303);
    let model = models::by_slug(&db, "far").await.expect("reads").expect("is there");
    let retries = model.settings.source.endpoint().map(|endpoint| endpoint.requests.retries);
    assert_eq!((retries, model.api_key_sealed.as_ref()), (Some(3), Some(&sealed)));
    let removed = with(&[("remove_key", "yes"), ("force", "yes"), ("action", "save")]);
    assert_eq!(alice.post("/admin/models/far", &removed).await.status, 303);
    let model = models::by_slug(&db, "far").await.expect("reads").expect("is there");
    assert_eq!(model.api_key_sealed, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_model_rests_comes_back_and_retires_for_good(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    let path = demo();
    alice
        .post("/admin/models", &[("kind", "local"), ("path", &path), ("display_name", "Poet"), ("action", "save")])
        .await;
    let state = async || models::by_slug(&db, "poet").await.expect("reads").expect("is there").state;
    let set = "/admin/models/poet/state";

    assert_eq!(alice.post(set, &[("state", "disabled")]).await.status, 303);
    assert_eq!(state().await, ModelState::Disabled);
    assert_eq!(alice.post(set, &[("state", "enabled")]).await.status, 303);
    assert_eq!(state().await, ModelState::Enabled);
    assert!(alice.get("/admin/models/poet/retire").await.text.contains("cannot be undone"), "it asks first");
    assert_eq!(alice.post(set, &[("state", "retired")]).await.status, 303);
    assert_eq!(alice.post(set, &[("state", "enabled")]).await.status, 409);
    assert_eq!(state().await, ModelState::Retired);
    assert!(
        alice.get("/models/poet").await.text.contains("no longer take part in battles"),
        "its card stays and says so"
    );

    let deeds = audit::page(&db, &DeedCriteria::default(), false, None, 3).await.expect("reads");
    assert_eq!(deeds[0].detail, serde_json::json!({ "from": "enabled", "to": "retired" }));
    assert!(deeds.iter().all(|row| row.action == "model.state" && row.admin.as_deref() == Some("alice")));

    let mut stranger = browser(&arena).await;
    assert_eq!(stranger.post(set, &[("state", "enabled")]).await.location(), "/admin/sign-in?next=/admin");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_speaks_both_languages(db: PgPool) {
    let arena = arena(db.clone());
    let mut alice = signed_in(&arena).await;
    let path = demo();
    alice
        .post("/admin/models", &[("kind", "local"), ("path", &path), ("display_name", "Poet"), ("action", "save")])
        .await;
    for language in ["en", "zh-CN"] {
        alice.language = language;
        for page in [
            "/models",
            "/models/poet",
            "/admin",
            "/admin/status",
            "/admin/models",
            "/admin/models/new",
            "/admin/models/new?kind=endpoint",
            "/admin/models/poet",
            "/admin/models/poet/retire",
            "/admin/battles",
            "/admin/votes",
            "/admin/audit",
            "/admin/tokens",
            "/admin/accounts",
            "/admin/sign-in",
            "/admin/welcome/none",
        ] {
            let text = alice.get(page).await.text;
            assert!(!text.contains("Unknown localization"), "{page} in {language}: {text}");
            let chinese = text.chars().filter(|c| ('\u{4e00}'..'\u{9fff}').contains(c)).count();
            assert_eq!(language == "zh-CN", chinese > 20, "{page} in {language} has {chinese} Chinese characters");
        }
    }
}
