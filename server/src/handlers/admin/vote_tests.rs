//! Votes and voters as an administrator meets them in a browser.

use sqlx::PgPool;
use uuid::Uuid;

use crate::actions::create_admin;
use crate::testing::{Browser, arena, browser};

const PASSWORD: &str = "a long enough word";
const VOTER: Uuid = Uuid::from_u128(77);

/// An administrator, signed in, of an arena with so many votes of one voter, each third in Chinese.
async fn signed_in(db: &PgPool, votes: i32) -> Browser {
    create_admin::directly(db, "alice", &PASSWORD.into()).await.expect("creates");
    for statement in [
        "INSERT INTO models (id, slug, display_name, kind, path)
            SELECT lpad(n::text, 32, '0')::uuid, 'model-' || n, 'Model ' || n, 'local', '/m' FROM generate_series(1, 2) n",
        "INSERT INTO voters (id) VALUES ('00000000-0000-0000-0000-00000000004d')",
    ] {
        sqlx::raw_sql(statement).execute(db).await.expect("inserts");
    }
    sqlx::query(
        "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, reasons, comment, address_hash)
        SELECT gen_random_uuid(), $2, 'battle', CASE n % 3 WHEN 0 THEN 'zh' ELSE 'en' END, lpad('1', 32, '0')::uuid,
            lpad('2', 32, '0')::uuid, 'a', '{accuracy}', 'comment no. ' || n, '\\x0a0b'
        FROM generate_series(1, $1) n",
    )
    .bind(votes)
    .bind(VOTER)
    .execute(db)
    .await
    .expect("inserts");
    sqlx::query(
        "INSERT INTO pair_counts (kind, language, model_low, model_high, wins_low)
        SELECT kind, language, model_a, model_b, count(*) FROM votes GROUP BY 1, 2, 3, 4",
    )
    .execute(db)
    .await
    .expect("counts");
    let mut alice = browser(&arena(db.clone())).await;
    alice.post("/admin/sign-in", &[("name", "alice"), ("password", PASSWORD)]).await;
    alice
}

/// The rows of votes on a page.
fn rows(page: &str) -> usize {
    page.matches("name=\"id\"").count()
}

async fn withdrawn(db: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM votes WHERE withdrawn_at IS NOT NULL").fetch_one(db).await.expect("counts")
}

#[sqlx::test(migrations = "../migrations")]
async fn votes_are_searched_filtered_sorted_and_paged(db: PgPool) {
    let mut alice = signed_in(&db, 60).await;
    let first = alice.get("/admin/votes").await.text;
    assert_eq!(rows(&first), 50);
    assert!(first.contains("60 votes") && first.contains("comment no. 60") && first.contains("Accuracy"), "{first}");
    let next = first.split("rel=\"next\"").next().and_then(|text| text.rsplit("href=\"").next()).expect("a next page");
    let next = next.split('"').next().unwrap_or_default().replace("&amp;", "&").replace("&#38;", "&");
    let second = alice.get(&next).await.text;
    assert_eq!(rows(&second), 10);
    assert!(second.contains("First page") && !second.contains("Next page"));
    let oldest = alice.get("/admin/votes?sort=oldest").await.text;
    assert!(oldest.contains("comment no. 1<") && !oldest.contains("comment no. 60<"));
    for (query, found) in [
        ("q=no.+17", 1),
        ("language=zh", 20),
        ("language=zh&state=counted&model=model-1&kind=battle&choice=a", 20),
        ("state=withdrawn", 0),
        ("choice=b", 0),
        ("address=0a0b&language=en", 40),
        ("from=2000-01-01&to=2000-01-02", 0),
    ] {
        let page = alice.get(&format!("/admin/votes?{query}")).await.text;
        assert_eq!(rows(&page), found, "{query}");
        assert_eq!(page.contains("Nothing matches"), found == 0, "{query}");
        assert!(page.contains("Clear filters"), "{query}");
    }
    let wrong = alice.get("/admin/votes?from=yesterday").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("“from”"), "{}", wrong.text);
    for by in ["voter", "address"] {
        let page = alice.get(&format!("/admin/votes/groups?by={by}&sort=side")).await.text;
        assert!(page.contains("<td class=\"number\">60</td>") && page.contains("100%"), "{by}: {page}");
    }
    alice.language = "zh-CN";
    let chinese = alice.get("/admin/votes").await.text;
    assert!(chinese.contains("撤回所选") && chinese.contains("60 票"), "{chinese}");
}

#[sqlx::test(migrations = "../migrations")]
async fn many_votes_are_withdrawn_after_a_question_and_come_back_by_undo(db: PgPool) {
    let mut alice = signed_in(&db, 9).await;
    let asked = alice.post("/admin/votes/ask", &[("act", "withdraw-all"), ("list", "language=zh")]).await;
    assert_eq!(asked.status, 200);
    assert!(asked.text.contains("Withdraw 3 votes?") && asked.text.contains("one voter"), "{}", asked.text);
    assert_eq!(withdrawn(&db).await, 0, "a question changes nothing");
    let through = asked.text.split("name=\"through\" value=\"").nth(1).and_then(|text| text.split('"').next());
    let through = through.expect("the highest number").to_owned();
    let fields =
        [("withdrawn", "true"), ("ids", ""), ("through", &through), ("note", "a bot"), ("list", "language=zh")];
    let done = alice.post("/admin/votes/change", &fields).await;
    assert_eq!((done.status.as_u16(), withdrawn(&db).await), (303, 3));
    let shown = alice.get(done.location()).await.text;
    assert!(shown.contains("3 votes withdrawn") && shown.contains("a bot") && rows(&shown) == 3, "{shown}");
    assert!(shown.contains("being recomputed"), "Elo is behind until somebody replays");
    let undo = done.location().replace("/admin/votes?change=", "/admin/votes/changes/") + "/undo";
    let undone = alice.post(&undo, &[]).await;
    assert_eq!((undone.status.as_u16(), withdrawn(&db).await), (303, 0));
    assert!(alice.get(undone.location()).await.text.contains("3 votes restored"));
    // Ticked ones, and one by its own button.
    let id: i64 = sqlx::query_scalar("SELECT min(id) FROM votes").fetch_one(&db).await.expect("a vote");
    let (one, two) = (id.to_string(), (id + 1).to_string());
    let asked = alice.post("/admin/votes/ask", &[("act", "withdraw-some"), ("id", &one), ("id", &two)]).await.text;
    assert!(asked.contains("Withdraw 2 votes?") && asked.contains(&format!("{one},{two}")), "{asked}");
    let nothing = alice.post("/admin/votes/ask", &[("act", "restore-all")]).await.text;
    assert!(nothing.contains("Nothing to change"), "{nothing}");
    let single = alice.post(&format!("/admin/votes/{id}"), &[("withdrawn", "true"), ("list", "language=en")]).await;
    assert_eq!((single.location(), withdrawn(&db).await), ("/admin/votes?language=en", 1));
    let log = alice.get("/admin/audit").await.text;
    assert!(log.contains("Withdrew votes") && log.contains("Restored votes") && log.contains("Withdrew a vote"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_voters_page_shows_choices_and_evidence_and_takes_a_decision(db: PgPool) {
    let mut alice = signed_in(&db, 12).await;
    assert!(alice.get("/admin/voters").await.text.contains("No voter has been looked at yet"));
    sqlx::query(
        "INSERT INTO voter_reviews (voter, votes, evidence, highest, through, flagged_at) VALUES ($1, 12, 6, 7, 1, now())",
    )
    .bind(VOTER)
    .execute(&db)
    .await
    .expect("inserts");
    let list = alice.get("/admin/voters?review=open").await.text;
    assert!(list.contains("flagged: decide") && list.contains("1097"), "{list}");
    let path = format!("/admin/voters/{VOTER}");
    let page = alice.get(&path).await.text;
    assert!(page.contains("<polyline") && page.contains("100%") && page.contains("Model 1 · Model 2"), "{page}");
    let decide = format!("{path}/decision");
    let decided = alice.post(&decide, &[("decision", "withdrawn"), ("note", "always left")]).await;
    assert_eq!((decided.location(), withdrawn(&db).await), (path.as_str(), 12));
    let page = alice.get(&path).await.text;
    assert!(
        page.contains("votes withdrawn") && page.contains("always left") && page.contains("Take the decision back")
    );
    alice.post(&decide, &[("decision", "accepted")]).await;
    assert_eq!(withdrawn(&db).await, 0);
    assert_eq!(alice.post(&decide, &[("decision", "maybe")]).await.status, 422);
    assert_eq!(alice.get(&format!("/admin/voters/{}", Uuid::from_u128(5))).await.status, 404);
}
