//! Benchmark scores are attached to models by form and by API, and stand beside the votes.

use serde_json::{Value, json};

use crate::judge::upload;
use crate::registration::token;
use crate::stage::{NAMES, SLUGS, Stage, administrator, begin, read, vote};

/// What `mixtral evaluate ceval … --json` prints.
fn ceval(accuracy: f64) -> Value {
    json!({
        "setup": {"benchmark": "ceval", "model": "/m", "split": "val", "shots": 5, "instruct": false, "mode": "logits", "seed": 1, "limit": null},
        "overall": {"right": 10, "questions": 20, "accuracy": accuracy, "standard_error": 11.2},
        "groups": {}, "subjects": {}, "unreadable": 0,
    })
}

#[tokio::test]
async fn scores_come_by_form_and_by_api_and_are_shown_on_the_card_and_beside_the_votes() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "why?").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "a").await;
    assert!(!visitor.get("/leaderboard").await.words().contains("Benchmarks"), "nothing to show yet");
    let admin = administrator(&stage.arena).await;

    let path = format!("/admin/models/{}/results", SLUGS[0]);
    upload(&admin, &path, &path, "ceval.json", ceval(50.0).to_string()).await.expect(303);
    let page = admin.get(&path).await.expect(200);
    assert!(page.words().contains("C-Eval val, 5-shot 50.0 ± 11.2 20"), "{}", page.words());
    let refused = upload(&admin, &path, &path, "x.json", json!({"perplexity": 3.0}).to_string()).await.expect(422);
    assert!(refused.words().contains("not the result of C-Eval"), "{}", refused.words());

    let bearer = format!("Bearer {}", token(&admin).await);
    let api = stage.arena.visitor().header("authorization", &bearer);
    let path_of_api = format!("/api/v1/admin/models/{}/results", SLUGS[1]);
    let attached = api.call("POST", &path_of_api, Some(&ceval(70.5))).await.expect(201).json();
    assert_eq!((&attached["benchmark"], &attached["score"]), (&json!("ceval"), &json!(70.5)), "{attached}");
    api.call("POST", &path_of_api, Some(&json!({}))).await.expect(422);
    api.call("POST", "/api/v1/admin/models/nobody/results", Some(&ceval(1.0))).await.expect(404);
    let strange = stage.arena.visitor().call("POST", &path_of_api, Some(&ceval(1.0))).await;
    assert!(matches!(strange.status, 401 | 403), "{}", strange.status);

    let card = visitor.get(&format!("/models/{}", SLUGS[1])).await.expect(200);
    assert!(card.words().contains("C-Eval val, 5-shot 70.5 ± 11.2 20"), "{}", card.words());
    for (language, title, few) in [("en", "Benchmarks", "too few models"), ("zh", "客观评测", "模型太少")] {
        let board = visitor.clone().header("accept-language", language).get("/leaderboard").await.expect(200);
        let words = board.words();
        assert!(words.contains(title) && words.contains(few) && words.contains("70.5"), "{words}");
        assert!(NAMES.iter().all(|name| words.contains(name)), "{words}");
    }
    assert!(!visitor.get("/leaderboard?kind=imported").await.words().contains("70.5"), "beside people's battles alone");

    let form = page.form("to remove the score", |form| form.action.ends_with("/remove"));
    let page = admin.submit(&form, None).await.expect(200);
    assert!(page.words().contains("No scores yet."), "{}", page.words());
}
