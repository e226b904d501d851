//! The administrator's desk: many models at once, and how the arena did over time.

use arena_tests::harness::NewModel;

use crate::stage::{SLUGS, Stage, administrator, begin, read, vote};

#[tokio::test]
async fn models_are_found_weighed_and_switched_in_their_list() {
    let stage = Stage::quick().await;
    let base_url = stage.endpoint.base_url();
    let names: Vec<(String, String)> = (0..55).map(|at| (format!("row-{at:02}"), format!("Row {at:02}"))).collect();
    for (slug, name) in &names {
        let model = NewModel {
            slug,
            name,
            base_url: &base_url,
            remote_model: slug,
            weight: 0.0,
            first_token_seconds: 4.0,
            between_tokens_seconds: 3.0,
        };
        stage.store.add_model(&model).await;
    }
    let admin = administrator(&stage.arena).await;
    // Pages, search and order.
    let first = admin.get("/admin/models?sort=name").await.expect(200);
    assert!(
        first.words().contains("57 of 57") && first.words().contains("Row 00") && !first.words().contains("Row 54")
    );
    assert!(first.text.contains("/admin/models?sort=name&amp;from=50") || first.text.contains("sort=name&#38;from=50"));
    let second = admin.get("/admin/models?sort=name&from=50").await.expect(200);
    assert!(second.words().contains("Row 54") && !second.words().contains("Row 00"), "{}", second.words());
    let found = admin.get("/admin/models?q=ROW+1+07").await.expect(200).words();
    assert!(found.contains("1 of 57") && found.contains("Row 07"), "{found}");
    assert!(admin.get("/admin/models?q=nothing").await.words().contains("Nothing matches"));
    // A weight that is none keeps what was typed in all of them.
    let page = admin.get("/admin/models?q=zanzibar").await.expect(200);
    let form = page.form("of several", |form| form.action == "/admin/models/several");
    let field = format!("weight:{}", SLUGS[0]);
    let wrong = admin.submit(&form.clone().with(&field, "lots"), Some(("act", "weights"))).await.expect(422);
    assert!(wrong.text.contains("value=\"lots\"") && wrong.words().contains("Enter a number within 0–1000"));
    let saved = admin.submit(&form.clone().with(&field, "2.5"), Some(("act", "weights"))).await.expect(200);
    assert!(saved.path.starts_with("/admin/models?q=zanzibar&"), "the search is lost: {}", saved.path);
    assert!(saved.words().contains("One model was changed") && saved.text.contains("value=\"2.5\""));
    // Several are switched off and on.
    let both = form.with("model", SLUGS[0]);
    admin.submit(&both, Some(("act", "disabled"))).await.expect(200);
    let states = stage.store.texts("SELECT state FROM models WHERE slug NOT LIKE 'row-%' ORDER BY slug").await;
    assert_eq!(states, ["enabled", "disabled"]);
    admin.submit(&both, Some(("act", "enabled"))).await.expect(200);
    let refused = admin.submit(&both, Some(("act", "retired"))).await;
    assert_eq!(refused.status, 422, "retiring is for good, and asks first");
    let log = admin.get("/admin/audit").await.words();
    assert!(log.contains("sampling_weight: 2.5") && log.contains("to: disabled · from: enabled"), "{log}");
}

#[tokio::test]
async fn charts_tell_days_of_battles_votes_failures_and_first_tokens() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    for _ in 0..3 {
        let battle = begin(&visitor, "Hello").await;
        read(&visitor, &battle).await;
        vote(&visitor, &battle, "a").await;
    }
    // One battle was three days ago, and one answer of it failed.
    stage
        .store
        .execute("UPDATE battles SET created_at = now() - interval '3 days' WHERE id = (SELECT min(id::text)::uuid FROM battles)")
        .await;
    stage
        .store
        .execute(
            "UPDATE replies SET created_at = now() - interval '3 days',
                status = CASE side WHEN 'a' THEN 'failed' ELSE status END, first_token_ms = 1500
            WHERE battle_id = (SELECT min(id::text)::uuid FROM battles)",
        )
        .await;
    let admin = administrator(&stage.arena).await;
    let page = admin.get("/admin/charts?days=7").await.expect(200);
    let words = page.words();
    let today = days_of_interest(&stage).await;
    assert!(words.contains(&format!("{} 2 3", today[0])), "two battles and three votes today: {words}");
    assert!(words.contains(&format!("{} 1 0", today[1])), "one battle and no vote that day: {words}");
    assert!(words.contains(&format!("{} 50.0", today[1])), "half of that day's answers failed: {words}");
    assert!(words.contains("1.50"), "the first token of the one that answered: {words}");
    assert_eq!(page.text.matches("<svg class=\"chart days\"").count(), 4, "two of the arena, one of each model");
    // Seven days, each in a row; an empty arena says so.
    assert_eq!(page.text.matches("<tbody>").count(), 4);
    assert!(admin.get("/admin/charts?days=nonsense").await.expect(200).words().contains("30 days"));
}

/// Today and the day three days ago, in UTC, as the database has them.
async fn days_of_interest(stage: &Stage) -> Vec<String> {
    stage
        .store
        .texts("SELECT ((now() AT TIME ZONE 'UTC')::date - back)::text FROM (VALUES (0), (3)) AS days (back)")
        .await
}
