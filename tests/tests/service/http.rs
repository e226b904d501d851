//! A visitor's whole way, without JavaScript: message, answers, turns, vote, names, leaderboard, history.

use arena_tests::harness::{Arena, Behaviour, Endpoint, Options, PATIENCE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stage::{NAMES, SLUGS, Stage, add, begin, go_on, read, vote};

#[tokio::test]
async fn a_battle_goes_from_the_first_message_to_the_leaderboard() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Which answer is better?").await;
    let first = read(&visitor, &battle).await;
    assert_eq!((first.status("a"), first.status("b")), ("done", "done"));
    assert!(first.html("a").contains("answer.") && first.html("b").contains("answer."));
    go_on(&visitor, &battle, "And now?").await;
    let second = read(&visitor, &battle).await;
    assert_eq!((second.status("a"), second.status("b")), ("done", "done"));
    // The second turn carried the first one to the model.
    let last = stage.endpoint.requests().pop().expect("a request");
    let roles: Vec<&str> =
        last["messages"].as_array().expect("messages").iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    // Nothing so far told the models apart; the vote does.
    let secrets = stage.secrets();
    let before = visitor.received();
    let leaked: Vec<&String> = secrets.iter().filter(|secret| before.contains(secret.as_str())).collect();
    assert!(leaked.is_empty(), "told before the vote: {leaked:?}");
    let revealed = vote(&visitor, &battle, "a").await;
    for name in NAMES {
        assert!(revealed.words().contains(name), "{}", revealed.words());
    }
    let board = visitor.get("/leaderboard").await.expect(200);
    for name in NAMES {
        assert!(board.words().contains(name), "{}", board.words());
    }
    let json = visitor.fetch("/leaderboard.json").await.expect(200).json();
    assert_eq!(json["votes"], 1, "{json}");
    let wins: Vec<u64> = json["models"].as_array().expect("models").iter().filter_map(|m| m["wins"].as_u64()).collect();
    assert_eq!(wins.iter().sum::<u64>(), 1);
    for matrix in ["win-rates", "battle-counts"] {
        visitor.fetch(&format!("/leaderboard/{matrix}.json")).await.expect(200);
        let csv = visitor.fetch(&format!("/leaderboard/{matrix}.csv")).await.expect(200);
        assert!(SLUGS.iter().all(|slug| csv.text.contains(slug)), "{}", csv.text);
    }
    let history = visitor.get("/history").await.expect(200);
    assert!(history.text.contains(&battle) && history.words().contains("Which answer is better?"));
}

#[tokio::test]
async fn the_leaderboard_makes_sense_before_the_first_vote() {
    let stage = Stage::quick().await;
    for language in ["en", "zh"] {
        let visitor = stage.arena.visitor().header("accept-language", language);
        let board = visitor.get("/leaderboard").await.expect(200);
        assert!(!board.text.contains("NaN") && !board.text.contains("inf<"), "{}", board.words());
    }
    let json = stage.arena.visitor().fetch("/leaderboard.json").await.expect(200).json();
    assert_eq!(json["votes"], 0);
}

#[tokio::test]
async fn where_no_pair_can_be_drawn_the_page_says_what_to_do() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let visitor = arena.visitor();
    let says = async |what: &str, chinese: &str| {
        let page = visitor.get("/battle").await.expect(200);
        let form = page.form("to begin a battle", |form| form.has("prompt")).with("prompt", "kept for later");
        let answer = visitor.submit(&form, None).await;
        assert_eq!(answer.status, 503, "{}", answer.words());
        assert!(answer.words().contains(what), "{what}: {}", answer.words());
        assert!(answer.text.contains("kept for later"), "what was written is lost");
        let zh = visitor.clone().header("accept-language", "zh");
        let answer = zh.submit(&form, None).await;
        assert!(answer.words().contains(chinese), "{chinese}: {}", answer.words());
        visitor.clone().header("accept-language", "en");
    };
    says("No models have been set up yet", "模型").await;
    let endpoint = Endpoint::start();
    endpoint.model(crate::stage::REMOTE[0], Behaviour::says(&["x"]));
    let store = arena.store().await;
    add(&store, &endpoint, 0, 1.0).await;
    says("Only one model is enabled", "模型").await;
    add(&store, &endpoint, 1, 0.0).await;
    says("sampling weight", "权重").await;
    store.execute("UPDATE models SET sampling_weight = 0").await;
    says("sampling weight", "权重").await;
}

#[tokio::test]
async fn a_battle_belongs_to_its_visitor() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "mine").await;
    read(&visitor, &battle).await;
    let stranger = stage.arena.visitor();
    let page = stranger.get("/battle").await;
    let token = page.form("with a token", |form| form.has("csrf"));
    stranger.get(&battle).await.expect(404);
    let stream = stranger.stream(&format!("{battle}/stream"), None).await;
    assert_eq!(stream.status, 404);
    for (action, name, value) in [
        ("message", "prompt", "x"),
        ("vote", "choice", "a"),
        ("retry", "side", "a"),
        ("stop", "x", ""),
        ("delete", "x", ""),
    ] {
        let fields =
            [("csrf".to_owned(), token.value("csrf").unwrap_or("").to_owned()), (name.to_owned(), value.to_owned())];
        let answer = stranger.post(&format!("{battle}/{action}"), &fields).await;
        assert_eq!(answer.status, 404, "{action}: {}", answer.text);
    }
    assert_eq!(stage.store.count("SELECT count(*) FROM votes").await, 0);
    visitor.get(&battle).await.expect(200);
}

#[tokio::test]
async fn messages_and_bodies_have_limits() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let form = visitor.get("/battle").await.form("to begin a battle", |form| form.has("prompt"));
    let empty = visitor.submit(&form.clone().with("prompt", " \n "), None).await;
    assert_eq!(empty.status, 422);
    let long = visitor.submit(&form.clone().with("prompt", "诗".repeat(30_001)), None).await;
    assert_eq!(long.status, 422, "{}", long.words());
    assert!(long.words().contains("30,000"), "{}", long.words());
    let huge = visitor.submit(&form.clone().with("prompt", "x".repeat(2_000_000)), None).await;
    assert_eq!(huge.status, 413);
    let fits = visitor.submit(&form.with("prompt", "诗".repeat(30_000)), None).await;
    assert_eq!(fits.status, 200);
}

#[tokio::test]
async fn a_body_that_is_refused_unread_keeps_no_connection_open() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    for body in ["Content-Length: 1000\r\n\r\n{\"", "Transfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n"] {
        let head = format!("POST /api/v1/battles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{body}");
        let mut connection = tokio::net::TcpStream::connect(arena.address()).await.expect("it listens");
        connection.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        assert!(answer.starts_with("http/1.1 401") && answer.contains("connection: close"), "{answer}");
        assert!(closed.is_ok(), "still open after {body:?}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused_before_it_is_unpacked() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    for (encoding, status) in [("gzip", 415), ("br", 415), ("deflate", 415), ("GZIP", 415), ("identity", 401)] {
        for language in ["en", "zh"] {
            let visitor = arena.visitor().header("content-encoding", encoding).header("accept-language", language);
            let refused = visitor.call("POST", "/api/v1/battles", Some(&serde_json::json!({}))).await.expect(status);
            if status == 415 {
                let told = &refused.json()["error"];
                let words = if language == "en" { "compressed" } else { "压缩" };
                assert_eq!(told["code"], "encoded-body");
                assert!(told["message"].as_str().is_some_and(|said| said.contains(words)), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn deleting_a_battle_deletes_its_texts_and_keeps_the_vote() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "a very private question").await;
    read(&visitor, &battle).await;
    let page = vote(&visitor, &battle, "both_bad").await;
    let form = page.form("to delete", |form| form.action.ends_with("/delete"));
    let history = visitor.submit(&form, None).await.expect(200);
    assert!(!history.text.contains(&battle));
    visitor.get(&battle).await.expect(404);
    for sql in ["SELECT count(*) FROM battles", "SELECT count(*) FROM turns", "SELECT count(*) FROM replies"] {
        assert_eq!(stage.store.count(sql).await, 0, "{sql}");
    }
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE voter_id IS NULL AND comment = ''").await, 1);
    assert!(!stage.arena.log().contains("a very private question"), "a prompt stands in the log");
}

#[tokio::test]
async fn named_comparisons_and_direct_chats_keep_their_votes_apart() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let form = visitor.get("/side-by-side").await.form("to compare", |form| form.has("model_b"));
    let form = form.with("prompt", "Hi").with("model_a", SLUGS[0]).with("model_b", SLUGS[1]);
    let page = visitor.submit(&form, None).await.expect(200);
    assert!(NAMES.iter().all(|name| page.words().contains(name)), "names are shown from the start");
    let path = page.path.split('#').next().unwrap_or_default().to_owned();
    read(&visitor, &path).await;
    vote(&visitor, &path, "b").await;
    let form = visitor.get("/direct").await.form("to chat", |form| form.has("model_a"));
    let form = form.with("prompt", "Hi").with("model_a", SLUGS[0]).with("temperature", "0");
    let page = visitor.submit(&form, None).await.expect(200);
    let path = page.path.split('#').next().unwrap_or_default().to_owned();
    read(&visitor, &path).await;
    vote(&visitor, &path, "up").await;
    let blind = visitor.fetch("/leaderboard.json").await.json();
    let named = visitor.fetch("/leaderboard.json?kind=side_by_side").await.json();
    assert_eq!((blind["votes"].as_u64(), named["votes"].as_u64()), (Some(0), Some(1)));
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE kind = 'direct' AND choice = 'up'").await, 1);
}
