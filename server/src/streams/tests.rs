//! TurnHub: pace, resumption, two servers on one database, honest ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::Value;
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::release_pacer::TICK;
use super::{ChatEvents, Cursor, GenerationRequest, Reader, Source, TurnHub, View};
use crate::actions::answering::new_reply;
use crate::actions::cast_vote::CastVote;
use crate::actions::delete_battle::DeleteBattle;
use crate::actions::read_battle::ReadBattle;
use crate::actions::retry_reply::RetryReply;
use crate::actions::send_message::SendMessage;
use crate::actions::start_battle::{Opponents, StartBattle};
use crate::backends::{BackendError, ChatEvent, ErrorKind, FinishReason, Role, Usage};
use crate::domain::{
    BattleId, BattleKind, BattleStatus, Choice, LocalSource, ModelId, ModelSettings, ModelSource, PairMode, Parameters,
    Refusal, ReplyStatus, Side, VoteStatus, VoterId,
};
use crate::error::Error;
use crate::handlers::sse::html::HtmlEvents;
use crate::i18n::Locale;
use crate::metrics::{LoadMetrics, Metrics};
use crate::state::AppState;
use crate::store::{battles, models};
use crate::testing::{caller, unlimited_arena};
use crate::views::markdown;
use crate::views::markdown::testing::EditedBlocks;
use crate::views::turns::RenderedTurn;

/// A blind battle in its first turn, before the vote.
const BATTLE: BattleStatus = BattleStatus {
    kind: BattleKind::Battle,
    vote: VoteStatus::None,
    turns: 1,
    judged: 0,
    has_complete_turn: false,
    sides: [None, None],
};

/// What a scripted model does.
#[derive(Clone)]
enum Script {
    /// Says these chat_events with a pause before each.
    Say(Vec<&'static str>, Duration),
    /// Says these chat_events and then never anything more.
    Hang(Vec<&'static str>),
    /// Fails at once.
    Fail(ErrorKind),
}

fn chat_events(script: Script) -> ChatEvents {
    let delta = |text: &str| Ok(ChatEvent::Delta { text: text.to_owned() });
    match script {
        Script::Say(texts, pause) => {
            let usage = Usage { prompt_tokens: Some(3), completion_tokens: texts.len() as u64, estimated: false };
            let end = stream::iter([Ok(ChatEvent::Finished { reason: FinishReason::Stop, usage })]);
            stream::iter(texts)
                .then(move |text| async move {
                    sleep(pause).await;
                    Ok(ChatEvent::Delta { text: text.to_owned() })
                })
                .chain(end)
                .boxed()
        }
        Script::Hang(texts) => stream::iter(texts).map(delta).chain(stream::pending()).boxed(),
        Script::Fail(kind) => stream::iter([Err(BackendError::new(kind, "verse-1 broke"))]).boxed(),
    }
}

/// A server over scripted models; those of `down` count as unreachable.
fn server(db: &PgPool, scripts: HashMap<ModelId, Script>, down: Vec<ModelId>) -> AppState {
    let open = Arc::new(move |generation: GenerationRequest| {
        let script = scripts.get(&generation.model).cloned().unwrap_or(Script::Fail(ErrorKind::ModelNotFound));
        assert_eq!(generation.request.messages.last().map(|message| message.role), Some(Role::User));
        let opened: futures_util::future::BoxFuture<'static, ChatEvents> = Box::pin(async move { chat_events(script) });
        opened
    });
    let source = Source { open, wait: Arc::new(move |model| (!down.contains(&model.id)).then_some(Duration::ZERO)) };
    let streams =
        TurnHub::new(db.clone(), Metrics::new(db.clone(), &LoadMetrics::default()), source, Handle::current());
    AppState { streams, ..unlimited_arena(db.clone()) }
}

async fn register(db: &PgPool, count: usize) -> Vec<ModelId> {
    let mut ids = Vec::new();
    for number in 1..=count {
        let id = ModelId(uuid::Uuid::now_v7());
        let source = LocalSource { path: "/nowhere".to_owned(), ..LocalSource::default() };
        let mut settings = ModelSettings::new(ModelSource::Local(source));
        settings.general.display_name = format!("Verse {number}");
        assert!(models::insert(db, id, &format!("verse-{number}"), &settings, None).await.expect("row"));
        ids.push(id);
    }
    ids
}

fn voter() -> VoterId {
    VoterId(uuid::Uuid::new_v4())
}

async fn begin(arena: &AppState, voter: VoterId, opponents: Opponents) -> Result<BattleId, Error> {
    let prompt = "写一首诗".to_owned();
    StartBattle {
        caller: caller(voter),
        prompt,
        opponents,
        parameters: Parameters::BATTLE,
        system_prompt: String::new(),
        agrees: false,
    }
    .run(arena)
    .await
}

fn reader(arena: &AppState, battle: BattleId, turn: i32) -> Reader {
    let streams = &arena.streams;
    Reader::new(streams.clone(), battle, BattleKind::SideBySide, turn)
}

/// Reads to the end.
async fn read_all(arena: &AppState, battle: BattleId, turn: i32) -> Vec<View> {
    let mut reader = reader(arena, battle, turn);
    let mut views = Vec::new();
    let read = async {
        while let Some(view) = reader.next().await.expect("the database answers") {
            views.push(view);
        }
    };
    timeout(Duration::from_secs(40), read).await.expect("the turn ends");
    views
}

fn text(view: &View, side: Side) -> &str {
    view.sides[side.index()].as_ref().map_or("", |side| &side.text)
}

fn status(view: &View, side: Side) -> ReplyStatus {
    view.sides[side.index()].as_ref().expect("a side").status
}

/// What a browser makes of events.
#[derive(Default, Clone)]
struct Browser {
    sides: [EditedBlocks; 2],
    cursor: Option<Cursor>,
}

impl Browser {
    fn take(&mut self, events: &str) {
        for event in events.split("\n\n").filter(|event| !event.is_empty()) {
            self.take_one(event);
        }
    }

    fn take_one(&mut self, event: &str) {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        if let Some(id) = field("id") {
            self.cursor = Some(id.parse().expect("a cursor"));
        }
        if field("event").is_none() {
            let data: Value = serde_json::from_str(field("data").expect("data")).expect("JSON");
            for (side, edit) in data.as_object().expect("sides") {
                self.sides[usize::from(side == "b")].take_json(edit);
            }
        }
    }

    fn blocks(&self) -> [Vec<String>; 2] {
        self.sides.each_ref().map(|side| side.blocks.clone())
    }
}

const LONG: &[&str] = &[
    "# 题\n\n",
    "床前**明月光**，",
    "疑是地上霜。\n\n",
    "```rust\nfn main() {\n",
    "    let x = 1;\n}\n```\n\n",
    "- a\n- b\n",
    "- c\n\n1",
    ". one\n2. two\n\n",
    "| a | b |\n|",
    "---|---|\n| 1 | 2 |\n\n",
    "$x^2$ and [a]: https://x.example\n",
];

#[sqlx::test(migrations = "../migrations")]
async fn whatever_the_cut_a_resumed_stream_ends_alike(db: PgPool) {
    let ids = register(&db, 2).await;
    let slow: Vec<_> = LONG.iter().rev().copied().collect();
    let scripts = HashMap::from([
        (ids[0], Script::Say(LONG.to_vec(), Duration::from_millis(20))),
        (ids[1], Script::Say(slow.clone(), Duration::from_millis(60))),
    ]);
    let arena = server(&db, scripts, Vec::new());
    let battle = begin(&arena, voter(), Opponents::Chosen(ids[0], ids[1])).await.expect("begun");
    let views = read_all(&arena, battle, 1).await;
    assert!(views.len() > 5, "it streamed: {}", views.len());
    // Both columns grow alike while both are written.
    for view in &views {
        let count = |side| text(view, side).chars().count();
        let whole: usize = LONG.concat().chars().count();
        assert!(count(Side::A) == count(Side::B) || count(Side::A) == whole, "{} {}", count(Side::A), count(Side::B));
    }
    let last = views.last().expect("a view");
    let expected = [markdown::blocks(&LONG.concat()), markdown::blocks(&slow.concat())];
    let all_events = |from: usize| {
        let (mut rendered, mut events) = (RenderedTurn::default(), HtmlEvents::new(Locale::En, BATTLE, 1));
        let mut step = None;
        views[from..]
            .iter()
            .map(|view| {
                rendered.take(view.clone(), std::ptr::eq(view, last));
                let news = rendered.since(step).expect("a step");
                step = Some(news.step);
                events.of(&news)
            })
            .collect::<Vec<_>>()
    };
    // Cut after every single event, go on from any later view, here or on another server.
    let whole = all_events(0);
    let mut seen = Browser::default();
    for (at, events) in whole.iter().enumerate() {
        for event in events.split("\n\n").filter(|event| !event.is_empty()) {
            seen.take_one(event);
            assert_eq!(seen.cursor.map(|cursor| cursor.turn), Some(1));
            for from in [at, (at + 1).min(views.len() - 1), views.len() - 1] {
                let mut resumed = seen.clone();
                for events in all_events(from) {
                    resumed.take(&events);
                }
                assert_eq!(resumed.blocks(), expected, "cut in {at}, resumed from {from}");
            }
        }
    }
    assert_eq!(seen.blocks(), expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn another_server_shows_and_stops_what_the_first_one_drains(db: PgPool) {
    let ids = register(&db, 2).await;
    let say = Script::Say(vec!["明月 "; 400], Duration::from_millis(20));
    let scripts = HashMap::from([(ids[0], say.clone()), (ids[1], say)]);
    let first = server(&db, scripts.clone(), Vec::new());
    let second = server(&db, scripts, Vec::new());
    let voter = voter();
    let battle = begin(&first, voter, Opponents::Chosen(ids[0], ids[1])).await.expect("begun");
    let mut elsewhere = reader(&second, battle, 1);
    let begun = Instant::now();
    while let Some(view) = elsewhere.next().await.expect("rows") {
        if text(&view, Side::A).len() > 20 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "the other server sees it grow");
    }
    assert!(matches!(
        SendMessage { battle, caller: caller(voter), prompt: "再来".to_owned() }.run(&second).await,
        Err(Error::Conflict("still-streaming"))
    ));
    assert!(matches!(
        RetryReply { battle, caller: caller(voter), side: Side::A }.run(&second).await,
        Err(Error::Conflict("still-streaming"))
    ));
    second.streams.stop(battle).await.expect("asked");
    let views = read_all(&second, battle, 1).await;
    let last = views.last().expect("an end");
    assert_eq!((status(last, Side::A), status(last, Side::B)), (ReplyStatus::Stopped, ReplyStatus::Stopped));
    let rows = battles::replies_of_turn(&db, battle, 1).await.expect("rows");
    for row in rows {
        assert_eq!(row.finish_reason.as_deref(), Some("stopped"));
        assert_eq!(row.content.chars().count() as i32, row.released, "the row is what was shown");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_failed_side_hinders_nobody_and_another_model_takes_its_place(db: PgPool) {
    let ids = register(&db, 3).await;
    let voter = voter();
    let fine = Script::Say(vec!["好", "诗"], Duration::from_millis(5));
    // Two of three are drawn; the third one stands in. Whoever is drawn on the right is broken.
    let arena = server(&db, HashMap::new(), Vec::new());
    let battle = begin(&arena, voter, Opponents::Sampled(PairMode::Random)).await.expect("begun");
    let views = read_all(&arena, battle, 1).await;
    let last = views.last().expect("an end");
    assert_eq!((status(last, Side::A), status(last, Side::B)), (ReplyStatus::Failed, ReplyStatus::Failed));
    let mut rendered = RenderedTurn::default();
    rendered.take(last.clone(), true);
    let event = HtmlEvents::new(Locale::En, BATTLE, 1).of(&rendered.since(None).expect("the whole"));
    assert!(event.contains("\"retry\":true") && !event.to_lowercase().contains("verse"), "{event}");

    let scripts: HashMap<_, _> = ids.iter().map(|id| (*id, fine.clone())).collect();
    let before =
        battles::of_voter(&mut db.acquire().await.expect("db"), battle, voter).await.expect("rows").expect("a battle");
    let arena = server(&db, scripts, vec![before.model_a]);
    RetryReply { battle, caller: caller(voter), side: Side::A }.run(&arena).await.expect("asked");
    RetryReply { battle, caller: caller(voter), side: Side::B }.run(&arena).await.expect("asked");
    let views = read_all(&arena, battle, 1).await;
    let last = views.last().expect("an end");
    assert_eq!((text(last, Side::A), text(last, Side::B)), ("好诗", "好诗"));
    let after =
        battles::of_voter(&mut db.acquire().await.expect("db"), battle, voter).await.expect("rows").expect("a battle");
    assert_ne!(after.model_a, before.model_a);
    assert_ne!(Some(after.model_a), after.model_b);
    assert_eq!(after.last_turn().and_then(|turn| turn.reply(Side::A)).map(|reply| reply.attempt), Some(2));
    assert!(matches!(
        RetryReply { battle, caller: caller(voter), side: Side::A }.run(&arena).await,
        Err(Error::Conflict("nothing-to-ask-again"))
    ));
}

/// Whoever asks a side again at the very moment at which the other one ends is answered all the same.
#[sqlx::test(migrations = "../migrations")]
async fn a_side_that_is_asked_again_while_the_other_one_ends_is_not_lost(db: PgPool) {
    let ids = register(&db, 2).await;
    let broken = server(&db, HashMap::new(), Vec::new());
    let fine = Script::Say(vec!["好", "诗"], Duration::from_millis(1));
    let arena = server(&db, ids.iter().map(|id| (*id, fine.clone())).collect(), Vec::new());
    let one = async |delay: Duration| {
        let voter = voter();
        let battle = begin(&broken, voter, Opponents::Chosen(ids[0], ids[1])).await.expect("begun");
        read_all(&broken, battle, 1).await;
        RetryReply { battle, caller: caller(voter), side: Side::A }.run(&arena).await.expect("asked");
        sleep(delay).await;
        RetryReply { battle, caller: caller(voter), side: Side::B }.run(&arena).await.expect("asked");
        let views = read_all(&arena, battle, 1).await;
        let last = views.last().expect("an end");
        assert_eq!((text(last, Side::A), text(last, Side::B)), ("好诗", "好诗"), "after {delay:?}");
    };
    // A's few characters are released and written down by the second tick.
    let delays = (0..120).map(|step| TICK - Duration::from_millis(20) + Duration::from_micros(500 * step));
    futures_util::future::join_all(delays.map(one)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn two_sides_that_are_asked_again_at_once_have_one_pace(db: PgPool) {
    let ids = register(&db, 2).await;
    let broken = server(&db, HashMap::new(), Vec::new());
    let say = Script::Say(vec!["明月 "; 60], Duration::from_millis(50));
    let arena = server(&db, ids.iter().map(|id| (*id, say.clone())).collect(), Vec::new());
    let voters: Vec<_> = (0..8).map(|_| voter()).collect();
    for voter in voters {
        let battle = begin(&broken, voter, Opponents::Chosen(ids[0], ids[1])).await.expect("begun");
        read_all(&broken, battle, 1).await;
        let ask = |side| RetryReply { battle, caller: caller(voter), side };
        let (a, b) = (ask(Side::A), ask(Side::B));
        let (a, b) = tokio::join!(a.run(&arena), b.run(&arena));
        a.and(b).expect("asked");
        let mut reader = reader(&arena, battle, 1);
        // One task holds both sides as soon as it has shown anything.
        let whole = async {
            while !arena.streams.view(battle, 1).is_some_and(|view| view.sides.iter().all(Option::is_some)) {
                reader.next().await.expect("the database answers").expect("they still answer");
            }
        };
        timeout(Duration::from_secs(20), whole).await.expect("both sides are in one turn");
        arena.streams.stop(battle).await.expect("asked");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dead_server_s_answer_is_marked_by_any_other(db: PgPool) {
    let ids = register(&db, 2).await;
    let scripts = HashMap::from([
        (ids[0], Script::Hang(vec!["half ", "an answer"])),
        (ids[1], Script::Say(vec!["whole"], Duration::from_millis(1))),
    ]);
    let dead = server(&db, scripts, Vec::new());
    let voter = voter();
    let battle = begin(&dead, voter, Opponents::Chosen(ids[0], ids[1])).await.expect("begun");
    sleep(Duration::from_millis(900)).await;
    // The owner falls silent.
    sqlx::query("UPDATE replies SET heartbeat_at = now() - interval '1 minute' WHERE battle_id = $1")
        .bind(battle.0)
        .execute(&db)
        .await
        .expect("rows");
    let alive = server(&db, HashMap::new(), Vec::new());
    let views = read_all(&alive, battle, 1).await;
    let last = views.last().expect("an end");
    assert_eq!((status(last, Side::A), text(last, Side::A)), (ReplyStatus::Interrupted, "half an answer"));
    assert_eq!((status(last, Side::B), text(last, Side::B)), (ReplyStatus::Done, "whole"));
    // The owner wakes up and finds that it has lost it: what was said stays said.
    sleep(Duration::from_secs(4)).await;
    let rows = battles::replies_of_turn(&db, battle, 1).await.expect("rows");
    assert_eq!(rows[0].status, ReplyStatus::Interrupted);
    dead.streams.drain(Duration::from_secs(5)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_service_that_ends_marks_what_it_could_not_finish(db: PgPool) {
    let ids = register(&db, 1).await;
    let arena = server(&db, HashMap::from([(ids[0], Script::Hang(vec!["so far"]))]), Vec::new());
    let voter = voter();
    let battle = begin(&arena, voter, Opponents::One(ids[0])).await.expect("begun");
    sleep(Duration::from_millis(300)).await;
    arena.streams.drain(Duration::from_millis(100)).await;
    let rows = battles::replies_of_turn(&db, battle, 1).await.expect("rows");
    assert_eq!((rows[0].status, rows[0].content.as_str()), (ReplyStatus::Interrupted, "so far"));
    assert!(matches!(begin(&arena, voter, Opponents::One(ids[0])).await, Err(Error::Busy { .. })));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_names_a_model_marks_the_battle(db: PgPool) {
    let ids = register(&db, 2).await;
    let scripts = HashMap::from([
        (ids[0], Script::Say(vec!["I am Mix", "tral."], Duration::from_millis(1))),
        (ids[1], Script::Say(vec!["A cold mistral blew."], Duration::from_millis(1))),
    ]);
    let arena = server(&db, scripts, Vec::new());
    let voter = voter();
    let battle = begin(&arena, voter, Opponents::Sampled(PairMode::Random)).await.expect("begun");
    read_all(&arena, battle, 1).await;
    let found =
        battles::of_voter(&mut db.acquire().await.expect("db"), battle, voter).await.expect("rows").expect("a battle");
    assert_eq!(found.exclusion_reason.as_deref(), Some("identity"));
    assert_eq!(found.pair_probability, Some(0.5));
    assert_eq!(found.language, "zh");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_conversation_goes_on_and_is_deleted_for_good(db: PgPool) {
    let ids = register(&db, 1).await;
    let arena =
        server(&db, HashMap::from([(ids[0], Script::Say(vec!["一", "二"], Duration::from_millis(1)))]), Vec::new());
    let (voter, stranger) = (voter(), voter());
    let battle = begin(&arena, voter, Opponents::One(ids[0])).await.expect("begun");
    let direct = |turn| Reader::new(arena.streams.clone(), battle, BattleKind::Direct, turn);
    let mut first = direct(1);
    while first.next().await.expect("rows").is_some() {}
    let message = |voter| SendMessage { battle, caller: caller(voter), prompt: "再来".to_owned() };
    assert!(matches!(message(stranger).run(&arena).await, Err(Error::NotFound)));
    assert_eq!(message(voter).run(&arena).await.expect("sent"), 2);
    let mut second = direct(2);
    while second.next().await.expect("rows").is_some() {}
    assert!(matches!(DeleteBattle { battle, voter: stranger }.run(&arena).await, Err(Error::NotFound)));
    DeleteBattle { battle, voter }.run(&arena).await.expect("deleted");
    assert!(battles::replies_of_turn(&db, battle, 1).await.expect("rows").is_empty());
    assert!(matches!(message(voter).run(&arena).await, Err(Error::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_drawn_is_said(db: PgPool) {
    let arena = server(&db, HashMap::new(), Vec::new());
    let drawn = async || begin(&arena, voter(), Opponents::Sampled(PairMode::Random)).await;
    assert!(matches!(drawn().await, Err(Error::NoModels("no-models"))));
    register(&db, 1).await;
    assert!(matches!(drawn().await, Err(Error::NoModels("one-model"))));
}

/// The page once offered no vote where the API took one, and nobody offered to retry.
#[sqlx::test(migrations = "../migrations")]
async fn an_answer_of_one_newline_is_retried_once_and_judged_on_pages_and_for_votes_alike(db: PgPool) {
    let ids = register(&db, 2).await;
    let scripts = HashMap::from([
        (ids[0], Script::Say(vec!["好"], Duration::from_millis(1))),
        (ids[1], Script::Say(vec!["\n"], Duration::from_millis(1))),
    ]);
    let arena = server(&db, scripts, Vec::new());
    let voter = voter();
    let battle = begin(&arena, voter, Opponents::Sampled(PairMode::Random)).await.expect("begun");
    read_all(&arena, battle, 1).await;
    let look = async || ReadBattle { battle, voter }.run(&arena).await.expect("theirs").status();
    let status = look().await;
    let side = if status.sides[0].is_some_and(|side| side.is_empty) { Side::A } else { Side::B };
    assert_eq!((status.may_be_judged(), status.may_retry(side)), (Ok(()), Ok(())));
    assert_eq!(status.may_retry(side.other()), Err(Refusal::NothingToRetry));
    RetryReply { battle, caller: caller(voter), side }.run(&arena).await.expect("retried once");
    read_all(&arena, battle, 1).await;
    let status = look().await;
    assert_eq!((status.may_be_judged(), status.may_retry(side)), (Ok(()), Err(Refusal::TooManyAttempts)));
    let retry = RetryReply { battle, caller: caller(voter), side };
    assert_eq!(retry.run(&arena).await.expect_err("retried already").code(), "too-many-attempts");
    let vote =
        CastVote { battle, caller: caller(voter), choice: Choice::A, reasons: Vec::new(), comment: String::new() };
    assert!(vote.run(&arena).await.expect("judged").created);
    let stranger = ReadBattle { battle, voter: VoterId(uuid::Uuid::new_v4()) };
    assert!(matches!(stranger.run(&arena).await, Err(Error::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_there_already_is_a_conflict_and_broken_parameters_are_an_error(db: PgPool) {
    let ids = register(&db, 1).await;
    let scripts = HashMap::from([(ids[0], Script::Say(vec!["好"], Duration::from_millis(1)))]);
    let arena = server(&db, scripts, Vec::new());
    let voter = voter();
    let battle = begin(&arena, voter, Opponents::One(ids[0])).await.expect("begun");
    let turn = battles::insert_turn(&db, battle, 1, "again").await.map_err(Error::from);
    assert_eq!(turn.expect_err("there is a first turn").code(), "still-streaming");
    let reply = new_reply(&arena.streams, battle, 1, Side::A, 1, ids[0]);
    let reply = battles::insert_reply(&db, &reply).await.map_err(Error::from);
    assert_eq!(reply.expect_err("there is a first attempt").code(), "still-streaming");
    arena.streams.drain(Duration::from_secs(10)).await;
    sqlx::query("UPDATE battles SET parameters = '{}'").execute(&db).await.expect("broken");
    let other = server(&db, HashMap::new(), Vec::new());
    let message = SendMessage { battle, caller: caller(voter), prompt: "再来".to_owned() };
    assert_eq!(message.run(&other).await.expect_err("no parameters").code(), "internal");
    assert_eq!(Error::from(sqlx::Error::RowNotFound).status(), 500, "only a lookup that may miss is a 404");
}

async fn draw_of(db: &PgPool, battle: BattleId) -> (ModelId, ModelId, f64) {
    let row: (uuid::Uuid, uuid::Uuid, f64) =
        sqlx::query_as("SELECT model_a, model_b, pair_probability FROM battles WHERE id = $1")
            .bind(battle.0)
            .fetch_one(db)
            .await
            .expect("drawn");
    (ModelId(row.0), ModelId(row.1), row.2)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_redraw_keeps_the_probability_of_the_pair_that_came_out(db: PgPool) {
    let ids = register(&db, 3).await;
    // Of the third the draw thinks most, and it is never there.
    sqlx::query("UPDATE models SET sampling_weight = 50 WHERE id = $1").bind(ids[2].0).execute(&db).await.expect("set");
    let good = |id| (id, Script::Say(vec!["好"], Duration::from_millis(1)));
    let scripts = HashMap::from([good(ids[0]), good(ids[1]), (ids[2], Script::Fail(ErrorKind::Unreachable))]);
    let arena = server(&db, scripts, Vec::new());
    let voter = voter();
    let battle = loop {
        let battle = begin(&arena, voter, Opponents::Sampled(PairMode::Random)).await.expect("begun");
        let (a, b, _) = draw_of(&db, battle).await;
        if [a, b].contains(&ids[2]) {
            break battle;
        }
    };
    read_all(&arena, battle, 1).await;
    let (a, _, before) = draw_of(&db, battle).await;
    let side = if a == ids[2] { Side::A } else { Side::B };
    RetryReply { battle, caller: caller(voter), side }.run(&arena).await.expect("drawn anew");
    let (a, b, after) = draw_of(&db, battle).await;
    assert!([a, b].contains(&ids[0]) && [a, b].contains(&ids[1]));
    // 50 + 50 + 1 for the three pairs, and two sides.
    assert!((before - 50.0 / 202.0).abs() < 0.02 && (after - 1.0 / 202.0).abs() < 0.002, "{before} and {after}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_model_that_the_visitor_chose_plays_and_the_vote_counts_on_no_board(db: PgPool) {
    let ids = register(&db, 3).await;
    let scripts = ids.iter().map(|id| (*id, Script::Say(vec!["好"], Duration::from_millis(1)))).collect();
    let arena = server(&db, scripts, Vec::new());
    let voter = voter();
    for _ in 0..8 {
        let battle = begin(&arena, voter, Opponents::Sampled(PairMode::Chosen(ids[0]))).await.expect("begun");
        let (a, b, probability) = draw_of(&db, battle).await;
        assert!([a, b].contains(&ids[0]));
        assert!((probability - 0.25).abs() < 1e-9, "two opponents, two sides");
        read_all(&arena, battle, 1).await;
        let vote =
            CastVote { battle, caller: caller(voter), choice: Choice::A, reasons: Vec::new(), comment: String::new() };
        let cast = vote.run(&arena).await.expect("judged");
        assert_eq!(cast.vote.exclusion_reason.as_deref(), Some("chosen"));
    }
    let count = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&db);
    assert_eq!(count("SELECT count(*) FROM pair_counts").await.expect("reads"), 0);
    let kept = "SELECT count(*) FROM votes WHERE mode = 'chosen' AND pair_probability = 0.25";
    assert_eq!(count(kept).await.expect("reads"), 8, "the vote keeps how its pair was drawn");
    let record = crate::store::evidence::chosen_record(&db, ids[0]).await.expect("reads");
    assert_eq!(record.won + record.lost, 8);
    assert!(matches!(
        begin(&arena, voter, Opponents::Sampled(PairMode::Sizes)).await,
        Err(Error::NoModels("no-sizes"))
    ));
}
