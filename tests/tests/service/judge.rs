//! What a language model judged comes in by a form and has boards of its own.

use arena_tests::harness::{Client, Reply};
use serde_json::{Value, json};

use crate::stage::{SLUGS, Stage, administrator, begin, read, vote};

/// Sends a file by a page's form.
pub async fn upload(admin: &Client, page: &str, path: &str, name: &str, content: String) -> Reply {
    let page = admin.get(page).await.expect(200);
    let form = page.form("to take a file", |form| form.action == path);
    let token = form.value("csrf").expect("a token");
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--edge\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/json\r\n\r\n\
        {content}\r\n--edge--\r\n"
    );
    let request = admin.request("POST", path).header("accept", "text/html,*/*");
    let request = request.header("content-type", "multipart/form-data; boundary=edge").body(body);
    admin.send(path, request).await
}

/// A file that says of one prompt that the first model is better, in both orders.
fn judged(id: &str) -> Value {
    let answer = |slug: &str| json!({"model": slug, "turns": ["an answer"]});
    let verdict =
        |order: [usize; 2], outcome: &str| json!({"order": order, "outcome": outcome, "reason": "it is better"});
    json!({
        "format": "mixtral-judge/1", "judge": "Umpire 70b", "mode": "pairs", "models": SLUGS,
        "items": [{
            "id": id, "turns": ["why?"], "answers": [answer(SLUGS[0]), answer(SLUGS[1])],
            "verdicts": [verdict([0, 1], "first"), verdict([1, 0], "second")],
        }],
    })
}

#[tokio::test]
async fn a_judges_file_gets_a_board_of_its_own_and_is_held_against_peoples_votes() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "why?").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "a").await;
    let admin = administrator(&stage.arena).await;
    let id = battle.trim_start_matches("/battle/");

    let page = upload(&admin, "/admin/judge", "/admin/judge", "results.json", judged(id).to_string()).await.expect(200);
    assert!(
        page.words().contains("One new vote by Umpire 70b") && page.words().contains("people voted on: 1"),
        "{}",
        page.words()
    );
    let again =
        upload(&admin, "/admin/judge", "/admin/judge", "results.json", judged(id).to_string()).await.expect(200);
    assert!(again.words().contains("0 new votes") && again.words().contains("Already there: 1"), "{}", again.words());
    for (query, votes) in [("", 1), ("?kind=judge", 1), ("?kind=imported", 0)] {
        assert_eq!(visitor.fetch(&format!("/leaderboard.json{query}")).await.json()["votes"], votes, "{query}");
    }
    let judges = visitor.get("/judges").await.expect(200);
    assert!(judges.words().contains("Umpire 70b") && judges.words().contains("Same as people"), "{}", judges.words());
    let chinese = visitor.clone().header("accept-language", "zh");
    let words = chinese.get("/judges").await.expect(200).words();
    assert!(words.contains("与人一致") && words.contains("两种顺序结论一致"), "{words}");

    // What is no such file is refused by name, and nothing is counted.
    for (content, says) in [
        ("[1, 2".to_owned(), "not one that “mixtral judge” wrote"),
        (judged("x").to_string().replace("mixtral-judge/1", "other/2"), "other/2"),
        (judged("x").to_string().replace("[0,1]", "[0,7]"), "doesn't fit its answers"),
    ] {
        let page = upload(&admin, "/admin/judge", "/admin/judge", "results.json", content).await.expect(422);
        assert!(page.words().contains(says), "{says}: {}", page.words());
    }
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE kind = 'judge'").await, 1);
    // Others may not.
    let stranger = stage.arena.visitor();
    let request = stranger.request("POST", "/admin/judge").header("content-type", "multipart/form-data; boundary=edge");
    let refused = stranger.send("/admin/judge", request.body("--edge--\r\n")).await;
    assert!(matches!(refused.status, 303 | 401 | 403), "{}", refused.status);
}
