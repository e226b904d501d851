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

#[tokio::test]
async fn what_the_api_does_not_know_is_refused_by_name_everywhere_and_nothing_happens() {
    let stage = Stage::quick().await;
    let token = stage.arena.visitor().call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let bearer = format!("Bearer {}", token["visitor"].as_str().expect("a token"));
    let visitor = stage.arena.visitor().header("authorization", &bearer);
    let battle = json!({ "kind": "battle", "prompt": "Which?" });
    let id = visitor.call("POST", "/api/v1/battles", Some(&battle)).await.expect(201).json()["id"].clone();
    let path = format!("/api/v1/battles/{}", id.as_str().expect("an id"));
    visitor.stream(&format!("{path}/stream"), None).await.rest().await;
    let slug = crate::stage::SLUGS[0];
    let cases = [
        ("/api/v1/battles".to_owned(), json!({ "kind": "battle", "prompt": "x", "system": "be brief" }), "system"),
        ("/api/v1/battles".to_owned(), json!({ "kind": "battle", "prompt": "x", "parameters": {} }), "parameters"),
        ("/api/v1/battles".to_owned(), json!({ "kind": "direct", "prompt": "x", "model": slug, "tools": [] }), "tools"),
        (
            "/api/v1/battles".to_owned(),
            json!({ "kind": "direct", "prompt": "x", "model": slug, "parameters": { "mirostat": 3 } }),
            "mirostat",
        ),
        (
            "/api/v1/battles".to_owned(),
            json!({ "kind": "side_by_side", "prompt": "x", "model_a": slug, "model_b": slug, "n": 2 }),
            "n",
        ),
        (format!("{path}/messages"), json!({ "prompt": "x", "system": "y" }), "system"),
        (format!("{path}/retry"), json!({ "side": "a", "model": slug }), "model"),
        (format!("{path}/vote"), json!({ "choice": "a", "weight": 2 }), "weight"),
    ];
    for (path, body, name) in cases {
        let error = visitor.call("POST", &path, Some(&body)).await.expect(422).json()["error"].clone();
        assert!(
            error["detail"].as_str().is_some_and(|detail| detail.contains(&format!("`{name}`"))),
            "{body}: {error}"
        );
    }
    for query in ["/api/v1/battles?colour=red", "/api/v1/leaderboard?colour=red", "/api/v1/models?colour=red"] {
        let error = visitor.fetch(query).await.expect(422).json()["error"].clone();
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains("colour")), "{query}: {error}");
    }
    let odd = format!("{path}?colour=red");
    for (method, path) in [("GET", odd.as_str()), ("DELETE", odd.as_str()), ("POST", "/api/v1/visitors?colour=red")] {
        let error = visitor.call(method, path, None).await.expect(422).json()["error"].clone();
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains("colour")), "{method}: {error}");
    }
    assert_eq!(stage.store.count("SELECT count(*) FROM battles").await, 1);
    assert_eq!(stage.store.count("SELECT count(*) FROM votes").await, 0);
    assert_eq!(stage.store.count("SELECT count(*) FROM turns").await, 1);
}

#[tokio::test]
async fn a_choice_that_does_not_fit_is_the_same_conflict_on_the_page_and_in_the_api() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = crate::stage::begin(&visitor, "Which?").await;
    crate::stage::read(&visitor, &battle).await;
    let form = visitor.get(&battle).await.form("to vote", |form| form.action.ends_with("/vote"));
    let page = visitor.submit(&form, Some(("choice", "up"))).await.expect(409);
    assert!(page.text.contains("vote-choice"), "{}", page.words());
    let path = format!("/api/v1{}/vote", battle.replace("/battle/", "/battles/"));
    let error = visitor.call("POST", &path, Some(&json!({ "choice": "up" }))).await.expect(409).json();
    assert_eq!(error["error"]["code"], "vote-choice");
}
