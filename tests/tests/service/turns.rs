//! Local models that share a device's memory in turns.

use arena_tests::harness::{Arena, Client, Options, eventually_async};
use serde_json::{Value, json};

use crate::stage::{administrator, begin, read};

/// A demo model needs between half of this and this.
const ONE: u64 = 200;

/// The memory that a process takes up, in MiB.
fn resident(pid: rustix::process::Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024)
}

async fn arena(mebibytes: u64) -> Arena {
    let options = Options::demo().argument("--memory").argument(format!("{mebibytes}MiB"));
    tokio::task::spawn_blocking(move || Arena::start(options)).await.expect("the arena starts")
}

async fn models(arena: &Arena) -> Value {
    arena.visitor().fetch("/health").await.json()["models"].clone()
}

async fn until_loaded(arena: &Arena) {
    eventually_async("a model is in memory", async || (models(arena).await["ready"].as_u64()? > 0).then_some(())).await;
}

#[tokio::test]
async fn battles_among_all_models_end_in_the_memory_of_one() {
    let arena = arena(ONE).await;
    until_loaded(&arena).await;
    let store = arena.store().await;
    let models_in_all = store.count("SELECT count(*) FROM models WHERE state = 'enabled'").await;
    // Whoever speaks only English or only Chinese meets the others too.
    store.execute("UPDATE models SET languages = ''").await;
    let mut most = 0;
    for number in 0..8 {
        let visitor = arena.visitor();
        let battle = begin(&visitor, &format!("写一首春天的诗 {number}")).await;
        let seen = read(&visitor, &battle).await;
        assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
        let now = models(&arena).await;
        let of = |name: &str| now[name].as_i64().expect("a number");
        assert!(of("ready") <= 1 && of("failed") == 0, "{now}");
        assert!(of("away") >= models_in_all - 2, "{now}");
        let worker = *arena.workers().first().expect("a worker");
        most = most.max(resident(worker).unwrap_or(0));
    }
    assert!(most <= ONE, "{most} MiB");
    let played = store.count("SELECT count(DISTINCT model_id) FROM replies WHERE status = 'done'").await;
    assert!(played >= 4, "{played} of {models_in_all} have played");
    // Every pair may come, and no probability is that of one among pairs drawn evenly.
    let odd =
        "SELECT count(*) FROM battles WHERE pair_probability IS NULL OR pair_probability NOT BETWEEN 1e-6 AND 0.5";
    assert_eq!(store.count(odd).await, 0);
    // How long a load took is not held against a model.
    let slow = "SELECT count(*) FROM replies WHERE first_token_ms > total_ms OR load_seconds IS NOT NULL";
    assert_eq!(store.count(slow).await, 0, "nobody waits any more");
    let metrics = arena.visitor().fetch("/metrics").await.text;
    let number = |name: &str| -> f64 {
        let line =
            metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {metrics}"));
        line.trim().parse().expect("a number")
    };
    let (loads, evictions) = (number("arena_model_load_seconds_count"), number("arena_model_evictions_total"));
    assert!(loads >= 4.0 && evictions >= loads - 2.0 && evictions <= loads, "{loads} {evictions}");
    let log = arena.log();
    assert!(!log.contains("ERROR"), "{log}");
}

/// Waits with a model that has to be loaded; gives what the page said meanwhile.
async fn waits(visitor: &Client, battle: &str) -> Vec<(Value, Value)> {
    let mut said = Vec::new();
    loop {
        let state = visitor.fetch(&format!("/api/v1/battles/{battle}")).await.json();
        let told = visitor.fetch(&format!("/battle/{battle}/queue")).await.json();
        said.push((state["load_seconds"].clone(), told["text"].clone()));
        if state["running"] == false {
            return said;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_visitor_who_waits_for_a_load_is_told_so_and_an_administrator_pins_a_model() {
    let arena = arena(ONE).await;
    until_loaded(&arena).await;
    let admin = administrator(&arena).await;
    let edit = "/admin/models/poet-14m-q2_k";
    let form = admin.get(edit).await.expect(200).form("of the model", |form| form.has("path"));
    assert_eq!(form.value("pinned"), None, "not ticked");
    admin.submit(&form.with("pinned", "yes"), Some(("action", "save"))).await.expect(200);
    let ready = async |language: &str, words: &str| {
        eventually_async(words, async || {
            let reader = admin.clone().header("accept-language", language);
            reader.get("/admin/models").await.expect(200).words().contains(words).then_some(())
        })
        .await;
    };
    ready("en", "cpu · pinned").await;
    ready("zh", "cpu · 常驻内存").await;
    // Nothing else has room now, and says so in both languages.
    ready("en", "beside pinned models").await;
    ready("zh", "除去常驻模型").await;
    let form = admin.get(edit).await.expect(200).form("of the model", |form| form.has("path"));
    assert_eq!(form.value("pinned"), Some("yes"));
    let store = arena.store().await;
    store.execute("UPDATE models SET pinned = false").await;
    ready("en", "not in memory: loaded when asked").await;
    ready("zh", "未载入内存，需要时加载").await;
    // A model that is away is asked by name.
    let visitor = arena.visitor();
    let made = visitor.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let token = made["visitor"].as_str().expect("a token");
    visitor.set_cookie("visitor", token);
    let visitor = visitor.header("authorization", &format!("Bearer {token}"));
    let body = json!({ "kind": "direct", "prompt": "写一首春天的诗", "model": "poet-14m-q8_0" });
    let begun = visitor.call("POST", "/api/v1/battles", Some(&body)).await.expect(201).json();
    let said = waits(&visitor, begun["id"].as_str().expect("an id")).await;
    let last = said.last().expect("looked at");
    assert_eq!(*last, (Value::Null, json!("")), "{said:?}");
    let answer = visitor.fetch(&format!("/api/v1/battles/{}", begun["id"].as_str().expect("an id"))).await.json();
    assert_eq!(answer["turns"][0]["replies"][0]["status"], "done", "{answer}");
}
