//! Replays against endpoints that answer as before, and otherwise.

use fake_endpoint::{Behaviour, Endpoint, Step};
use serde_json::Value;
use sqlx::PgPool;

use super::*;
use crate::actions::change_prompt_set::{AddPromptSet, ChangePromptSet, ImportPrompts};
use crate::actions::prepare_answers;
use crate::actions::read_battle::ReadBattle;
use crate::actions::replay_battle::ReplayBattle;
use crate::actions::send_message::SendMessage;
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::actions::start_prepared::StartPrepared;
use crate::domain::{BattleId, PairMode, Parameters, ReplayOutcome, VoterId};
use crate::testing::{arena_of_endpoint, caller};

async fn arena(db: &PgPool) -> (AppState, Endpoint) {
    let says = |text: &str| Behaviour::says(&["The ", text]);
    arena_of_endpoint(db, "enabled", &[("left", says("left answer.")), ("right", says("right answer."))]).await
}

/// Waits until all answers of the newest turn are written down, with what they came from: their end is seen a moment earlier.
async fn done(arena: &AppState, battle: BattleId, voter: VoterId) {
    for _ in 0..400 {
        let shown = ReadBattle { battle, voter }.run(arena).await.unwrap();
        let replies = shown.battle.last_turn().unwrap().replies.each_ref();
        let missing: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM replies r WHERE r.battle_id = $1
                AND NOT EXISTS (SELECT FROM reply_provenance p WHERE p.reply = r.id)",
        )
        .bind(battle.0)
        .fetch_one(&arena.db)
        .await
        .unwrap();
        let are_done =
            replies.iter().all(|reply| reply.as_ref().is_some_and(|reply| reply.status == ReplyStatus::Done));
        if missing == 0 && are_done {
            return;
        }
        sleep(Duration::from_millis(25)).await;
    }
    panic!("the answers do not end");
}

/// A battle of one turn.
async fn battle(arena: &AppState) -> (BattleId, VoterId) {
    let voter = VoterId(Uuid::new_v4());
    let start = StartBattle {
        caller: caller(voter),
        prompt: "Why?".to_owned(),
        opponents: Opponents::Sampled(PairMode::Random),
        parameters: Parameters::BATTLE,
        system_prompt: String::new(),
        agrees: false,
    };
    let battle = start.run(arena).await.unwrap();
    done(arena, battle, voter).await;
    (battle, voter)
}

async fn replayed(arena: &AppState, battle: BattleId) -> ReplayReport {
    let id = ReplayBattle { admin: None, battle, turn: None }.on(&arena.db).await.unwrap();
    assert!(next(arena).await.unwrap());
    let replay = replays::by_id(&arena.db, id).await.unwrap().unwrap();
    assert_eq!(replay.state, "done");
    replay.report.0
}

fn obstacles(report: &ReplayReport) -> Vec<Option<ReplayObstacle>> {
    report.answers.iter().map(|answer| answer.obstacle).collect()
}

async fn execute(db: &PgPool, sql: &'static str) {
    sqlx::query(sql).execute(db).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_is_asked_to_the_letter_and_nothing_of_the_battle_changes(db: PgPool) {
    let (arena, endpoint) = arena(&db).await;
    execute(
        &db,
        "UPDATE models SET system_prompt = 'Be brief.', top_k = 40, omitted_parameters = 'top_p' WHERE slug = 'left'",
    )
    .await;
    let (battle, voter) = battle(&arena).await;
    SendMessage { battle, caller: caller(voter), prompt: "And then?".to_owned() }.run(&arena).await.unwrap();
    done(&arena, battle, voter).await;
    let asked = endpoint.requests();
    let rows = "SELECT (SELECT count(*) FROM replies) * 1000 + (SELECT count(*) FROM turns)";
    let before: i64 = sqlx::query_scalar(rows).fetch_one(&db).await.unwrap();
    // What is changed since is no part of it.
    execute(
        &db,
        "UPDATE models SET system_prompt = 'Be long.', top_k = 1, omitted_parameters = '' WHERE slug = 'left'",
    )
    .await;
    let report = replayed(&arena, battle).await;
    assert!(report.is_same() && report.total == 4, "{report:?}");
    assert!(report.answers.iter().all(|answer| answer.chars > 10 && answer.seed.is_some()), "{report:?}");
    let again = endpoint.requests().split_off(asked.len());
    let sorted = |requests: &[Value]| {
        let mut texts: Vec<String> = requests.iter().map(ToString::to_string).collect();
        texts.sort();
        texts
    };
    assert_eq!(sorted(&again), sorted(&asked));
    assert!(again.iter().any(|request| request["messages"][0]["content"] == "Be brief."));
    assert_eq!(sqlx::query_scalar::<_, i64>(rows).fetch_one(&db).await.unwrap(), before);
    let deeds: Vec<String> = sqlx::query_scalar("SELECT action FROM audit_log").fetch_all(&db).await.unwrap();
    assert!(deeds.contains(&"battle.replay".to_owned()), "{deeds:?}");
    assert!(!next(&arena).await.unwrap(), "it is done once");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_endpoint_that_answers_otherwise_is_told_from_one_that_does_not(db: PgPool) {
    let (arena, endpoint) = arena(&db).await;
    let (battle, _) = battle(&arena).await;
    endpoint.model("left", Behaviour::says(&["The ", "left hand."]));
    let report = replayed(&arena, battle).await;
    let left = report.answers.iter().find(|answer| answer.model == "left").unwrap();
    let difference = left.difference.as_ref().unwrap();
    assert_eq!((left.outcome, difference.at), (ReplayOutcome::Differs, 10), "{report:?}");
    assert_eq!((difference.then.as_str(), difference.now.as_str()), ("The left answer.", "The left hand."));
    let right = report.answers.iter().find(|answer| answer.model == "right").unwrap();
    assert_eq!((right.outcome, right.now.model.as_deref()), (ReplayOutcome::Same, Some("right")));
    assert_eq!((report.count(ReplayOutcome::Same), report.is_same()), (1, false));
}

fn with_fingerprint(fingerprint: &str, text: &str) -> Behaviour {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"system_fingerprint\":\"{fingerprint}\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let said = chunk(&format!("{{\"content\":\"{text}\"}}"), "null");
    Behaviour::wire(Step::stream(&[&said, &chunk("{}", "\"stop\""), "data: [DONE]\n\n"]))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fingerprint_of_then_and_now_is_told_and_other_files_are_not_compared(db: PgPool) {
    let of = |version: &str, digit: &str| format!("mixtral-{version}/cpu-avx2/{}", digit.repeat(64));
    let models = [("left", with_fingerprint(&of("0.1.0", "0"), "春")), ("right", with_fingerprint("fp_1", "夏"))];
    let (arena, endpoint) = arena_of_endpoint(&db, "enabled", &models).await;
    let (battle, _) = battle(&arena).await;
    endpoint.model("left", with_fingerprint(&of("0.1.0", "1"), "春"));
    endpoint.model("right", with_fingerprint("fp_2", "夏"));
    let report = replayed(&arena, battle).await;
    let of_model =
        |report: &ReplayReport, name: &str| report.answers.iter().find(|answer| answer.model == name).unwrap().clone();
    let (left, right) = (of_model(&report, "left"), of_model(&report, "right"));
    assert_eq!(left.obstacle, Some(ReplayObstacle::FileChanged), "{report:?}");
    assert_eq!(left.changes, [ReplayedChange::new(ReplayChange::File, "0".repeat(64), "1".repeat(64))]);
    assert_eq!(right.outcome, ReplayOutcome::Same);
    assert_eq!(right.changes, [ReplayedChange::new(ReplayChange::Fingerprint, "fp_1", "fp_2")]);
    // The same files in a newer engine are worth comparing.
    endpoint.model("left", with_fingerprint(&of("0.2.0", "0"), "春"));
    let left = of_model(&replayed(&arena, battle).await, "left");
    assert_eq!(left.outcome, ReplayOutcome::Same);
    assert_eq!(left.changes, [ReplayedChange::new(ReplayChange::Engine, "mixtral-0.1.0", "mixtral-0.2.0")]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_asked_again_says_why(db: PgPool) {
    let (arena, endpoint) = arena(&db).await;
    let (battle, _) = battle(&arena).await;
    let both = |obstacle| vec![Some(obstacle); 2];
    execute(&db, "UPDATE turns SET prompt = 'Why not?'").await;
    assert_eq!(obstacles(&replayed(&arena, battle).await), both(ReplayObstacle::ConversationChanged));
    execute(&db, "UPDATE turns SET prompt = 'Why?'").await;
    execute(&db, "UPDATE models SET remote_model = 'other'").await;
    let report = replayed(&arena, battle).await;
    assert_eq!(obstacles(&report), both(ReplayObstacle::EndpointChanged));
    assert!(report.answers[0].changes[0].now.starts_with("other @ http://127.0.0.1"), "{report:?}");
    execute(&db, "UPDATE models SET remote_model = slug, state = 'retired'").await;
    assert_eq!(obstacles(&replayed(&arena, battle).await), both(ReplayObstacle::ModelDeleted));
    // One that only rests can be asked.
    execute(&db, "UPDATE models SET state = 'disabled'").await;
    assert!(replayed(&arena, battle).await.is_same());
    execute(&db, "UPDATE reply_provenance SET seed = NULL").await;
    assert_eq!(obstacles(&replayed(&arena, battle).await), both(ReplayObstacle::NoSeed));
    execute(&db, "UPDATE reply_provenance SET seed = 7").await;
    drop(endpoint);
    let report = replayed(&arena, battle).await;
    assert_eq!(obstacles(&report), both(ReplayObstacle::Failed));
    assert_eq!(report.answers[0].error.as_deref(), Some("unreachable"), "{report:?}");
    execute(&db, "DELETE FROM reply_provenance").await;
    assert_eq!(obstacles(&replayed(&arena, battle).await), both(ReplayObstacle::NoEvidence));
    execute(&db, "UPDATE replies SET content = ''").await;
    assert_eq!(obstacles(&replayed(&arena, battle).await), both(ReplayObstacle::NoAnswer));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_was_cut_short_is_compared_as_far_as_it_goes(db: PgPool) {
    let (arena, _endpoint) = arena(&db).await;
    let (battle, _) = battle(&arena).await;
    execute(&db, "UPDATE replies SET content = left(content, 7), released = 7, status = 'stopped'").await;
    let report = replayed(&arena, battle).await;
    assert!(report.is_same() && report.answers.iter().all(|answer| answer.is_partial), "{report:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn answers_that_were_prepared_are_replayed_like_others(db: PgPool) {
    let (arena, _endpoint) = arena(&db).await;
    let set = AddPromptSet { admin: None, name: "S".to_owned() }.run(&arena).await.unwrap();
    ImportPrompts { admin: None, set, file: "p.txt".to_owned(), bytes: b"Why?".to_vec() }.run(&arena).await.unwrap();
    let name = "S".to_owned();
    ChangePromptSet { admin: None, set, name, is_offered: true, is_prepared: true }.run(&arena).await.unwrap();
    let place = prepare_answers::Place::default();
    while prepare_answers::next(&arena, &place).await.unwrap() == prepare_answers::Next::Generated {}
    let caller = caller(VoterId(Uuid::new_v4()));
    let start = StartPrepared { caller, language: "en", theme: String::new(), agrees: false };
    let battle = start.run(&arena).await.unwrap();
    let report = replayed(&arena, battle).await;
    assert!(report.is_same() && report.total == 2, "{report:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn one_is_asked_for_once_of_a_turn_that_there_is(db: PgPool) {
    let (arena, _endpoint) = arena(&db).await;
    let (battle, _) = battle(&arena).await;
    let ask = async |battle, turn| ReplayBattle { admin: None, battle, turn }.on(&arena.db).await;
    let missing = ask(battle, Some(2)).await.unwrap_err();
    assert_eq!(missing.code(), "replay-turn");
    assert!(matches!(ask(BattleId(Uuid::new_v4()), None).await, Err(Error::NotFound)));
    let first = ask(battle, Some(1)).await.unwrap();
    assert_eq!(ask(battle, Some(1)).await.unwrap(), first);
    assert_eq!(ask(battle, None).await.unwrap_err().code(), "replay-busy");
    assert!(replays::delete_waiting(&arena.db, first).await.unwrap());
    assert_ne!(ask(battle, None).await.unwrap(), first);
    // With the battle goes what was found.
    execute(&db, "DELETE FROM battles").await;
    assert!(!next(&arena).await.unwrap());
}
