//! One battle, one vote: whatever is clicked, replayed, opened twice or sent to another server.

use arena_tests::harness::{Behaviour, Options};

use crate::stage::{NAMES, Stage, begin, read, slow, vote};

#[tokio::test]
async fn a_vote_counts_once_however_it_is_sent() {
    let stage = Stage::quick().await;
    let second = {
        let options = Options::bare();
        stage.arena.start_beside(options)
    };
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "once").await;
    read(&visitor, &battle).await;
    let page = visitor.get(&battle).await;
    let form = page.form("to vote", |form| form.action.ends_with("/vote"));
    // Two tabs, two servers, everything at once.
    let elsewhere = visitor.at(second.address());
    let votes = (0..12).map(|at| {
        let client = if at % 2 == 0 { visitor.clone() } else { elsewhere.clone() };
        let (form, choice) = (form.clone(), ["a", "b", "tie", "both_bad"][at % 4]);
        async move { client.submit(&form, Some(("choice", choice))).await.status }
    });
    let statuses = futures_util::future::join_all(votes).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(stage.store.count("SELECT count(*) FROM votes").await, 1);
    // A vote is counted in its battle's language alone; the board of all languages is their sum.
    let counted = "SELECT sum(wins_low + wins_high + ties + both_bad)::bigint FROM pair_counts";
    assert_eq!(stage.store.count(counted).await, 1);
    let kept = stage.store.texts("SELECT choice FROM votes").await;
    // Replayed a day later, after a reload: the first one stands.
    let again = visitor.submit(&form, Some(("choice", "b"))).await;
    assert_eq!(again.status, 200);
    assert_eq!(stage.store.texts("SELECT choice FROM votes").await, kept);
    // Both servers show it.
    for client in [&visitor, &elsewhere] {
        let board = client.fetch("/leaderboard.json").await.json();
        assert_eq!(board["votes"], 1, "{board}");
    }
}

#[tokio::test]
async fn a_vote_waits_for_both_answers() {
    let stage = Stage::with(slow(), slow()).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "wait").await;
    let page = visitor.get(&battle).await;
    let form = page.form("with a token", |form| form.has("csrf"));
    let fields =
        [("csrf".to_owned(), form.value("csrf").unwrap_or("").to_owned()), ("choice".to_owned(), "a".to_owned())];
    visitor.post(&format!("{battle}/vote"), &fields).await.expect(409);
    assert_eq!(stage.store.count("SELECT count(*) FROM votes").await, 0);
}

#[tokio::test]
async fn a_vote_on_a_battle_that_named_a_model_is_kept_and_not_counted() {
    let says = Behaviour::says(&["I am ", "Mixtral, made by Mistral AI."]);
    let stage = Stage::with(says.clone(), says).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Who are you?").await;
    read(&visitor, &battle).await;
    let told = visitor.get(&battle).await;
    assert!(told.words().contains("won't affect the ratings"), "{}", told.words());
    let page = vote(&visitor, &battle, "a").await;
    assert!(NAMES.iter().all(|name| page.words().contains(name)));
    assert!(page.words().contains("does not affect the ratings"), "{}", page.words());
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE exclusion_reason = 'identity'").await, 1);
    assert_eq!(visitor.fetch("/leaderboard.json").await.json()["votes"], 0);
}
