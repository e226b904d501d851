//! The JSON API: the pages' way for programs, under the same rules.

use serde_json::json;

use crate::stage::{NAMES, Stage};

#[tokio::test]
async fn a_program_goes_from_a_token_to_the_leaderboard_and_learns_no_name_before_its_vote() {
    let stage = Stage::quick().await;
    let nobody = stage.arena.visitor();
    let start = json!({ "kind": "battle", "prompt": "Which is better?" });
    let refused = nobody.call("POST", "/api/v1/battles", Some(&start)).await.expect(401).json();
    assert_eq!(refused["error"]["code"], "visitor-required");
    let token = nobody.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let visitor = stage
        .arena
        .visitor()
        .header("authorization", &format!("Bearer {}", token["visitor"].as_str().expect("a token")));
    let battle = visitor.call("POST", "/api/v1/battles", Some(&start)).await.expect(201).json();
    let path = format!("/api/v1/battles/{}", battle["id"].as_str().expect("an id"));
    let mut stream = visitor.stream(&format!("{path}/stream"), None).await;
    assert_eq!(stream.status, 200);
    let events = stream.rest().await;
    assert_eq!(events.last().map(|event| event.name.as_str()), Some("ended"));
    let state = visitor.fetch(&path).await.expect(200).json();
    assert!(state["turns"][0]["replies"][1]["text"].as_str().is_some_and(|text| text.ends_with("answer.")), "{state}");
    let leaked: Vec<String> =
        stage.secrets().into_iter().filter(|secret| visitor.received().contains(secret)).collect();
    assert!(leaked.is_empty(), "told before the vote: {leaked:?}");
    let misfit = json!({ "choice": "up" });
    visitor.call("POST", &format!("{path}/vote"), Some(&misfit)).await.expect(409);
    let choice = json!({ "choice": "b", "reasons": ["clarity"] });
    let vote = visitor.call("POST", &format!("{path}/vote"), Some(&choice)).await.expect(200).json();
    assert_eq!((&vote["created"], &vote["is_counted"]), (&json!(true), &json!(true)));
    assert!(NAMES.iter().all(|name| vote.to_string().contains(name)), "{vote}");
    let again = json!({ "choice": "a" });
    let again = visitor.call("POST", &format!("{path}/vote"), Some(&again)).await.expect(200).json();
    assert_eq!((&again["created"], &again["choice"]), (&json!(false), &json!("b")));
    assert_eq!(visitor.fetch("/api/v1/leaderboard").await.expect(200).json()["votes"], 1);
    assert_eq!(nobody.call("GET", &path, None).await.status, 401);
    visitor.call("GET", "/api/v1/admin/models", None).await.expect(401);
    visitor.call("DELETE", &path, None).await.expect(204);
    visitor.fetch(&path).await.expect(404);
    let wrong = visitor.call("PUT", &path, None).await.expect(405);
    assert_eq!(wrong.header("allow"), Some("GET, DELETE"));
}

#[tokio::test]
async fn errors_of_the_api_speak_the_asked_language_and_its_page_both() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor().header("accept-language", "zh");
    let message = visitor.call("GET", "/api/v1/battles", None).await.expect(401).json()["error"]["message"].to_string();
    assert!(message.contains("访客"), "{message}");
    assert!(visitor.get("/api").await.expect(200).words().contains("API 参考"));
    let document = visitor.fetch("/api/openapi.json").await.expect(200).json();
    assert!(document["paths"]["/api/v1/battles"]["post"].is_object());
}
