//! Runs against endpoints that answer well and badly.

use fake_endpoint::{Behaviour, Ending, Endpoint, Step};
use mixtral_judge::Wording;
use serde_json::json;
use sqlx::PgPool;

use super::*;
use crate::actions::start_judging::{Judged, StartJudging, StopJudging};
use crate::store::judge_runs::Run;
use crate::store::judgings;
use crate::testing::arena_of_endpoint;

const SCORES: &str = "System 1: 9/10. Clear.\nSystem 2: 4/10. Short.";

/// Two models and a judge at one endpoint, and an arena that knows them.
async fn arena(db: &PgPool, judge: Behaviour) -> (AppState, Endpoint) {
    let says = |text: &str| Behaviour::says(&[text]);
    arena_of_endpoint(db, "disabled", &[("left", says("good answer")), ("right", says("bad")), ("umpire", judge)]).await
}

fn wanted(prompts: &[&str]) -> StartJudging {
    let models = ["left", "right"].map(str::to_owned).into();
    StartJudging {
        admin: None,
        judge: "umpire".to_owned(),
        judged: Judged::Prompts { models, prompts: prompts.iter().map(|&prompt| prompt.to_owned()).collect() },
        mode: Mode::Scores,
        wording: Wording::English,
        max_requests: None,
    }
}

async fn newest(arena: &AppState) -> Run {
    judge_runs::list(&arena.db, 1).await.unwrap().remove(0)
}

async fn votes(db: &PgPool) -> Vec<(String, String)> {
    sqlx::query_as("SELECT kind, choice FROM votes ORDER BY id").fetch_all(db).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_asks_models_and_judge_and_becomes_votes_of_its_own_kind(db: PgPool) {
    let (arena, endpoint) = arena(&db, Behaviour::says(&[SCORES])).await;
    wanted(&["Why?", " How? ", "Why?", ""]).run(&arena).await.unwrap();
    assert!(next(&arena).await.unwrap() && !next(&arena).await.unwrap());
    let run = newest(&arena).await;
    assert_eq!((run.state.as_str(), run.done, run.total, run.requests, run.gaps), ("done", 2, 2, 6, 0));
    // The first place gets 9, and the order rotates.
    let mut cast = votes(&db).await;
    cast.sort();
    assert_eq!(cast, [("judge", "a"), ("judge", "b")].map(|(kind, choice)| (kind.to_owned(), choice.to_owned())));
    let judging = judgings::list(&db).await.unwrap().remove(0);
    assert_eq!((judging.judge.as_str(), judging.votes), ("umpire", 2));
    let asked = endpoint.requests();
    let of_judge = asked.iter().find(|request| request["model"] == "umpire").unwrap();
    assert!(of_judge["messages"][1]["content"].as_str().unwrap().contains("good answer"));
    assert!(!of_judge.to_string().contains("left"), "the judge reads no name");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_judge_that_fails_for_now_is_asked_again_and_one_that_refuses_leaves_a_gap(db: PgPool) {
    let busy = vec![Step::Whole(
        "503 Service Unavailable",
        "Retry-After: 0\r\n",
        json!({"error": {"message": "later"}}).to_string(),
    )];
    let (arena, endpoint) = arena(&db, Behaviour::says(&[SCORES]).first(1, busy)).await;
    wanted(&["Why?"]).run(&arena).await.unwrap();
    next(&arena).await.unwrap();
    assert_eq!((newest(&arena).await.state.as_str(), votes(&db).await.len()), ("done", 1));

    endpoint.model("umpire", Behaviour::says(&["I cannot say."]));
    wanted(&["How?"]).run(&arena).await.unwrap();
    next(&arena).await.unwrap();
    let run = newest(&arena).await;
    assert_eq!((run.state.as_str(), run.gaps, votes(&db).await.len()), ("done", 1, 1));
    assert!(run.gap.is_some_and(|gap| gap.contains("I cannot say.")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_judge_whose_key_is_wrong_ends_the_run_and_what_was_judged_counts(db: PgPool) {
    let refuses = Behaviour::says(&[]).ending(Ending::Status(401, "wrong key".to_owned()));
    let (arena, _endpoint) = arena(&db, refuses.clone()).await;
    wanted(&["1", "2", "3", "4", "5", "6"]).run(&arena).await.unwrap();
    next(&arena).await.unwrap();
    let run = newest(&arena).await;
    assert_eq!((run.state.as_str(), run.error.as_deref()), ("failed", Some("unauthorised")));
    assert!(run.done < 6 && votes(&db).await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_budget_ends_a_run_and_a_run_that_lost_its_server_goes_on(db: PgPool) {
    let (arena, endpoint) = arena(&db, Behaviour::says(&[SCORES])).await;
    StartJudging { max_requests: Some(3), ..wanted(&["1", "2", "3"]) }.run(&arena).await.unwrap();
    next(&arena).await.unwrap();
    let run = newest(&arena).await;
    assert_eq!((run.state.as_str(), run.error.as_deref(), run.requests), ("stopped", Some("budget"), 3));
    assert!(endpoint.requests().len() <= 3);

    // A server took it and died after one prompt: it is taken again when nothing was heard of it for a while.
    wanted(&["4", "5"]).run(&arena).await.unwrap();
    let claimed = judge_runs::claim(&db, Uuid::now_v7()).await.unwrap().unwrap();
    let item = Item {
        id: "1".to_owned(),
        turns: vec!["4".to_owned()],
        answers: Vec::new(),
        verdicts: Vec::new(),
        people: None,
        failed: Some("x".to_owned()),
    };
    judge_runs::insert_item(&db, claimed.id, 0, &item).await.unwrap();
    assert!(!next(&arena).await.unwrap(), "it is done elsewhere");
    sqlx::query("UPDATE judge_runs SET heartbeat_at = now() - interval '1 minute'").execute(&db).await.unwrap();
    let before = endpoint.requests().len();
    assert!(next(&arena).await.unwrap());
    assert_eq!((newest(&arena).await.done, endpoint.requests().len() - before), (2, 3), "the first prompt was through");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_can_be_stopped_and_what_cannot_be_judged_is_refused(db: PgPool) {
    let (arena, _endpoint) = arena(&db, Behaviour::says(&[SCORES]).after(Duration::from_secs(600))).await;
    let run = wanted(&["Why?"]).run(&arena).await.unwrap();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        StopJudging { admin: None, run }.run(&arena).await
    };
    let (ended, stopped) = tokio::join!(next(&arena), stop);
    assert!(ended.unwrap() && stopped.is_ok());
    assert_eq!(newest(&arena).await.state, "stopped");

    let refused = async |wanted: StartJudging| wanted.run(&arena).await.unwrap_err().code();
    assert_eq!(refused(StartJudging { judge: "nobody".to_owned(), ..wanted(&["1"]) }).await, "judge-model");
    assert_eq!(refused(StartJudging { judge: "left".to_owned(), ..wanted(&["1"]) }).await, "judge-itself");
    assert_eq!(refused(wanted(&[" "])).await, "judge-nothing");
    assert_eq!(refused(StartJudging { judged: Judged::Battles(10), ..wanted(&[]) }).await, "judge-nothing");
    assert_eq!(refused(StartJudging { max_requests: Some(0), ..wanted(&["1"]) }).await, "judge-budget");
    let one = Judged::Prompts { models: vec!["left".to_owned()], prompts: vec!["1".to_owned()] };
    assert_eq!(refused(StartJudging { judged: one, ..wanted(&[]) }).await, "judge-two-models");
}

#[sqlx::test(migrations = "../migrations")]
async fn battles_are_judged_as_they_are_and_compared_with_peoples_votes(db: PgPool) {
    let (arena, endpoint) = arena(&db, Behaviour::says(&["[[B]]"]).when("Assistant A's Answer]\ngood", "[[A]]")).await;
    for (prompt, a, b, choice) in [("q1", "good", "bad", "a"), ("q2", "bad", "good", "a")] {
        sqlx::query(
            "WITH who AS (INSERT INTO voters (id) VALUES (gen_random_uuid()) RETURNING id),
            battle AS (
                INSERT INTO battles (id, kind, voter_id, model_a, model_b, language)
                SELECT gen_random_uuid(), 'battle', who.id, a.id, b.id, 'en' FROM who, models a, models b
                WHERE a.slug = 'left' AND b.slug = 'right' RETURNING *
            ),
            turn AS (INSERT INTO turns (battle_id, number, prompt) SELECT id, 1, $1 FROM battle),
            answers AS (
                INSERT INTO replies (id, battle_id, turn, side, model_id, seed, status, content, owner)
                SELECT gen_random_uuid(), battle.id, 1, said.side, battle.model_a, 1, 'done', said.text, gen_random_uuid()
                FROM battle, (VALUES ('a', $2), ('b', $3)) AS said (side, text)
            )
            INSERT INTO votes (battle_id, kind, language, model_a, model_b, choice)
            SELECT id, 'battle', 'en', model_a, model_b, $4 FROM battle",
        )
        .bind(prompt)
        .bind(a)
        .bind(b)
        .bind(choice)
        .execute(&db)
        .await
        .unwrap();
    }
    let all = StartJudging { judged: Judged::Battles(10), mode: Mode::Pairs, ..wanted(&[]) };
    all.run(&arena).await.unwrap();
    next(&arena).await.unwrap();
    assert_eq!(endpoint.requests().len(), 4, "each in both orders, and no model is asked");
    let found = crate::judges::agreements(&db).await.unwrap().remove(0).same_answers.unwrap();
    assert_eq!((found.same.hits, found.same.of), (1, 2));
}
