//! What streaming costs, printed: bytes for a reader, the time of an answer with many readers, and how soon a new answer shows
//! while a thousand others run.
//!
//! `cargo test --workspace --test faults streaming -- --ignored --nocapture --test-threads 1`

use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Behaviour, Client, Endpoint, NewModel, Options};
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::json;

/// An arena and two models that do this.
async fn stage(behaviour: Behaviour) -> (Arena, Endpoint) {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let (endpoint, store) = (Endpoint::start(), arena.store().await);
    for slug in ["one", "other"] {
        endpoint.model(slug, behaviour.clone());
        let base_url = endpoint.base_url();
        let model = NewModel {
            slug,
            name: slug,
            base_url: &base_url,
            remote_model: slug,
            weight: 1.0,
            first_token_seconds: 60.0,
            between_tokens_seconds: 60.0,
        };
        store.add_model(&model).await;
    }
    (arena, endpoint)
}

/// A new visitor, as a program.
async fn visitor(arena: &Arena) -> Client {
    let visitor = arena.visitor();
    let token = visitor.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    arena.visitor().header("authorization", &format!("Bearer {}", token["visitor"].as_str().expect("a token")))
}

async fn begin(visitor: &Client) -> String {
    let start = json!({ "kind": "battle", "prompt": "Go on." });
    let battle = visitor.call("POST", "/api/v1/battles", Some(&start)).await.expect(201).json();
    battle["id"].as_str().expect("an id").to_owned()
}

/// Takes a stream to its end: the bytes of its body, and when it ended.
async fn take(visitor: &Client, path: &str) -> (usize, Duration) {
    let (began, mut bytes) = (Instant::now(), 0);
    let response = visitor.request("GET", path).send().await.expect("a stream");
    assert_eq!(response.status().as_u16(), 200);
    let mut body = response.bytes_stream();
    while let Some(piece) = body.next().await {
        bytes += piece.expect("the stream goes on").len();
    }
    (bytes, began.elapsed())
}

/// Seconds of processor time that the server has used.
fn processor_seconds(arena: &Arena) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", arena.pid().as_raw_nonzero())).expect("a process");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / 100.0
}

/// Text of 16 KB in pieces of 24 characters.
fn pieces(text: &str) -> Behaviour {
    let chars: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = chars.chunks(24).map(|piece| piece.iter().collect()).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    Behaviour { between: Duration::from_millis(20), ..Behaviour::says(&pieces) }
}

fn code() -> String {
    let lines = "/// Adds `a` to \"b\".\nfn add(a: u32, b: u32) -> u32 {\n    let sum = a + b; // both\n    sum\n}\n\n";
    format!("```rust\n{}```\n", lines.repeat(16_000 / lines.len()))
}

fn prose() -> String {
    let paragraph = "The **moon** rises over the `river`, and the poet counts *three* cups: one of wine, one of shade, one of \
        silver light.\n\n- one of wine, which is deep\n- one of shade\n\nWhoever drinks with the moon drinks alone, says the \
        poet, and pours again; the river does not mind, and goes on to the sea.\n\n";
    paragraph.repeat(16_000 / paragraph.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of some minutes"]
async fn streaming_costs_of_an_answer_of_16_kb() {
    for (name, text) in [("code", code()), ("prose", prose())] {
        let (arena, _endpoint) = stage(pieces(&text)).await;
        for readers in [1, 20, 500] {
            let visitor = browser(&arena).await;
            let battle = begin_page(&visitor).await;
            let path = format!("{battle}/stream");
            let used = processor_seconds(&arena);
            let took = join_all((0..readers).map(|_| take(&visitor, &path))).await;
            let used = processor_seconds(&arena) - used;
            // Who comes after the end gets the HTML once.
            let (html, _) = take(&visitor, &path).await;
            let most = took.iter().map(|(bytes, _)| *bytes).max().unwrap_or(0);
            let slowest = took.iter().map(|(_, time)| *time).max().unwrap_or_default();
            println!(
                "{name}, {readers} readers: {most} bytes for {html} of HTML ({:.2} times), {slowest:.1?}, {used:.1} s of a core",
                most as f64 / html as f64,
            );
        }
    }
}

/// A visitor with a browser's cookies.
async fn browser(arena: &Arena) -> Client {
    let visitor = arena.visitor();
    visitor.get("/battle").await.expect(200);
    visitor
}

async fn begin_page(visitor: &Client) -> String {
    let page = visitor.get("/battle").await.expect(200);
    let form = page.form("to begin a battle", |form| form.has("prompt")).with("prompt", "Go on.");
    let page = visitor.submit(&form, None).await.expect(200);
    page.path.split('#').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of a minute"]
async fn streaming_costs_the_first_text_while_a_thousand_answers_run() {
    // So much with each piece that the pace holds nothing of the first one back.
    let piece = "a dozen words or so of an answer that goes on and on ";
    let says = Behaviour { between: Duration::from_millis(500), ..Behaviour::says(&[piece; 1000]) };
    let (arena, _endpoint) = stage(says).await;
    for running in [0, 125, 500] {
        let before = arena.store().await.count("SELECT count(*) FROM replies").await / 2;
        // Together, so that none is given up because nobody reads it.
        let beginning = (before..running).map(async |_| begin(&visitor(&arena).await).await);
        futures_util::stream::iter(beginning).buffer_unordered(16).collect::<Vec<_>>().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let visitor = visitor(&arena).await;
        let (used, began) = (processor_seconds(&arena), Instant::now());
        let battle = begin(&visitor).await;
        let begun = began.elapsed();
        let mut stream = visitor.stream(&format!("/api/v1/battles/{battle}/stream"), None).await;
        let mut first = None;
        let mut chars = 0;
        while began.elapsed() < Duration::from_secs(5) || first.is_none() {
            let event = stream.next().await.expect("an event");
            if event.name == "text" {
                chars += event.json()["text"].as_str().map_or(0, |text| text.chars().count());
                first.get_or_insert_with(|| began.elapsed());
            }
        }
        let first = first.unwrap_or_default();
        let used = (processor_seconds(&arena) - used) / began.elapsed().as_secs_f64();
        let answers = arena.store().await.count("SELECT count(*) FROM replies WHERE status = 'streaming'").await;
        println!(
            "{answers} answers run: begun in {begun:.2?}, first text after {first:.2?}, then {chars} characters of both sides \
             in {:.1?}, {used:.2} cores",
            began.elapsed() - first,
        );
    }
}
