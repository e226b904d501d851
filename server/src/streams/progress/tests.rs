//! What the rows say of answers that run.

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::slot::Signals;
use super::*;
use crate::domain::{BattleId, BattleKind, ModelId, PairMode, ReplyStatus, Side, VoterId};
use crate::store::battles::{NewBattle, NewReply};

/// Rows of so many running answers, one battle each.
async fn running(db: &PgPool, owner: Uuid, count: usize) -> Vec<ReplyId> {
    let (voter, model) = (VoterId(Uuid::new_v4()), ModelId(Uuid::now_v7()));
    sqlx::query("INSERT INTO voters (id) VALUES ($1)").bind(voter.0).execute(db).await.expect("a voter");
    let model_row =
        "INSERT INTO models (id, slug, display_name, kind, path) VALUES ($1, 'verse', 'Verse', 'local', '/nowhere')";
    sqlx::query(model_row).bind(model.0).execute(db).await.expect("a model");
    let mut replies = Vec::new();
    for _ in 0..count {
        let (battle, id) = (BattleId(Uuid::now_v7()), ReplyId(Uuid::now_v7()));
        let parameters = serde_json::json!({});
        let new = NewBattle {
            id: battle,
            kind: BattleKind::Direct,
            voter,
            model_a: model,
            model_b: None,
            pair_probability: None,
            mode: PairMode::Random,
            language: "en",
            system_prompt: "",
            set_prompt: None,
            parameters: &parameters,
        };
        battles::insert_battle(db, &new).await.expect("a battle");
        battles::insert_turn(db, battle, 1, "go on").await.expect("a turn");
        let reply = NewReply {
            id,
            battle,
            turn: 1,
            side: Side::A,
            attempt: 1,
            model,
            seed: 1,
            owner,
            after_empty: false,
            mode: None,
        };
        battles::insert_reply(db, &reply).await.expect("a reply");
        replies.push(id);
    }
    replies
}

fn state(released: i32) -> State {
    State {
        status: ReplyStatus::Streaming,
        released,
        finish_reason: None,
        error_code: None,
        prompt_tokens: None,
        completion_tokens: None,
        first_token_ms: Some(7),
        total_ms: None,
    }
}

async fn row(db: &PgPool, reply: ReplyId) -> (String, i32) {
    sqlx::query_as("SELECT content, released FROM replies WHERE id = $1")
        .bind(reply.0)
        .fetch_one(db)
        .await
        .expect("row")
}

fn text(text: &str, released: i32) -> (String, i32) {
    (text.to_owned(), released)
}

#[sqlx::test(migrations = "../migrations")]
async fn rows_grow_by_what_is_new_and_a_text_that_is_gone_goes_with_the_next_write(db: PgPool) {
    let owner = Uuid::new_v4();
    let replies = running(&db, owner, 2).await;
    let writer = ProgressWriter::idle(db.clone(), owner);
    let slots = [writer.slot(replies[0]), writer.slot(replies[1])];
    assert!(slots[0].append(state(0), "床前") && slots[1].append(state(0), "two"));
    writer.write().await.expect("written");
    assert!(slots[0].append(state(2), "明月光"));
    writer.write().await.expect("written");
    assert_eq!((row(&db, replies[0]).await, row(&db, replies[1]).await), (text("床前明月光", 2), text("two", 0)));
    slots[0].replace(state(0), "");
    writer.write().await.expect("written");
    assert_eq!(row(&db, replies[0]).await, text("", 0));
    assert!(slots[0].append(state(1), "said"));
    writer.write().await.expect("written");
    assert_eq!(row(&db, replies[0]).await, text("said", 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_row_that_is_not_what_was_written_is_written_as_a_whole(db: PgPool) {
    let owner = Uuid::new_v4();
    let reply = running(&db, owner, 1).await[0];
    let writer = ProgressWriter::idle(db.clone(), owner);
    let slot = writer.slot(reply);
    assert!(slot.append(state(0), "one "));
    writer.write().await.expect("written");
    // As after a crash of a database that had not yet written what it had taken.
    sqlx::query("UPDATE replies SET content = ''").execute(&db).await.expect("row");
    assert!(slot.append(state(0), "two "));
    writer.write().await.expect("written");
    assert_eq!(row(&db, reply).await, text("", 0), "no text with a hole");
    assert!(!slot.append(state(0), "three"), "the whole is wanted");
    slot.replace(state(3), "one two three");
    writer.write().await.expect("written");
    assert_eq!(row(&db, reply).await, text("one two three", 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_could_not_be_written_is_written_with_the_next(db: PgPool) {
    let owner = Uuid::new_v4();
    let reply = running(&db, owner, 1).await[0];
    let nowhere = sqlx::postgres::PgConnectOptions::new().host("127.0.0.1").port(1);
    let away = PgPoolOptions::new().acquire_timeout(Duration::from_millis(200)).connect_lazy_with(nowhere);
    let (writer, broken) = (ProgressWriter::idle(db.clone(), owner), ProgressWriter::idle(away, owner));
    let slot = writer.slot(reply);
    broken.shared.slots.lock().expect("slots").push(Arc::downgrade(&slot));
    assert!(slot.append(state(0), "one "));
    broken.write().await.expect_err("nobody is there");
    assert!(slot.append(state(2), "two"));
    // A row that somebody else holds is left for the next as well.
    let mut other = db.begin().await.expect("a transaction");
    sqlx::query("SELECT 1 FROM replies FOR UPDATE").execute(&mut *other).await.expect("rows");
    writer.write().await.expect("nothing to write");
    assert_eq!(row(&db, reply).await, text("", 0));
    other.rollback().await.expect("an end");
    writer.write().await.expect("written");
    assert_eq!(row(&db, reply).await, text("one two", 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn signals_of_other_servers_come_back_and_nothing_is_written_after_the_last_write(db: PgPool) {
    let owner = Uuid::new_v4();
    let replies = running(&db, owner, 3).await;
    let writer = ProgressWriter::idle(db.clone(), owner);
    let slots: Vec<_> = replies.iter().map(|reply| writer.slot(*reply)).collect();
    assert!(slots.iter().all(|slot| slot.append(state(0), "so far")));
    writer.write().await.expect("written");
    let change = |set: &'static str, reply: ReplyId| sqlx::query(set).bind(reply.0).execute(&db);
    change("UPDATE replies SET stop_requested_at = now(), read_at = now() WHERE id = $1", replies[0])
        .await
        .expect("row");
    change("UPDATE replies SET status = 'interrupted' WHERE id = $1", replies[1]).await.expect("row");
    writer.write().await.expect("looked");
    let heard = slots[0].signals();
    assert!(heard.stop && !heard.is_lost && heard.read_seconds_ago.is_some_and(|ago| ago < 60.0), "{heard:?}");
    assert!(slots[1].signals().is_lost && slots[2].signals() == Signals::default());
    assert!(slots[2].append(state(0), " and more"));
    writer.close(&slots[2]).await;
    change("UPDATE replies SET status = 'done', content = 'all' WHERE id = $1", replies[2]).await.expect("row");
    writer.write().await.expect("written");
    assert_eq!(row(&db, replies[2]).await, text("all", 0));
}
