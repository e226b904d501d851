//! A system prompt and settings are part of a contestant, and visitors of named chats set their own.

use arena_tests::harness::{Arena, Client, Options, demo_model, eventually_async};
use serde_json::Value;

use crate::stage::{SLUGS, Stage, administrator, begin, read};

fn texts_of(request: &Value, role: &str) -> Vec<String> {
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let of_role = messages.iter().filter(|message| message["role"] == role);
    of_role.filter_map(|message| message["content"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_contestant_keeps_its_prompt_and_settings_in_blind_battles_and_its_opponent_its_own() {
    let stage = Stage::quick().await;
    stage
        .store
        .execute(
            "UPDATE models SET system_prompt = 'Answer in verse.', temperature = 0.2, top_k = 40, repetition_penalty = 1.1
            WHERE slug = 'zanzibar-quokka'",
        )
        .await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Hello").await;
    read(&visitor, &battle).await;
    let requests = stage.endpoint.requests();
    let of = |model: &str| requests.iter().find(|request| request["model"] == model).expect("was asked").clone();
    let (own, plain) = (of("remote-quokka"), of("remote-ibex"));
    assert_eq!(texts_of(&own, "system"), ["Answer in verse."]);
    let said = |request: &Value, name: &str| request[name].as_f64();
    assert_eq!((said(&own, "temperature"), said(&own, "top_k")), (Some(0.2), Some(40.0)));
    assert_eq!(said(&own, "repetition_penalty"), Some(1.1));
    assert!(texts_of(&plain, "system").is_empty());
    assert_eq!((said(&plain, "temperature"), said(&plain, "top_k")), (Some(0.7), None));
    assert!(!visitor.received().contains("Answer in verse"), "the prompt tells the models apart before the vote");
    // Its page says so to everybody.
    let card = visitor.get(&format!("/models/{}", SLUGS[0])).await.expect(200).words();
    assert!(card.contains("Answer in verse.") && card.contains("Temperature 0.2 · Top-k 40"), "{card}");
}

#[tokio::test]
async fn a_visitor_s_prompt_and_settings_go_before_the_model_s_own_in_named_chats() {
    let stage = Stage::quick().await;
    stage.store.execute("UPDATE models SET system_prompt = 'Answer in verse.', temperature = 0.2, min_p = 0.1").await;
    let visitor = stage.arena.visitor();
    let page = visitor.get("/direct").await.expect(200);
    let form = page.form("to chat", |form| form.has("preset")).with("model_a", SLUGS[0]).with("prompt", "Hello");
    let form = form.with("system_prompt", "Be a pirate.").with("preset", "chinese-mixtral").with("top_k", "7");
    let wrong = visitor.submit(&form.clone().with("top_p", "1.5"), None).await.expect(422);
    assert!(wrong.words().contains("“top_p” is out of range") && wrong.text.contains("Be a pirate."));
    let battle = visitor.submit(&form, None).await.expect(200).path;
    read(&visitor, battle.split('#').next().unwrap_or_default()).await;
    let request = stage.endpoint.requests().pop().expect("was asked");
    assert_eq!(texts_of(&request, "system"), ["Be a pirate."]);
    let said = |name: &str| request[name].as_f64();
    assert_eq!((said("temperature"), said("top_p"), said("top_k")), (Some(0.2), Some(0.9), Some(7.0)));
    assert_eq!((said("max_tokens"), said("min_p")), (Some(512.0), Some(0.1)), "what nobody says is the model's own");
    // The API alike; a blind battle takes neither.
    let program = stage.arena.visitor();
    let token = program.call("POST", "/api/v1/visitors", None).await.expect(201).json()["visitor"].clone();
    let program = program.header("authorization", &format!("Bearer {}", token.as_str().expect("a token")));
    let body = serde_json::json!({
        "kind": "direct", "prompt": "Hi", "model": SLUGS[0], "system_prompt": "Be brief.",
        "parameters": { "seed": 42, "temperature": 1.0 },
    });
    program.call("POST", "/api/v1/battles", Some(&body)).await.expect(201);
    let request = eventually_async("the program's request", async || {
        stage.endpoint.requests().into_iter().find(|request| texts_of(request, "system") == ["Be brief."])
    })
    .await;
    assert_eq!((request["seed"].as_u64(), request["temperature"].as_f64()), (Some(42), Some(1.0)));
    let body = serde_json::json!({ "kind": "battle", "prompt": "Hi", "system_prompt": "Be brief." });
    program.call("POST", "/api/v1/battles", Some(&body)).await.expect(422);
}

/// Registers a local model, or saves the form that is opened there.
async fn register(admin: &Client, path: &str, fields: &[(&str, &str)]) {
    let page = admin.get(path).await.expect(200);
    let mut form = page.form("to register", |form| form.has("step"));
    for (name, value) in fields {
        form = form.with(name, *value);
    }
    let saved = admin.submit(&form, Some(("action", "save"))).await.expect(200);
    assert!(saved.path.starts_with("/admin/models?done="), "{}: {}", saved.path, saved.words());
}

#[tokio::test]
async fn a_duplicate_with_another_prompt_competes_on_one_loaded_copy_of_the_weights() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::empty_worker())).await.expect("starts");
    let admin = administrator(&arena).await;
    let file = demo_model("q2_k").to_string_lossy().into_owned();
    register(&admin, "/admin/models/new?kind=local", &[("display_name", "Poet"), ("path", &file)]).await;
    let copy = admin.get("/admin/models/new?copy=poet").await.expect(200);
    assert!(copy.words().contains("A copy of Poet") && copy.text.contains("value=\"Poet (copy)\""));
    register(&admin, "/admin/models/new?copy=poet", &[("system_prompt", "写得悲伤些。"), ("temperature", "0.2")]).await;
    eventually_async("both are ready", async || {
        let health = arena.visitor().fetch("/health").await.json();
        (health["models"]["ready"].as_u64() == Some(2)).then_some(())
    })
    .await;
    // Both sides of one battle come from the one copy.
    let visitor = arena.visitor();
    let battle = begin(&visitor, "写一首五言绝句").await;
    let seen = read(&visitor, &battle).await;
    assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
    let loads = arena.log().matches("loading").count();
    let store = arena.store().await;
    assert_eq!(store.count("SELECT count(DISTINCT model_id) FROM replies WHERE status = 'done'").await, 2);
    assert_eq!(store.count("SELECT count(DISTINCT path) FROM models").await, 1, "{loads} loads in the log");
    let memory = arena.workers().len();
    assert_eq!(memory, 1, "one worker has them");
}

/// The fixture has random weights: it is asked whether it answers, not what.
#[tokio::test]
async fn a_hugging_face_folder_competes_as_it_is_and_quantised_while_it_loads() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::empty_worker())).await.expect("starts");
    let admin = administrator(&arena).await;
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tools/tests/data/transformers/base");
    let folder = data.canonicalize().expect("the fixture").display().to_string();
    let typed = format!("{folder}:q8_0");
    for (name, path) in [("As it is", &folder), ("Quantised", &typed)] {
        register(&admin, "/admin/models/new?kind=local", &[("display_name", name), ("path", path)]).await;
    }
    eventually_async("both are ready", async || {
        let health = arena.visitor().fetch("/health").await.json();
        (health["models"]["ready"].as_u64() == Some(2)).then_some(())
    })
    .await;
    let kept = arena.store().await.texts("SELECT path || ' ' || quantisation FROM models ORDER BY slug").await;
    assert_eq!(kept, [format!("{folder} BF16"), format!("{typed} Q8_0")]);
    let visitor = arena.visitor();
    let battle = begin(&visitor, "hello").await;
    let seen = read(&visitor, &battle).await;
    assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
}

/// The prompt's tokens of each model's newest answer.
async fn prompt_tokens(arena: &Arena) -> Vec<String> {
    let sql = "SELECT DISTINCT ON (slug) slug || ' ' || prompt_tokens FROM replies JOIN models ON models.id = model_id
        WHERE status = 'done' ORDER BY slug, replies.id DESC";
    arena.store().await.texts(sql).await
}

#[tokio::test]
async fn the_same_weights_compete_with_two_chat_templates_on_one_loaded_copy() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::empty_worker())).await.expect("starts");
    let admin = administrator(&arena).await;
    let file = demo_model("q2_k").to_string_lossy().into_owned();
    register(&admin, "/admin/models/new?kind=local", &[("display_name", "Poet"), ("path", &file)]).await;
    // One that cannot lay out a conversation is refused in the reader's language, and stays in the form.
    let copy = admin.get("/admin/models/new?copy=poet").await.expect(200);
    let form = copy.form("to register", |form| form.has("step"));
    for (bad, english, chinese) in [
        ("{% for m in messages %}", "chat template", "聊天模板"),
        ("I say the same to everybody", "leaves out what the person says", "没有输出用户所说的话"),
        ("{{ raise_exception('no conversation pleases') }}", "no conversation pleases", "no conversation pleases"),
        ("{% set n = namespace() %}{% set n.x = n %}{{ n }}", "cannot lay out a conversation", "无法处理对话"),
    ] {
        let form = form.clone().with("chat_template_jinja", bad);
        for (language, said) in [("en", english), ("zh", chinese)] {
            let admin = admin.clone().header("accept-language", language);
            let refused = admin.submit(&form, Some(("action", "save"))).await.expect(422);
            assert!(refused.words().contains(said), "{bad} in {language}: {}", refused.words());
            let kept = refused.form("to mend", |form| form.has("chat_template_jinja"));
            assert_eq!(kept.value("chat_template_jinja"), Some(bad));
        }
    }
    let store = arena.store().await;
    assert_eq!(store.count("SELECT count(*) FROM models").await, 1);
    // White space at its ends is part of it.
    let own = "{% for m in messages %}{{ m.content }}\n{{ m.content }}\n{% endfor %}  ";
    register(&admin, "/admin/models/new?copy=poet", &[("chat_template_jinja", own)]).await;
    let kept = store.texts("SELECT chat_template_jinja FROM models ORDER BY created_at DESC LIMIT 1").await;
    assert_eq!(kept, [own]);
    eventually_async("both are ready", async || {
        let health = arena.visitor().fetch("/health").await.json();
        (health["models"]["ready"].as_u64() == Some(2)).then_some(())
    })
    .await;
    let visitor = arena.visitor();
    let battle = begin(&visitor, "写一首五言绝句，题目《春望》。").await;
    let seen = read(&visitor, &battle).await;
    assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
    let tokens = prompt_tokens(&arena).await;
    let count = |at: usize| tokens[at].rsplit(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number");
    assert!(tokens.len() == 2 && count(0) != count(1), "both were laid out alike: {tokens:?}");
    assert_eq!(arena.workers().len(), 1, "one worker has them");
    // Its page shows it, and a change of it is looked at.
    let slug = store.texts("SELECT slug FROM models ORDER BY created_at DESC LIMIT 1").await.remove(0);
    let card = visitor.get(&format!("/models/{slug}")).await.expect(200);
    assert!(card.words().contains("{% for m in messages %}"), "{}", card.words());
    let page = admin.get(&format!("/admin/models/{slug}")).await.expect(200);
    let form = page.form("to change", |form| form.has("chat_template_jinja"));
    assert_eq!(form.value("chat_template_jinja"), Some(own));
    admin.submit(&form.clone().with("chat_template_jinja", "nothing"), Some(("action", "save"))).await.expect(422);
    admin.submit(&form.with("chat_template_jinja", ""), Some(("action", "save"))).await.expect(200);
}

#[tokio::test]
async fn an_endpoint_is_sent_a_chat_template_only_where_its_contestant_has_one() {
    let stage = Stage::quick().await;
    let admin = administrator(&stage.arena).await;
    let page = admin.get(&format!("/admin/models/{}", SLUGS[0])).await.expect(200);
    let form = page.form("to change", |form| form.has("base_url"));
    let own = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
    admin.submit(&form.clone().with("chat_template_jinja", own), Some(("action", "save"))).await.expect(200);
    let looked = stage.endpoint.requests();
    assert!(looked.iter().all(|request| request["chat_template"] == own), "the look asks as battles do");
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Hello").await;
    read(&visitor, &battle).await;
    let requests = stage.endpoint.requests();
    let of = |model: &str| requests.iter().rfind(|request| request["model"] == model).expect("was asked").clone();
    assert_eq!(of("remote-quokka")["chat_template"], own);
    assert!(of("remote-ibex").get("chat_template").is_none());
    assert!(!visitor.received().contains("im_start"), "the template tells the models apart before the vote");
    // One that our Jinja cannot run may be right for the endpoint's: only the button that says so saves it.
    let form = form.with("chat_template_jinja", "{% new_tag %}{{ messages[0].content }}");
    let refused = admin.submit(&form, Some(("action", "save"))).await.expect(422);
    let form = refused.form("to change", |form| form.has("base_url"));
    assert!(form.buttons.iter().any(|(_, value)| value == "force"), "{:?}", form.buttons);
    admin.submit(&form, Some(("action", "force"))).await.expect(200);
}

#[tokio::test]
async fn a_battle_is_drawn_among_those_who_speak_its_language() {
    let stage = Stage::quick().await;
    let copies = "INSERT INTO models SELECT (jsonb_populate_record(models, jsonb_build_object('id', gen_random_uuid(),
        'slug', slug || '-zh', 'display_name', display_name || ' Z', 'languages', 'zh'))).* FROM models";
    stage.store.execute(copies).await;
    stage.store.execute("UPDATE models SET languages = 'en, fr' WHERE languages = ''").await;
    let of_english = "SELECT count(*) FROM battles JOIN models a ON a.id = model_a JOIN models b ON b.id = model_b
                      WHERE a.languages = 'en, fr' AND b.languages = 'en, fr' AND pair_probability = 0.5";
    let of_chinese = "SELECT count(*) FROM battles JOIN models a ON a.id = model_a JOIN models b ON b.id = model_b
                      WHERE a.languages = 'zh' AND b.languages = 'zh' AND pair_probability = 0.5";
    for (prompt, drawn) in [("What is a lantern?", of_english), ("写一首五言绝句", of_chinese)] {
        for _ in 0..3 {
            begin(&stage.arena.visitor(), prompt).await;
        }
        assert_eq!(stage.store.count(drawn).await, 3, "{prompt}");
    }
    // One who says nothing may speak any language, and is on everybody's card as before.
    stage.store.execute("UPDATE models SET languages = '' WHERE slug LIKE '%-zh'").await;
    let cards = stage.arena.visitor();
    let said = cards.get(&format!("/models/{}", SLUGS[0])).await.expect(200).words();
    assert!(said.contains("English · French"), "{said}");
    assert!(!cards.get(&format!("/models/{}-zh", SLUGS[0])).await.expect(200).words().contains("English · French"));
    for _ in 0..12 {
        begin(&stage.arena.visitor(), "What is a lantern?").await;
    }
    let mixed = "SELECT count(*) FROM battles JOIN models a ON a.id = model_a JOIN models b ON b.id = model_b
                 WHERE a.languages <> b.languages";
    assert!(stage.store.count(mixed).await > 0);
}
