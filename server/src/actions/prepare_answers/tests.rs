//! Answers that are generated beforehand, and battles that begin with them.

use fake_endpoint::{Behaviour, Ending, Endpoint};
use sqlx::PgPool;

use super::*;
use crate::actions::cast_vote::CastVote;
use crate::actions::change_prompt_set::{AddPromptSet, ChangePromptSet, DeletePromptSet, ImportPrompts, RetryPrepared};
use crate::actions::read_battle::ReadBattle;
use crate::actions::start_prepared::StartPrepared;
use crate::domain::{Battle, BattleId, Choice, ReplyStatus, VoterId};
use crate::store::prompt_sets::{self, PromptSet};
use crate::testing::{arena_of_endpoint, caller};

async fn arena(db: &PgPool, models: &[(&str, Behaviour)]) -> (AppState, Endpoint) {
    arena_of_endpoint(db, "enabled", models).await
}

/// A set of these prompts that is to be prepared.
async fn set(arena: &AppState, prompts: &str) -> Uuid {
    let set = AddPromptSet { admin: None, name: " Open \u{200b} questions ".to_owned() }.run(arena).await.unwrap();
    let bytes = prompts.as_bytes().to_vec();
    ImportPrompts { admin: None, set, file: "p.jsonl".to_owned(), bytes }.run(arena).await.unwrap();
    let name = "Open questions".to_owned();
    ChangePromptSet { admin: None, set, name, is_offered: true, is_prepared: true }.run(arena).await.unwrap();
    set
}

async fn read(arena: &AppState, set: Uuid) -> PromptSet {
    prompt_sets::list(&arena.db, Some(set)).await.unwrap().remove(0)
}

/// Generates until nothing is missing; gives how many answers were asked for.
async fn all(arena: &AppState) -> usize {
    from(arena, &Place::default()).await
}

/// The same of a server that has come so far.
async fn from(arena: &AppState, place: &Place) -> usize {
    let mut asked = 0;
    while next(arena, place).await.unwrap() == Next::Generated {
        asked += 1;
    }
    asked
}

async fn start(arena: &AppState, voter: VoterId, theme: &str) -> Result<BattleId, Error> {
    let caller = caller(voter);
    StartPrepared { caller, language: "en", theme: theme.to_owned(), agrees: false }.run(arena).await
}

async fn battle(arena: &AppState, voter: VoterId, theme: &str) -> Battle {
    let battle = start(arena, voter, theme).await.unwrap();
    ReadBattle { battle, voter }.run(arena).await.unwrap().battle
}

const TWO: &str = "{\"prompt\": \"What is dew?\", \"tags\": [\"nature\"]}\n{\"prompt\": \"什么是露水？\"}";

#[sqlx::test(migrations = "../migrations")]
async fn every_model_that_plays_answers_every_prompt_once(db: PgPool) {
    let (arena, _endpoint) =
        arena(&db, &[("left", Behaviour::says(&["Water."])), ("right", Behaviour::says(&["Wet."]))]).await;
    let set = set(&arena, TWO).await;
    assert_eq!((read(&arena, set).await.name.as_str(), all(&arena).await), ("Open questions", 4));
    assert_eq!((read(&arena, set).await.answers, all(&arena).await), (4, 0));
    // A model that is told otherwise is another contestant; one with another name is not.
    sqlx::query("UPDATE models SET system_prompt = 'Be brief.' WHERE slug = 'left'").execute(&db).await.unwrap();
    sqlx::query("UPDATE models SET display_name = 'Other', retries = 2 WHERE slug = 'right'")
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(all(&arena).await, 2);
    // Nothing is asked of those that do not play, nor for sets that are not to be prepared.
    ImportPrompts { admin: None, set, file: "p.txt".to_owned(), bytes: b"More?".to_vec() }.run(&arena).await.unwrap();
    sqlx::query("UPDATE models SET state = 'disabled' WHERE slug = 'left'").execute(&db).await.unwrap();
    assert_eq!(all(&arena).await, 1);
    sqlx::query("UPDATE models SET state = 'enabled' WHERE slug = 'left'").execute(&db).await.unwrap();
    let name = "Open questions".to_owned();
    ChangePromptSet { admin: None, set, name, is_offered: true, is_prepared: false }.run(&arena).await.unwrap();
    assert_eq!(all(&arena).await, 0);
    DeletePromptSet { admin: None, set }.run(&arena).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM prepared_answers").fetch_one(&db).await.unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_gets_each_prompt_once_with_both_answers_and_votes_at_once(db: PgPool) {
    let (arena, _endpoint) =
        arena(&db, &[("left", Behaviour::says(&["Water."])), ("right", Behaviour::says(&["Wet."]))]).await;
    set(&arena, TWO).await;
    let (voter, other) = (VoterId(Uuid::now_v7()), VoterId(Uuid::now_v7()));
    assert!(matches!(start(&arena, voter, "").await, Err(Error::Conflict("prepared-none"))));
    all(&arena).await;
    let first = battle(&arena, voter, "").await;
    assert_eq!(
        (first.turns[0].prompt.as_str(), first.language.as_str()),
        ("What is dew?", "en"),
        "one's language first"
    );
    assert_eq!((first.prompt_set.as_str(), first.is_prepared), ("Open questions", true));
    assert!(first.pair_probability.is_some_and(|share| share > 0.0));
    let said: Vec<_> =
        first.turns[0].replies.iter().flatten().map(|reply| (reply.status, reply.content.as_str())).collect();
    assert_eq!(said.len(), 2);
    assert!(said.contains(&(ReplyStatus::Done, "Water.")) && said.contains(&(ReplyStatus::Done, "Wet.")), "{said:?}");
    let vote = CastVote {
        battle: first.id,
        caller: caller(voter),
        choice: Choice::A,
        reasons: Vec::new(),
        comment: String::new(),
    };
    vote.run(&arena).await.unwrap();
    assert_eq!(battle(&arena, voter, "").await.turns[0].prompt, "什么是露水？");
    assert!(matches!(start(&arena, voter, "").await, Err(Error::Conflict("prepared-none"))));
    assert_eq!(battle(&arena, other, "nature").await.turns[0].prompt, "What is dew?");
    assert!(matches!(start(&arena, other, "nature").await, Err(Error::Conflict("prepared-none"))));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_names_its_model_is_found_and_one_that_fails_is_asked_for_three_times(db: PgPool) {
    let broken = Behaviour::says(&["…"]).ending(Ending::Status(500, "out of memory".to_owned()));
    let models = [
        ("left", Behaviour::says(&["I am Mixtral, made by Mistral AI."])),
        ("right", Behaviour::says(&["Wet."])),
        ("broken", broken),
    ];
    let (arena, _endpoint) = arena(&db, &models).await;
    let set = set(&arena, "{\"prompt\": \"Who are you?\"}").await;
    assert_eq!(all(&arena).await, 3);
    let row = read(&arena, set).await;
    assert_eq!((row.answers, row.failed), (2, 1));
    // Not before a while, and three times at most; the endpoint rests too, so the rows are asked for by hand.
    let models = playing(&arena).await.unwrap();
    let (contestants, owner) = (contestants(&models), Uuid::now_v7());
    let claim = async || match prepared_answers::claim_open(&db, owner, &contestants, 1).await.unwrap() {
        Claim::Taken(claimed) => Some(claimed),
        Claim::Lost => panic!("nobody else is here"),
        Claim::NothingMissing => None,
    };
    for _ in 0..2 {
        assert!(claim().await.is_none(), "it has just failed");
        sqlx::query("UPDATE prepared_answers SET heartbeat_at = now() - interval '1 hour'").execute(&db).await.unwrap();
        let claimed = claim().await.expect("it may be tried again");
        let ended = Ended { error_code: Some("server-failed".to_owned()), ..Ended::default() };
        prepared_answers::finish(&db, owner, &claimed, &ended).await.unwrap();
    }
    sqlx::query("UPDATE prepared_answers SET heartbeat_at = now() - interval '1 hour'").execute(&db).await.unwrap();
    assert!(claim().await.is_none(), "three times were enough");
    assert_eq!(RetryPrepared { set }.run(&arena).await.unwrap(), 1);
    let voter = VoterId(Uuid::now_v7());
    assert_eq!(battle(&arena, voter, "").await.exclusion_reason.as_deref(), Some("identity"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_goes_on_where_it_was_and_looks_again_at_what_others_change(db: PgPool) {
    let (arena, _endpoint) =
        arena(&db, &[("left", Behaviour::says(&["Water."])), ("right", Behaviour::says(&["Wet."]))]).await;
    let place = Place::default();
    assert_eq!(next(&arena, &place).await.unwrap(), Next::NothingMissing, "no set is to be prepared");
    let set = set(&arena, TWO).await;
    assert_eq!(from(&arena, &place).await, 4);
    // More of the same set, a model that is another contestant, and what was given back or has failed.
    ImportPrompts { admin: None, set, file: "p.txt".to_owned(), bytes: b"More?".to_vec() }.run(&arena).await.unwrap();
    assert_eq!(from(&arena, &place).await, 2);
    sqlx::query("UPDATE models SET system_prompt = 'Be brief.' WHERE slug = 'left'").execute(&db).await.unwrap();
    assert_eq!(from(&arena, &place).await, 3);
    let broken = "UPDATE prepared_answers SET status = 'failed', attempts = 3, error_code = 'server-failed'
        WHERE set_prompt = (SELECT id FROM set_prompts ORDER BY position LIMIT 1)";
    sqlx::query(broken).execute(&db).await.unwrap();
    assert_eq!(
        (from(&arena, &place).await, read(&arena, set).await.failed, read(&arena, set).await.answers),
        (0, 2, 4)
    );
    RetryPrepared { set }.run(&arena).await.unwrap();
    assert_eq!((from(&arena, &place).await, read(&arena, set).await.answers), (2, 6));
    // A server that stops gives back what it has begun.
    let owner = Uuid::now_v7();
    sqlx::query("UPDATE prepared_answers SET status = 'running', owner = $1").bind(owner).execute(&db).await.unwrap();
    prepared_answers::release(&db, owner).await.unwrap();
    assert_eq!((from(&arena, &place).await, read(&arena, set).await.answers), (6, 6));
    sqlx::query("DELETE FROM models WHERE slug = 'left'").execute(&db).await.unwrap();
    assert_eq!(read(&arena, set).await.answers, 3, "answers go with their model");
}

#[sqlx::test(migrations = "../migrations")]
async fn visitors_are_told_of_so_many_ready_prompts_at_most_and_drawn_one_of_them_all(db: PgPool) {
    let (arena, _endpoint) =
        arena(&db, &[("left", Behaviour::says(&["Water."])), ("right", Behaviour::says(&["Wet."]))]).await;
    let many: String = (0..30).map(|n| format!("Question number {n}, which is asked in plain English?\n")).collect();
    let set = set(&arena, "{\"prompt\": \"What is dew?\"}").await;
    let bytes = many.into_bytes();
    ImportPrompts { admin: None, set, file: "p.txt".to_owned(), bytes }.run(&arena).await.unwrap();
    assert_eq!(all(&arena).await, 62);
    let voter = VoterId(Uuid::now_v7());
    let models = playing(&arena).await.unwrap();
    let playing = contestants(&models);
    let ready = async || prepared_answers::count_ready(&db, voter, &playing).await.unwrap();
    assert_eq!(ready().await, prepared_answers::MOST_READY);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..31 {
        let drawn = prepared_answers::draw(&db, voter, &playing, "en", "").await.unwrap().expect("one is left");
        assert!(seen.insert(drawn.prompt.clone()), "{} was had already", drawn.prompt);
        let had = "INSERT INTO battles (id, kind, voter_id, model_a, model_b, language, set_prompt)
            VALUES (gen_random_uuid(), 'battle', $1, $2, $3, 'en', $4)";
        sqlx::query("INSERT INTO voters (id) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(voter.0)
            .execute(&db)
            .await
            .unwrap();
        let had = sqlx::query(had).bind(voter.0).bind(models[0].id.0).bind(models[1].id.0).bind(drawn.id);
        had.execute(&db).await.unwrap();
    }
    assert_eq!(ready().await, 0);
    // Whoever answered plays no longer: it is as if nobody had.
    let other = VoterId(Uuid::now_v7());
    let nobody = Contestants::new(models.iter().map(|model| (model.id, "another".to_owned())));
    assert!(prepared_answers::draw(&db, other, &nobody, "en", "").await.unwrap().is_none());
    let name = "Open questions".to_owned();
    ChangePromptSet { admin: None, set, name, is_offered: false, is_prepared: true }.run(&arena).await.unwrap();
    assert!(prepared_answers::draw(&db, other, &playing, "en", "").await.unwrap().is_none());
}
