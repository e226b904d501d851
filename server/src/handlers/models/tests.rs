//! Evidence pages show what is there, in both languages, with few votes and with many.

use sqlx::PgPool;

use crate::actions::keep_history::keep_history;
use crate::domain::BattleKind;
use crate::testing::{arena, browser, world};

const PAGES: [&str; 7] = [
    "/models/poet-q8",
    "/compare",
    "/compare?a=poet-q8&b=bard-q4",
    "/compare?a=poet-q8&b=poet-q8",
    "/factors",
    "/factors?quantisation=Q4_K&base=-",
    "/reasons",
];

async fn look(db: &PgPool, votes: i32) -> Vec<String> {
    world(db, votes).await;
    let arena = arena(db.clone());
    keep_history(&arena, BattleKind::Battle, chrono::Utc::now().date_naive()).await.expect("kept");
    arena.evidence.refresh(db).await.expect("found");
    let mut browser = browser(&arena).await;
    let mut texts = Vec::new();
    for language in ["zh", "en"] {
        browser.language = language;
        for page in PAGES {
            let answer = browser.get(page).await;
            assert_eq!(answer.status, 200, "{page} with {votes} votes: {}", answer.text);
            assert!(!answer.text.contains("NaN") && !answer.text.contains("inf"), "{page} with {votes} votes");
            texts.push(answer.text);
        }
    }
    // The English ones.
    texts.split_off(PAGES.len())
}

#[sqlx::test(migrations = "../migrations")]
async fn without_votes_pages_say_so(db: PgPool) {
    let texts = look(&db, 0).await;
    assert!(texts[0].contains("Nobody has voted on this model"));
    assert!(texts[2].contains("do not compare these two yet"));
    assert!(texts[4].contains("too few votes to rate any") && texts[6].contains("No voter has given a reason"));
}

#[sqlx::test(migrations = "../migrations")]
async fn with_one_or_two_votes_nothing_is_claimed(db: PgPool) {
    let texts = look(&db, 2).await;
    assert!(texts[0].contains("No rating yet"), "it has won all");
    assert!(texts[2].contains("do not compare these two yet"));
}

#[sqlx::test(migrations = "../migrations")]
async fn with_many_votes_pages_tell_what_is_known(db: PgPool) {
    let texts = look(&db, 2000).await;
    let model = &texts[0];
    for part in
        ["Rating over time", "class=\"band\"", "Opponents", "Languages", "What its quantisation costs", "Accuracy"]
    {
        assert!(model.contains(part), "{part}");
    }
    assert!(texts[2].contains("Poet Q8_0 is better than Bard Q4_K.") && texts[2].contains("Without "));
    assert!(texts[3].contains("Choose two different models."));
    assert!(texts[4].contains("<svg") && texts[4].contains("compared with this") && texts[4].contains("Size"));
    assert!(texts[6].contains("Bard Q4_K"));
}
