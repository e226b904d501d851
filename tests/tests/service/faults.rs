//! What breaks, and what the visitor sees of it: never a hang, never a blank, always a way on.

use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Behaviour, Client, Ending, Options, eventually_async, within};

use crate::stage::{REMOTE, Seen, Stage, begin, read, read_on, retry_reply, slow, vote};

/// One model does this, the other answers; the failing side is told, asked again, and then the battle can be voted on.
async fn fails_and_recovers(failure: Behaviour) -> (Stage, String) {
    let stage = Stage::with(failure, Behaviour::says(&["fine"])).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "try").await;
    let start = Instant::now();
    let seen = read(&visitor, &battle).await;
    assert!(start.elapsed() < Duration::from_secs(40), "told only after {:?}", start.elapsed());
    let failed = seen.sides_that_are("failed");
    assert_eq!(failed.len(), 1, "{seen:?}");
    let side = failed[0].to_owned();
    let message = seen.message(&side).to_owned();
    assert!(!message.is_empty(), "the failure has no words");
    for secret in stage.secrets() {
        assert!(!visitor.received().contains(&secret), "the failure tells {secret}");
    }
    let page = visitor.get(&battle).await;
    assert!(page.words().contains(&message), "the page says it too: {}", page.words());
    stage.endpoint.model(REMOTE[0], Behaviour::says(&["better now"]));
    retry_reply(&visitor, &battle, &side).await;
    let seen = read(&visitor, &battle).await;
    assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
    vote(&visitor, &battle, "tie").await;
    (stage, message)
}

#[tokio::test]
async fn an_endpoint_that_refuses_is_told_and_asked_again() {
    let (_stage, message) =
        fails_and_recovers(Behaviour::says(&[]).ending(Ending::Status(500, "cuda blew up at 0xdeadbeef".into()))).await;
    assert!(!message.contains("0xdeadbeef"), "{message}");
}

#[tokio::test]
async fn an_endpoint_that_hangs_before_the_first_token_is_told_and_asked_again() {
    fails_and_recovers(Behaviour::says(&[]).ending(Ending::Hang)).await;
}

#[tokio::test]
async fn an_endpoint_that_hangs_in_the_middle_is_told_and_asked_again() {
    fails_and_recovers(Behaviour::says(&["half of ", "an answer"]).ending(Ending::Hang)).await;
}

#[tokio::test]
async fn an_endpoint_that_hangs_up_is_told_and_asked_again() {
    fails_and_recovers(Behaviour::says(&["half of ", "an answer"]).ending(Ending::Disconnect)).await;
}

#[tokio::test]
async fn an_endpoint_that_reports_an_error_in_its_stream_is_told_and_asked_again() {
    fails_and_recovers(Behaviour::says(&["half"]).ending(Ending::StreamError("out of memory".into()))).await;
}

#[tokio::test]
async fn an_endpoint_that_sends_a_line_without_end_is_told_and_asked_again() {
    fails_and_recovers(Behaviour::says(&["half"]).ending(Ending::HugeLine(64 << 20))).await;
}

#[tokio::test]
async fn kill_9_loses_no_vote_and_an_interrupted_side_can_be_asked_again() {
    let stage = Stage::with(Behaviour::says(&["quick"]), slow()).await;
    let visitor = stage.arena.visitor();
    let voted = begin(&visitor, "first").await;
    read(&visitor, &voted).await;
    vote(&visitor, &voted, "a").await;
    let cut = begin(&visitor, "second").await;
    let mut stream = visitor.stream(&format!("{cut}/stream"), None).await;
    let mut seen = Seen::default();
    while !(seen.html("a").contains("word1") || seen.html("b").contains("word1") || seen.html("a").contains("quick")) {
        seen.take(&stream.next().await.expect("an event"));
    }
    let Stage { arena, endpoint, store, .. } = stage;
    drop(store);
    let folder = arena.kill_hard();
    let arena = tokio::task::spawn_blocking(move || Arena::start(Options::bare().on(&folder))).await.expect("starts");
    let visitor = visitor.at(arena.address());
    let store = arena.store().await;
    assert_eq!(store.count("SELECT count(*) FROM votes").await, 1, "the vote is lost");
    assert_eq!(visitor.fetch("/leaderboard.json").await.json()["votes"], 1);
    visitor.get(&voted).await.expect(200);
    // The reader who waits is told that its side was interrupted, without a reload.
    let seen = read(&visitor, &cut).await;
    let sides: Vec<String> = seen.sides_that_are("interrupted").into_iter().map(str::to_owned).collect();
    assert!(!sides.is_empty(), "{seen:?}");
    endpoint.model(REMOTE[1], Behaviour::says(&["again"]));
    for side in &sides {
        assert!(!seen.message(side).is_empty());
        retry_reply(&visitor, &cut, side).await;
        read(&visitor, &cut).await;
    }
    let seen = read(&visitor, &cut).await;
    assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
    vote(&visitor, &cut, "b").await;
    assert_eq!(store.count("SELECT count(*) FROM votes").await, 2);
}

/// Waits until battles can be drawn, and begins one.
pub async fn begin_when_loaded(visitor: &Client, prompt: &str) -> String {
    eventually_async("the demo models are loaded", async || {
        let page = visitor.get("/battle").await.expect(200);
        let form = page.form("to begin a battle", |form| form.has("prompt")).with("prompt", prompt);
        let page = visitor.submit(&form, None).await;
        if page.status == 503 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            return None;
        }
        assert_eq!(page.status, 200, "{}", page.words());
        page.path.split('#').next().map(str::to_owned)
    })
    .await
}

#[tokio::test]
async fn a_worker_that_dies_is_told_and_replaced_and_the_battle_goes_on() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::demo())).await.expect("starts");
    let visitor = arena.visitor();
    let battle = begin_when_loaded(&visitor, "写一首七言诗").await;
    let seen = read(&visitor, &battle).await;
    assert_eq!((seen.status("a"), seen.status("b")), ("done", "done"), "{seen:?}");
    crate::stage::go_on(&visitor, &battle, "再写一首长诗").await;
    let workers = arena.workers();
    assert!(!workers.is_empty(), "no worker runs: {:?}", arena.children());
    let mut stream = visitor.stream(&format!("{battle}/stream"), None).await;
    for worker in &workers {
        rustix::process::kill_process(*worker, rustix::process::Signal::KILL).expect("the worker is killed");
    }
    let mut seen = Seen::default();
    read_on(&mut stream, &mut seen).await;
    assert!(seen.ended, "{seen:?}");
    let failed: Vec<String> = seen.sides_that_are("failed").into_iter().map(str::to_owned).collect();
    assert!(!failed.is_empty(), "the kill came too late to be a test: {seen:?}");
    assert!(failed.iter().all(|side| !seen.message(side).is_empty()));
    within(Duration::from_secs(60), "a new worker", || {
        arena.workers().iter().find(|pid| !workers.contains(pid)).copied()
    });
    for side in failed {
        // While the new worker loads, asking fails with a clear message; in the end it answers.
        eventually_async("the side answers again", async || {
            let page = visitor.get(&battle).await;
            let form = arena_tests::harness::Form::all(&page.text)
                .into_iter()
                .find(|form| form.action.ends_with("/retry") && form.buttons.iter().any(|(_, value)| *value == side))?;
            visitor.submit(&form, Some(("side", &side))).await;
            let seen = read(&visitor, &battle).await;
            (seen.status(&side) == "done").then_some(())
        })
        .await;
    }
    vote(&visitor, &battle, "tie").await;
    let (status, log) = tokio::task::spawn_blocking(move || arena.stop()).await.expect("stops");
    assert!(status.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test]
async fn while_the_database_hangs_requests_are_told_to_come_again_and_afterwards_they_are_served() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "first").await;
    read(&visitor, &battle).await;
    let pages = ["/battle", "/leaderboard", "/models", "/history", "/api/v1/models", battle.as_str()];
    for path in pages {
        visitor.fetch(path).await.expect(200);
    }
    // Some have a statement under way when it begins, others come later.
    let early: Vec<_> = (0..24)
        .map(|n| {
            let (visitor, path) = (visitor.clone(), pages[n % pages.len()].to_owned());
            tokio::spawn(async move { while visitor.fetch(&path).await.status == 200 {} })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let frozen = stage.arena.postgres().freeze();
    let began = Instant::now();
    let late = pages.map(async |path| (path, visitor.fetch(path).await));
    for (path, told) in futures_util::future::join_all(late).await {
        assert_eq!(told.status, 503, "{path}: {}", told.text);
        assert!(told.header("retry-after").is_some_and(|after| after.parse::<u64>().is_ok()), "{path}");
        assert!(told.header("content-security-policy").is_some(), "{path}");
    }
    for asked in early {
        asked.await.expect("it ends");
    }
    assert!(began.elapsed() < Duration::from_secs(50), "told only after {:?}", began.elapsed());
    assert_eq!(visitor.fetch("/health").await.status, 503);
    visitor.fetch("/health/live").await.expect(200);
    drop(frozen);
    for path in pages {
        eventually_async("it is served again", async || (visitor.fetch(path).await.status == 200).then_some(())).await;
    }
    vote(&visitor, &battle, "a").await;
}

#[tokio::test]
async fn sigterm_lets_running_answers_end() {
    let counts = Behaviour::counts(20, Duration::from_millis(80));
    let stage = Stage::with(counts.clone(), counts).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "count").await;
    let mut stream = visitor.stream(&format!("{battle}/stream"), None).await;
    let mut seen = Seen::default();
    while !seen.html("a").contains("word2") {
        seen.take(&stream.next().await.expect("an event"));
    }
    let Stage { arena, store, .. } = stage;
    drop(store);
    let stopped = tokio::task::spawn_blocking(move || (arena.folder().clone(), arena.stop()));
    read_on(&mut stream, &mut seen).await;
    let (folder, (status, log)) = stopped.await.expect("stops");
    assert!(status.success(), "{log}");
    let arena = tokio::task::spawn_blocking(move || Arena::start(Options::bare().on(&folder))).await.expect("starts");
    let visitor = visitor.at(arena.address());
    let after = read(&visitor, &battle).await;
    assert_eq!((after.status("a"), after.status("b")), ("done", "done"), "{after:?}");
    assert!(after.html("a").contains("word20") && after.html("b").contains("word20"));
}

#[tokio::test]
async fn a_second_arena_on_the_same_folder_is_refused() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let mut second = std::process::Command::new(arena_tests::harness::arena_binary());
    second
        .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--devices", "none", "--data"])
        .arg(arena.folder().path());
    second.env_remove("DATABASE_URL").stdin(std::process::Stdio::null());
    let output = tokio::task::spawn_blocking(move || second.output().expect("arena runs")).await.expect("ends");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked") && said.trim().len() > 20, "{said}");
    arena.visitor().get("/leaderboard").await.expect(200);
}
