//! Registering models: the look before does what a battle does, and what cannot work does not get in.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use arena_tests::harness::{Arena, Behaviour, Client, Endpoint, Form, Options, Reply, eventually_async, models_folder};
use serde_json::json;

use crate::stage::{REMOTE, SLUGS, Stage, administrator, begin, read};

/// The filled form of an endpoint.
async fn endpoint_form(admin: &Client, endpoint: &Endpoint, model: &str, name: &str) -> Form {
    let page = admin.get("/admin/models/new?kind=endpoint").await.expect(200);
    let form = page.form("to register", |form| form.has("base_url"));
    form.with("base_url", endpoint.base_url()).with("remote_model", model).with("display_name", name)
}

async fn local_form(admin: &Client, path: &Path, name: &str) -> Form {
    let page = admin.get("/admin/models/new?kind=local").await.expect(200);
    let form = page.form("to register", |form| form.has("path"));
    form.with("path", path.to_string_lossy()).with("display_name", name)
}

async fn save(admin: &Client, form: &Form) -> Reply {
    admin.submit(form, Some(("action", "save"))).await
}

/// A new token for programs.
pub async fn token(admin: &Client) -> String {
    let form = admin.get("/admin/tokens").await.expect(200).form("to make a token", |form| form.has("label"));
    let page = admin.submit(&form.with("label", "tests"), None).await.expect(200);
    let at = page.text.find("arena_").expect("the token");
    page.text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

#[tokio::test]
async fn a_model_of_the_endpoint_s_list_is_checked_by_a_click_and_what_was_typed_stays() {
    let stage = Stage::quick().await;
    let admin = administrator(&stage.arena).await;
    let page = admin.get(&format!("/admin/models/{}", SLUGS[0])).await.expect(200);
    let form = page.form("to change", |form| form.has("base_url")).with("quantisation", "Q5_K");
    let checked = admin.submit(&form, Some(("action", "check"))).await.expect(200);
    assert!(checked.text.contains(&format!("name=\"pick\" value=\"{}\"", REMOTE[1])), "{}", checked.words());
    let form = checked.form("to change", |form| form.has("base_url"));
    let picked = admin.submit(&form, Some(("pick", REMOTE[1]))).await.expect(200);
    assert!(picked.words().contains("The endpoint responds"), "{}", picked.words());
    let form = picked.form("to change", |form| form.has("base_url"));
    let typed = |name: &str| form.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((typed("remote_model"), typed("quantisation")), (Some(REMOTE[1]), Some("Q5_K")));
}

#[tokio::test]
async fn endpoints_that_refuse_parameters_are_registered_without_them_and_answer_battles() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("the arena starts");
    let admin = administrator(&arena).await;
    let endpoint = Endpoint::start();
    let says = || Behaviour::says(&["One ", "answer."]);
    let unnamed = "Bad request";
    for (model, behaviour, omitted) in [
        ("plain", says(), ""),
        ("hot", says().refusing("temperature", "Unsupported value: 'temperature' does not support 0.7"), "temperature"),
        ("seedless", says().refusing("seed", "unknown field `seed`"), "seed"),
        (
            "bare",
            says().refusing("temperature", "temperature?").refusing("top_p", "top_p?").refusing("seed", "seed?"),
            "temperature, top_p, seed",
        ),
        ("silent", says().refusing("top_p", unnamed).refusing("seed", unnamed), "top_p, seed"),
        ("seed-oss", says().refusing("temperature", "seed-oss: temperature cannot be chosen"), "temperature"),
        ("likeliest", says().refusing("top_k", "Unrecognized request argument supplied: top_k"), "top_k"),
        // What changes no answer is not sent, or by its other name.
        ("limited", says().refusing("max_tokens", "Unsupported parameter: 'max_tokens'"), ""),
        ("countless", says().refusing("stream_options", unnamed), ""),
    ] {
        endpoint.model(model, behaviour);
        let form = endpoint_form(&admin, &endpoint, model, &format!("The {model} one")).await.with("top_k", "40");
        let page = save(&admin, &form).await.expect(200);
        assert_eq!(page.path, format!("/admin/models?done=the-{model}-one"), "{}", page.words());
        let card = arena.visitor().get(&format!("/models/the-{model}-one")).await.expect(200).words();
        assert_eq!(card.contains("Not sent to the endpoint"), !omitted.is_empty(), "{card}");
        assert!(card.contains(omitted), "{card}");
    }
    let visitor = arena.visitor();
    for _ in 0..6 {
        let battle = begin(&visitor, "hello").await;
        let seen = read(&visitor, &battle).await;
        assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
    }
    // An endpoint that cannot give as long an answer as a battle asks for says so before it is registered.
    endpoint.model("short", says().refusing_more_tokens_than(500));
    let page = save(&admin, &endpoint_form(&admin, &endpoint, "short", "Short").await).await.expect(422);
    assert!(page.words().contains("at most 500 tokens"), "{}", page.words());
    // What is part of a contestant is asked for too, also where it is added later.
    let form = endpoint_form(&admin, &endpoint, "plain", "Plain and penalised").await.with("repetition_penalty", "1.1");
    save(&admin, &form).await.expect(200);
    let sent =
        |field: &str| endpoint.requests().iter().any(|asked| asked["model"] == "plain" && asked.get(field).is_some());
    assert!(sent("repetition_penalty"));
    let page = admin.get("/admin/models/plain-and-penalised").await.expect(200);
    let form =
        page.form("to change", |form| form.has("base_url")).with("min_p", "0.1").with("system_prompt", "Be brief.");
    endpoint.model("plain", says().refusing("min_p", "min_p is not supported"));
    save(&admin, &form).await.expect(200);
    let card = arena.visitor().get("/models/plain-and-penalised").await.expect(200).words();
    assert!(card.contains("min_p"), "{card}");
    // One that says nothing cannot be judged.
    endpoint.model("mute", Behaviour::says(&[]));
    save(&admin, &endpoint_form(&admin, &endpoint, "mute", "Mute").await).await.expect(422);
}

#[tokio::test]
async fn a_typed_key_outlives_the_check_and_never_stands_in_the_page() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("the arena starts");
    let admin = administrator(&arena).await;
    let endpoint = Endpoint::start();
    endpoint.model("m", Behaviour::says(&["An ", "answer."]).wanting_key("sk-typed-once"));
    let form = endpoint_form(&admin, &endpoint, "m", "Keyed").await.with("api_key", "sk-typed-once");
    let checked = admin.submit(&form, Some(("action", "check"))).await.expect(200);
    let again = checked.form("to save", |form| form.has("base_url"));
    assert_eq!(again.value("api_key"), None, "it is typed in another step");
    let sealed = again.value("sealed_key").expect("the key comes back sealed").to_owned();
    assert!(sealed.len() > 40 && !checked.text.contains("sk-typed-once"));
    // Twice checked is as good as once, and mistakes elsewhere do not lose it.
    let wrong = again.clone().with("sampling_weight", "much");
    let mistaken = save(&admin, &wrong).await.expect(422);
    let again = mistaken.form("to save", |form| form.has("base_url")).with("sampling_weight", "1");
    let saved = save(&admin, &again).await.expect(200);
    assert_eq!(saved.path, "/admin/models?done=keyed", "{}", saved.words());
    let forged = endpoint_form(&admin, &endpoint, "m", "Forged").await.with("sealed_key", sealed.replace('a', "b"));
    save(&admin, &forged).await.expect(422);
    assert!(!admin.received().contains("sk-typed-once"));
}

#[tokio::test]
async fn files_that_cannot_answer_are_refused_and_the_arena_goes_on() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::empty_worker())).await.expect("the arena starts");
    let admin = administrator(&arena).await;
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read(models_folder().join("pupil-5m-q4_K.gguf")).expect("reads");
    // The template is replaced by another of its length, so that nothing else moves.
    let template_at = find(&good, b"{{ bos_token }}{% for message");
    let length = 0xe4;
    let hostile = |template: &str| {
        let mut file = good.clone();
        let mut text = template.as_bytes().to_vec();
        text.resize(length, b' ');
        file[template_at..template_at + length].copy_from_slice(&text);
        file
    };
    let mut nan = good.clone();
    let norm = find(&good, b"output_norm.weight");
    // Name, rank (4), dimension (8), type (4), then the offset from the data section, which begins at a multiple of 32.
    let offset = u64::from_le_bytes(good[norm + 18 + 16..norm + 18 + 24].try_into().expect("eight bytes"));
    let path = folder.path().join("probe.gguf");
    std::fs::write(&path, &good).expect("written");
    let data = good.len() as u64 - data_bytes(&good);
    let at = usize::try_from(data + offset).expect("small");
    nan[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    for (name, bytes, said) in [
        ("NaN", nan, "output_norm.weight"),
        ("Recursion", hostile("{% set n = namespace() %}{% set n.x = n %}{{ n }}"), ""),
        (
            "Memory",
            hostile(
                "{% set s = namespace(v='x') %}{% for i in range(60) %}{% set s.v = s.v ~ s.v %}{% endfor %}{{ s.v }}",
            ),
            "",
        ),
        ("Refusal", hostile("{{ raise_exception('no conversation pleases') }}"), "no conversation pleases"),
        ("Broken", hostile("{% for m in messages %}"), "template"),
        ("Deaf", hostile("hello"), "leaves out what the person says"),
        (
            "Once",
            hostile(
                "{% if messages|length > 1 %}{{ raise_exception('one turn only') }}{% endif %}{{ messages[0].content }}",
            ),
            "one turn only",
        ),
    ] {
        let path = folder.path().join(format!("{name}.gguf"));
        std::fs::write(&path, bytes).expect("written");
        let page = save(&admin, &local_form(&admin, &path, name).await).await.expect(422);
        assert!(page.words().contains(said), "{name}: {}", page.words());
        admin.get("/health/live").await.expect(200);
        let refused = admin.get("/admin/models").await.expect(200);
        assert!(!refused.words().contains(name), "{name} is registered");
    }
    // Programs are told as much.
    let token = token(&admin).await;
    let program = arena.visitor().header("authorization", &format!("Bearer {token}"));
    let nan = folder.path().join("NaN.gguf");
    let model = json!({ "kind": "local", "model": { "display_name": "NaN", "path": nan } });
    let refused = program.call("POST", "/api/v1/admin/models", Some(&model)).await.expect(422).json();
    let told = refused["error"]["detail"].as_str().expect("a detail");
    assert!(told.starts_with("path: ") && told.contains("output_norm.weight"), "{refused}");
    let page = save(&admin, &local_form(&admin, &path, "Good").await).await.expect(200);
    assert_eq!(page.path, "/admin/models?done=good", "{}", page.words());
    eventually_async("it answers", async || admin.get("/admin/status").await.words().contains("ready").then_some(()))
        .await;
}

/// Where a text begins.
fn find(bytes: &[u8], text: &[u8]) -> usize {
    bytes.windows(text.len()).position(|window| window == text).expect("it is there")
}

/// The length of the data section: the last tensor's end, as its offset and size tell. The last tensor in the file ends it.
fn data_bytes(bytes: &[u8]) -> u64 {
    // The header ends behind the table; the data begin at the next multiple of 32.
    let last = b"output_norm.weight";
    let name = find(bytes, last);
    let mut end = name + last.len() + 4 + 8 + 4 + 8;
    // Entries go on as long as a plausible name length follows.
    while let Some(length) = bytes.get(end..end + 8).map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes"))) {
        if !(5..64).contains(&length) {
            break;
        }
        let name = usize::try_from(length).expect("small");
        if !bytes[end + 8..end + 8 + name].iter().all(|b| b.is_ascii_graphic()) {
            break;
        }
        let rank = bytes[end + 8 + name] as usize;
        end += 8 + name + 4 + 8 * rank + 4 + 8;
    }
    (bytes.len() - end.next_multiple_of(32)) as u64
}

#[tokio::test]
async fn names_that_look_like_another_s_are_refused() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("the arena starts");
    let admin = administrator(&arena).await;
    let endpoint = Endpoint::start();
    endpoint.model("m", Behaviour::says(&["An ", "answer."]));
    save(&admin, &endpoint_form(&admin, &endpoint, "m", "Mixtral 8x7B").await).await.expect(200);
    for twin in ["Mіxtral 8x7B", "Mixtral 8x7В", "Ｍixtral 8x7B", "Mixtral\u{A0}8x7B"] {
        let page = save(&admin, &endpoint_form(&admin, &endpoint, "m", twin).await).await;
        let page = page.expect(422);
        assert!(page.words().contains("looks the same"), "{twin}: {}", page.words());
    }
    for invisible in ["Mixtral\u{200B} 8x7B", "\u{202E}B7x8", "Other\u{E0041}", "Mix\u{AD}tral"] {
        let page = save(&admin, &endpoint_form(&admin, &endpoint, "m", invisible).await).await.expect(422);
        assert!(page.words().contains("invisible character U+"), "{invisible:?}: {}", page.words());
    }
    save(&admin, &endpoint_form(&admin, &endpoint, "m", "Mixtral 8x22B").await).await.expect(200);
}

#[tokio::test]
async fn an_endpoint_that_refuses_everybody_rests_and_is_shown_as_failing() {
    let stage = Stage::with(Behaviour::says(&["Fine."]), Behaviour::says(&["Fine."])).await;
    let refusal = arena_tests::harness::Ending::Status(400, "I take offence".to_owned());
    stage.endpoint.model(REMOTE[1], Behaviour::says(&[]).ending(refusal));
    let visitor = stage.arena.visitor();
    let admin = administrator(&stage.arena).await;
    eventually_async("it rests", async || {
        let page = visitor.get("/battle").await;
        if let Some(form) = Form::all(&page.text).into_iter().find(|form| form.has("prompt")) {
            let page = visitor.submit(&form.with("prompt", "hello"), None).await;
            if page.path.starts_with("/battle/") {
                read(&visitor, page.path.split('#').next().unwrap_or_default()).await;
            }
        }
        let status = admin.get("/admin/models").await.words();
        (status.contains("I take offence") && status.contains("not responding")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn private_answers_are_not_kept_and_nobody_looks_into_the_folder() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("the arena starts");
    let visitor = arena.visitor();
    let token = visitor.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let visitor = visitor.header("authorization", &format!("Bearer {}", token["visitor"].as_str().expect("a token")));
    for path in ["/api/v1/battles", "/history", "/api/v1/battles/none"] {
        let reply = visitor.call("GET", path, None).await;
        assert!(reply.header("cache-control").is_some_and(|kept| kept.contains("no-store")), "{path}");
    }
    let refused = visitor.call("POST", "/api/v1/battles", Some(&json!({ "kind": "nonsense" }))).await;
    assert!(refused.header("cache-control").is_some_and(|kept| kept.contains("no-store")));
    // Over plain HTTP, TLS is not promised.
    assert_eq!(visitor.fetch("/").await.header("strict-transport-security"), None);
    // Where root runs the database, its account may pass through the folder; nobody may look into it.
    let mode = std::fs::metadata(arena.folder().path()).expect("a folder").permissions().mode() & 0o777;
    assert_eq!(mode & 0o066, 0, "{mode:o}");
}
