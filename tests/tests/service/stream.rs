//! Streams: cut and resumed, read elsewhere, paced alike, and harmless whatever a model says.

use std::time::Duration;

use arena_tests::harness::{Behaviour, Options};

use crate::stage::{Seen, Stage, begin, read, read_on, slow};

#[tokio::test]
async fn a_stream_cut_and_resumed_ends_like_an_uncut_one() {
    let stage = Stage::with(slow(), Behaviour::counts(40, Duration::from_millis(70))).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "count").await;
    let path = format!("{battle}/stream");
    let uncut = {
        let visitor = visitor.clone();
        let battle = battle.clone();
        tokio::spawn(async move { read(&visitor, &battle).await })
    };
    let mut seen = Seen::default();
    let mut last = None;
    let mut cuts = 0;
    while !seen.ended {
        let mut stream = visitor.stream(&path, last.as_deref()).await;
        assert_eq!(stream.status, 200);
        assert!(stream.content_type.starts_with("text/event-stream"));
        // Some events, then the line is dead.
        for _ in 0..7 {
            let Some(event) = stream.next().await else { break };
            seen.take(&event);
        }
        last = stream.last_id().map(str::to_owned);
        cuts += 1;
    }
    let uncut = uncut.await.expect("the uncut reader");
    assert!(cuts > 3, "the stream was never cut");
    assert_eq!(seen, uncut);
    assert!(uncut.html("a").contains("word40"), "{}", uncut.html("a"));
    // A reader who comes after the end sees the same.
    assert_eq!(read(&visitor, &battle).await.blocks, uncut.blocks);
    // And so does one without JavaScript.
    let page = visitor.get(&battle).await;
    assert!(page.text.contains("word40"));
}

#[tokio::test]
async fn another_server_on_the_same_database_can_go_on_with_a_stream() {
    let stage = Stage::with(slow(), slow()).await;
    let second = stage.arena.start_beside(Options::bare());
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "count").await;
    let path = format!("{battle}/stream");
    let mut seen = Seen::default();
    let mut stream = visitor.stream(&path, None).await;
    for _ in 0..5 {
        seen.take(&stream.next().await.expect("an event"));
    }
    let last = stream.last_id().map(str::to_owned);
    drop(stream);
    let elsewhere = visitor.at(second.address());
    let mut stream = elsewhere.stream(&path, last.as_deref()).await;
    assert_eq!(stream.status, 200);
    read_on(&mut stream, &mut seen).await;
    assert!(seen.ended);
    assert_eq!(seen.blocks, read(&visitor, &battle).await.blocks);
    assert!(seen.html("a").contains("word60") && seen.html("b").contains("word60"));
}

#[tokio::test]
async fn both_columns_grow_at_one_pace() {
    let quick = Behaviour::counts(60, Duration::from_millis(1));
    let stage = Stage::with(quick, slow()).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "count").await;
    let mut stream = visitor.stream(&format!("{battle}/stream"), None).await;
    let mut seen = Seen::default();
    let mut compared = 0;
    let words = |seen: &Seen, side: &str| seen.html(side).matches("word").count();
    // Both models say the same words, so what is released of them is the same; and it is sent in one event.
    while let Some(event) = stream.next().await {
        seen.take(&event);
        let (a, b) = (words(&seen, "a"), words(&seen, "b"));
        assert_eq!(a, b, "the columns part");
        compared += usize::from(event.name == "message" && a > 0 && a < 60);
    }
    assert!(seen.ended && compared > 5, "compared {compared} times");
}

#[tokio::test]
async fn what_a_model_says_is_inert() {
    let nasty = Behaviour::says(&[
        "<scr",
        "ipt>alert(1)</script>\n\n<img src=x onerror=alert(2)>\n\n",
        "[click](javascript:alert(3)) <a href=\"javascript:alert(4)\">x</a>\n\n",
        "```html\n<script>alert(5)</script>\n```\n\n<iframe src=//evil.example></iframe><style>*{display:none}</style>",
        "<form action=/language><input name=csrf></form>",
    ]);
    let stage = Stage::with(nasty.clone(), nasty).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "<script>alert(0)</script>").await;
    let seen = read(&visitor, &battle).await;
    let page = visitor.get(&battle).await;
    for (place, html) in [("stream", seen.html("a")), ("page", page.text.clone())] {
        let lower = html.to_lowercase();
        assert!(!lower.contains("<script>"), "{place}: {html}");
        for tag in [
            "<iframe",
            "<style",
            "<svg",
            "<form action=/language",
            "javascript:alert(3)\"",
            "\" onerror",
            " onerror=\"",
        ] {
            // Escaped text is fine; a tag or an attribute is not.
            assert!(!lower.contains(tag), "{place} holds {tag}: {html}");
        }
    }
    // Highlighting puts marks between the words: what a person reads is the text without them.
    let read = page.words().replace(' ', "");
    assert!(read.contains("<script>alert(5)</script>"), "code is shown as code: {read}");
}

#[tokio::test]
async fn stop_keeps_what_was_shown_and_the_battle_goes_on() {
    let stage = Stage::with(slow(), slow()).await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "count").await;
    let mut stream = visitor.stream(&format!("{battle}/stream"), None).await;
    let mut seen = Seen::default();
    while !seen.html("a").contains("word3") {
        seen.take(&stream.next().await.expect("an event"));
    }
    let page = visitor.get(&battle).await;
    let form = page.form("to stop", |form| form.action.ends_with("/stop"));
    visitor.submit(&form, None).await.expect(200);
    read_on(&mut stream, &mut seen).await;
    assert_eq!((seen.status("a"), seen.status("b")), ("stopped", "stopped"));
    assert!(seen.html("a").contains("word3") && !seen.html("a").contains("word60"));
    crate::stage::go_on(&visitor, &battle, "again").await;
}
