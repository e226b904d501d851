//! Visitors who wait for a model that gives few answers at once.

use arena_tests::harness::{Behaviour, Client, Ending, eventually_async};
use serde_json::{Value, json};

use crate::stage::{SLUGS, Stage};

/// A visitor of the API and, by the same token, of the pages.
async fn visitor(stage: &Stage) -> Client {
    let visitor = stage.arena.visitor();
    let made = visitor.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let token = made["visitor"].as_str().expect("a token");
    visitor.set_cookie("visitor", token);
    visitor.header("authorization", &format!("Bearer {token}"))
}

async fn begin(visitor: &Client, body: &Value) -> String {
    let begun = visitor.call("POST", "/api/v1/battles", Some(body)).await.expect(201).json();
    format!("/api/v1/battles/{}", begun["id"].as_str().expect("an id"))
}

async fn place(visitor: &Client, battle: &str, expected: Value) {
    let state = async || (visitor.fetch(battle).await.json()["queue_ahead"] == expected).then_some(());
    eventually_async(&format!("{expected} before this one"), state).await;
}

#[tokio::test]
async fn visitors_who_wait_see_how_many_are_before_them_and_beyond_the_queue_are_told_to_come_again() {
    let hangs = Behaviour::says(&[]).ending(Ending::Hang);
    let stage = Stage::with(hangs, Behaviour::says(&["Another ", "answer."])).await;
    let limit = "UPDATE models SET max_concurrency = 1, max_queue = 2, first_token_seconds = 600 WHERE slug = $1";
    stage.store.run(limit, &[SLUGS[0]]).await;
    let direct = json!({ "kind": "direct", "prompt": "hello", "model": SLUGS[0] });
    let blind = json!({ "kind": "battle", "prompt": "hello" });
    let visitors = [visitor(&stage).await, visitor(&stage).await, visitor(&stage).await];
    let first = begin(&visitors[0], &direct).await;
    place(&visitors[0], &first, Value::Null).await;
    let second = begin(&visitors[1], &direct).await;
    place(&visitors[1], &second, json!(0)).await;
    let third = begin(&visitors[2], &blind).await;
    place(&visitors[2], &third, json!(1)).await;
    // The page says it in words.
    let page = third.replace("/api/v1/battles/", "/battle/");
    let place_text = async |language: &str| {
        let reader = visitors[2].clone().header("accept-language", language);
        let text = reader.fetch(&format!("{page}/queue")).await.json()["text"].clone();
        assert!(reader.get(&page).await.expect(200).words().contains(text.as_str().expect("a text")), "{text}");
        text
    };
    assert_eq!(place_text("en").await, "1 before you");
    assert_eq!(place_text("zh").await, "前面还有 1 位");
    // Nobody is kept waiting beyond the queue, and nothing of it is written down or counted.
    let late = visitor(&stage).await;
    for body in [&direct, &blind] {
        let refused = late.call("POST", "/api/v1/battles", Some(body)).await.expect(503);
        assert!(refused.header("retry-after").is_some());
    }
    assert_eq!(stage.store.count("SELECT count(*) FROM battles").await, 3);
    visitors[0].call("POST", &format!("{first}/stop"), None).await.expect(200);
    place(&visitors[1], &second, Value::Null).await;
    place(&visitors[2], &third, json!(0)).await;
    assert!(!stage.arena.visitor().fetch("/metrics").await.text.contains("backend_errors_total{"));
}

#[tokio::test]
async fn a_model_on_two_servers_answers_while_one_of_them_is_gone() {
    let stage = Stage::quick().await;
    let gone = "http://127.0.0.1:9/v1";
    let several = "UPDATE models SET more_base_urls = base_url, base_url = $1, connect_seconds = 1 WHERE slug = $2";
    stage.store.run(several, &[gone, SLUGS[0]]).await;
    let direct = json!({ "kind": "direct", "prompt": "hello", "model": SLUGS[0] });
    for _ in 0..4 {
        let visitor = visitor(&stage).await;
        let battle = begin(&visitor, &direct).await;
        let done = async || {
            let reply = visitor.fetch(&battle).await.json()["turns"][0]["replies"][0].clone();
            assert_ne!(reply["status"], "failed", "{reply}");
            (reply["status"] == "done").then_some(())
        };
        eventually_async("an answer", done).await;
    }
}
