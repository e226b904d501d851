//! The leaderboard: the same filters for page, files and API; what votes were about; direct chats; the open page's version.

use std::time::Duration;

use arena_tests::harness::{Arena, Behaviour, BulkVotes, Form, Options, eventually_async};
use serde_json::Value;

use crate::stage::{NAMES, SLUGS, Stage, begin, go_on, read, vote};

async fn filled(votes: i32) -> (Arena, arena_tests::harness::Store) {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("the arena starts");
    let store = arena.store().await;
    store.fill(BulkVotes { models: 6, voters: 100, votes }).await;
    (arena, store)
}

fn slugs(board: &Value) -> Vec<&str> {
    board["models"].as_array().expect("models").iter().filter_map(|model| model["slug"].as_str()).collect()
}

#[tokio::test]
async fn page_files_and_api_take_the_same_filters() {
    let (arena, _store) = filled(3000).await;
    let visitor = arena.visitor();
    let board = visitor.fetch("/leaderboard.json").await.expect(200).json();
    assert_eq!((board["votes"].as_u64(), slugs(&board)[0]), (Some(3000), "model-6"), "{board}");
    for (filter, votes) in [
        ("language=zh", 1500),
        ("category=coding", 1000),
        ("category=coding&language=zh", 500),
        ("category=multi_turn", 600),
        ("from=2000-01-01&to=2000-12-31", 0),
        ("from=2000-01-01", 3000),
        ("kind=side_by_side", 0),
    ] {
        let api = visitor.fetch(&format!("/api/v1/leaderboard?{filter}")).await.expect(200).json();
        assert_eq!(api["votes"], votes, "{filter}: {api}");
        assert_eq!(api, visitor.fetch(&format!("/leaderboard.json?{filter}")).await.expect(200).json(), "{filter}");
        let page = visitor.get(&format!("/leaderboard?{filter}")).await.expect(200);
        let shown = format!("{},{:03} votes", votes / 1000, votes % 1000);
        let shown = if votes >= 1000 {
            shown
        } else if votes == 0 {
            "No votes".into()
        } else {
            format!("{votes} votes")
        };
        assert!(page.words().contains(&shown), "{filter}: {}", page.words());
        let csv = visitor.fetch(&format!("/leaderboard.csv?{filter}")).await.expect(200);
        assert_eq!(csv.text.lines().count(), 1 + slugs(&api).len(), "{filter}: {}", csv.text);
    }
    let decided = visitor.fetch("/api/v1/leaderboard?category=exclude_refusals_and_ties").await.expect(200).json();
    let ties: u64 = decided["models"].as_array().unwrap().iter().map(|m| m["ties"].as_u64().unwrap()).sum();
    assert_eq!(ties, 0, "{decided}");
    for bad in ["category=refusal", "from=yesterday", "kind=x", "style=maybe"] {
        visitor.fetch(&format!("/api/v1/leaderboard?{bad}")).await.expect(422);
    }
}

#[tokio::test]
async fn style_control_takes_the_effect_of_length_out_and_says_what_it_is() {
    let (arena, _store) = filled(4000).await;
    let visitor = arena.visitor();
    let board = visitor.fetch("/api/v1/leaderboard?style=on").await.expect(200).json();
    let length = &board["style"]["length"];
    assert!(length["lower"].as_f64().unwrap() > 0.1, "longer answers win here: {board}");
    assert!(board["style"]["bold"]["lower"].as_f64().unwrap() < 0.0, "bold text does nothing: {board}");
    let page = visitor.get("/leaderboard?style=on").await.expect(200);
    assert!(page.words().contains("Longer answers win more often"), "{}", page.words());
    assert!(page.words().contains("No clear effect of bold text"), "{}", page.words());
    let page = visitor.header("accept-language", "zh").get("/leaderboard?style=on").await.expect(200);
    assert!(page.words().contains("较长的回答更常获胜"), "{}", page.words());
    let plain = arena.visitor().fetch("/api/v1/leaderboard").await.expect(200).json();
    assert!(plain["style"].is_null() && plain["style_control"] == false, "{plain}");
}

#[tokio::test]
async fn ties_are_modelled_where_that_is_asked_for() {
    let (arena, _store) = filled(4000).await;
    let visitor = arena.visitor();
    let half = visitor.fetch("/api/v1/leaderboard").await.expect(200).json();
    assert!(half["ties"] == "half" && half["tie_rate"].is_null() && half["intervals"] == "formula", "{half}");
    let board = visitor.fetch("/api/v1/leaderboard?ties=davidson").await.expect(200).json();
    let of = |part: &str| board["tie_rate"][part].as_f64().unwrap_or_else(|| panic!("{part} in {board}"));
    assert_eq!((&board["ties"], &board["tie_rate"]["state"]), (&"davidson".into(), &"fitted".into()), "{board}");
    // Equals tie no less often than models that are apart do on average: ties and both-bad votes, a seventh of all here.
    let count = |name: &str| board["models"].as_array().unwrap().iter().map(|m| m[name].as_f64().unwrap()).sum::<f64>();
    let share = (count("ties") + count("both_bad")) / count("votes");
    assert!(of("share") >= share && of("share") < share + 0.1, "{share}: {board}");
    assert!(of("lower") < of("share") && of("share") < of("upper") && of("upper") - of("lower") < 0.1, "{board}");
    // A tie that is no half win tells less of two models apart: ratings spread wider.
    let spread = |board: &Value| {
        let ratings = board["models"].as_array().unwrap().iter().filter_map(|model| model["bradley_terry"].as_f64());
        ratings.clone().fold(f64::MIN, f64::max) - ratings.fold(f64::MAX, f64::min)
    };
    assert!(spread(&board) > spread(&half), "{} and {}", spread(&board), spread(&half));
    let page = visitor.get("/leaderboard?ties=davidson").await.expect(200);
    assert!(
        page.words().contains("Ties are modelled (Davidson): two equally strong models tie in"),
        "{}",
        page.words()
    );
    assert!(page.text.contains("<option value=\"davidson\" selected>"));
    let page = visitor.header("accept-language", "zh").get("/leaderboard?ties=davidson").await.expect(200);
    assert!(page.words().contains("平局单独建模（Davidson）：两个实力相同的模型有"), "{}", page.words());
    let styled = arena.visitor().fetch("/api/v1/leaderboard?ties=davidson&style=on").await.expect(200).json();
    assert_eq!(styled["ties"], "half", "the fit with style counts them half, and says so: {styled}");
    arena.visitor().fetch("/api/v1/leaderboard?ties=third").await.expect(422);
}

#[tokio::test]
async fn intervals_are_checked_by_drawing_the_votes_anew() {
    let (arena, _store) = filled(3000).await;
    let visitor = arena.visitor();
    let formula = visitor.fetch("/api/v1/leaderboard").await.expect(200).json();
    let drawn = visitor.fetch("/api/v1/leaderboard?intervals=bootstrap").await.expect(200).json();
    assert_eq!((&drawn["intervals"], &drawn["rounds"]), (&"bootstrap".into(), &1000.into()), "{drawn}");
    let models = |board: &Value| board["models"].as_array().unwrap().clone();
    for (plain, drawn) in models(&formula).iter().zip(models(&drawn)) {
        assert_eq!((&plain["slug"], &plain["bradley_terry"]), (&drawn["slug"], &drawn["bradley_terry"]));
        let error = |line: &Value| line["standard_error"].as_f64().unwrap();
        // A hundred voters: both errors are of voters, and each knows its own to about a twentieth.
        assert!((error(&drawn) / error(plain) - 1.0).abs() < 0.25, "{plain} {drawn}");
        let at = |name: &str| drawn[name].as_f64().unwrap();
        assert!(at("lower") < at("bradley_terry") && at("bradley_terry") < at("upper"), "{drawn}");
    }
    assert_eq!(drawn, visitor.fetch("/leaderboard.json?intervals=bootstrap").await.expect(200).json());
    let page = visitor.get("/leaderboard").await.expect(200);
    assert!(page.text.contains("intervals=bootstrap") && !page.words().contains("Standard error, bootstrap"));
    let page = visitor.get("/leaderboard?intervals=bootstrap").await.expect(200);
    assert!(page.words().contains("Standard error, bootstrap"), "{}", page.words());
    assert!(page.words().contains("1,000 times, as many voters as there are were drawn"), "{}", page.words());
    for bad in ["intervals=x", "intervals=bootstrap&style=on", "intervals=bootstrap&ties=davidson"] {
        visitor.fetch(&format!("/api/v1/leaderboard?{bad}")).await.expect(422);
    }
}

#[tokio::test]
async fn lines_are_sorted_searched_and_their_columns_chosen_without_scripts() {
    let (arena, store) = filled(2000).await;
    store.execute("UPDATE models SET state = 'disabled' WHERE slug = 'model-2'").await;
    store
        .run(
            "INSERT INTO models (id, slug, display_name, kind, path) VALUES (gen_random_uuid(), $1, $1, 'local', '/m')",
            &["newcomer"],
        )
        .await;
    let visitor = arena.visitor();
    let page = visitor.get("/leaderboard").await.expect(200);
    let words = page.words();
    let at = |what: &str| words.find(what).unwrap_or_else(|| panic!("{what} in {words}"));
    assert!(at("Ranked") < at("No votes yet") && at("No votes yet") < at("Not in battles now"), "{words}");
    assert!(at("newcomer") > at("No votes yet") && at("Model 2") > at("Not in battles now"), "{words}");
    let page =
        visitor.get("/leaderboard?sort=name&columns=chosen&column=licence&column=quantisation&column=added").await;
    let words = page.expect(200).words();
    let at = |what: &str| words.find(what).unwrap_or_else(|| panic!("{what} in {words}"));
    assert!(at("Mixtral-8x7B-Instruct-v0.1") < at("Mixtral-8x7B-Instruct-v0.5"), "{words}");
    assert!(words.contains("Apache-2.0") && words.contains("Q8_0"), "{words}");
    let page = visitor.get("/leaderboard?q=MIXTRAL").await.expect(200);
    let table = page.text.split("<table class=\"board stacked\"").nth(1).and_then(|rest| rest.split("</table>").next());
    let table = table.expect("the table");
    assert!(table.contains("Mixtral-8x7B-Instruct-v0.1") && !table.contains("Model 3"), "{table}");
    let page = visitor.get("/leaderboard?q=nobody").await.expect(200);
    assert!(page.words().contains("No model has this name"), "{}", page.words());
}

#[tokio::test]
async fn readers_of_a_board_are_told_of_votes_by_every_server_and_others_are_not() {
    let stage = Stage::quick().await;
    let second = stage.arena.start_beside(Options::bare());
    let visitor = stage.arena.visitor();
    let elsewhere = second.visitor();
    let mut here = visitor.stream("/leaderboard/stream?kind=battle", None).await;
    let mut there = elsewhere.stream("/leaderboard/stream?language=en&category=coding&from=2020-01-01", None).await;
    let mut named = visitor.stream("/leaderboard/stream?kind=side_by_side", None).await;
    for stream in [&mut here, &mut there, &mut named] {
        assert_eq!((stream.status, stream.content_type.as_str()), (200, "text/event-stream; charset=utf-8"));
        let event = stream.next().await.expect("the version of now");
        assert_eq!((event.name.as_str(), event.data.as_str()), ("version", "0"));
    }
    let battle = begin(&visitor, "Write a Python function that sorts a list").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "a").await;
    let told = here.next().await.expect("the vote").data;
    let version = visitor.fetch("/leaderboard/version?kind=battle").await.expect(200).json();
    assert_eq!(told, version["version"].to_string());
    assert!(there.next().await.expect("the vote").data.parse::<i64>().expect("a number") > 0);
    let nothing = tokio::time::timeout(Duration::from_secs(3), named.next()).await;
    assert!(nothing.is_err(), "nobody voted there: {nothing:?}");
    visitor.fetch("/leaderboard/stream?kind=x").await.expect(422);
    // A server that stops waits for no reader of a board.
    let stopped = std::time::Instant::now();
    tokio::task::spawn_blocking(move || second.stop()).await.expect("it stops");
    assert!(stopped.elapsed() < Duration::from_secs(10), "it waited for a reader: {:?}", stopped.elapsed());
}

#[tokio::test]
async fn pair_cells_have_intervals_and_pictures_can_be_kept() {
    let (arena, _store) = filled(2000).await;
    let visitor = arena.visitor();
    let matrix = visitor.fetch("/api/v1/leaderboard/win-rates").await.expect(200).json();
    let of = |part: &str| matrix[part][0][1].as_f64().unwrap_or_else(|| panic!("{part} in {matrix}"));
    assert!(of("lower") < of("values") && of("values") < of("upper"), "{matrix}");
    assert!(matrix["values"][0][0].is_null());
    let page = visitor.get("/leaderboard").await.expect(200);
    assert!(page.text.contains("(95% CI "), "cells tell their interval");
    for (path, holds) in
        [("/leaderboard/chart.svg", "Mixtral-8x7B-Instruct-v0.1"), ("/leaderboard/win-rates.svg", "95% CI")]
    {
        let picture = visitor.fetch(path).await.expect(200);
        assert!(picture.header("content-type").unwrap().starts_with("image/svg+xml"), "{path}");
        assert!(picture.header("content-disposition").unwrap().contains(".svg"), "{path}");
        assert!(picture.text.contains(holds), "{path}: {}", picture.text);
        assert!(picture.text.contains("fill=\"#ffffff\"/>"), "dark letters stand on a light ground: {path}");
    }
    visitor.fetch("/leaderboard/chart.svg?kind=side_by_side").await.expect(404);
}

#[tokio::test]
async fn a_comparison_begins_with_two_models_and_says_so_when_they_are_one() {
    let (arena, _store) = filled(300).await;
    let page = arena.visitor().get("/compare").await.expect(200);
    let chosen = page.text.matches(" selected>").count();
    assert_eq!(chosen, 2, "one in each list: {}", page.text);
    assert!(!page.words().contains("Choose two different models."), "{}", page.words());
    let page = arena.visitor().get("/compare?a=model-1&b=model-1").await.expect(200);
    assert!(page.words().contains("Choose two different models."), "{}", page.words());
}

#[tokio::test]
async fn chinese_and_english_are_compared_model_by_model() {
    let (arena, _store) = filled(3000).await;
    let page = arena.visitor().get("/leaderboard?compare=languages").await.expect(200);
    assert!(page.words().contains("Chinese and English compared"), "{}", page.words());
    assert!(page.words().contains("no clear difference"), "these votes know no language: {}", page.words());
    let empty = Stage::quick().await;
    let page = empty.arena.visitor().get("/leaderboard?compare=languages").await.expect(200);
    assert!(page.words().contains("not enough votes yet"), "{}", page.words());
}

/// Waits until all votes are described.
async fn described(stage: &Stage, votes: i64) {
    eventually_async("votes are described", async || {
        (stage.store.count("SELECT count(*) FROM vote_features").await == votes).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_a_vote_was_about_outlives_its_conversation() {
    let stage = Stage::with(
        Behaviour::says(&["# Sort\n\n- **first**\n- second\n\n```python\n# no heading\n```\n"]),
        Behaviour::says(&["I'm sorry, but I can't help with that."]),
    )
    .await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Write a Python function that sorts a list").await;
    read(&visitor, &battle).await;
    go_on(&visitor, &battle, "Now in at most 10 lines").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "a").await;
    // Deleted at once: what it was about is computed before.
    let page = visitor.get(&battle).await.expect(200);
    let form = page.form("to delete", |form| form.action.ends_with("/delete"));
    visitor.submit(&form, None).await.expect(200);
    assert_eq!(stage.store.count("SELECT count(*) FROM battles").await, 0);
    let kept = "SELECT count(*) FROM vote_features WHERE is_coding AND is_multi_turn AND is_instruction_following AND is_refusal
        AND NOT is_math AND greatest(headers_a, headers_b) = 2 AND greatest(lists_a, lists_b) = 4 AND least(bold_a, bold_b) = 0";
    assert_eq!(
        stage.store.count(kept).await,
        1,
        "{:?}",
        stage.store.texts("SELECT vote_features::text FROM vote_features").await
    );
    let board = visitor.fetch("/api/v1/leaderboard?category=coding").await.json();
    assert_eq!((board["votes"].as_u64(), board["undescribed"].as_u64()), (Some(1), Some(0)), "{board}");
    let board = visitor.fetch("/api/v1/leaderboard?category=math").await.json();
    assert_eq!(board["votes"], 0, "{board}");
}

#[tokio::test]
async fn votes_of_before_are_described_after_a_restart() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "写一首五言绝句").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "tie").await;
    described(&stage, 1).await;
    stage.store.execute("UPDATE vote_features SET rules = 0, is_creative_writing = false").await;
    let second = stage.arena.start_beside(Options::bare());
    eventually_async("an older rule's features are computed again", async || {
        (stage.store.count("SELECT count(*) FROM vote_features WHERE rules > 0 AND is_creative_writing").await == 1)
            .then_some(())
    })
    .await;
    let board = second.visitor().fetch("/api/v1/leaderboard?category=creative_writing").await.json();
    assert_eq!(board["votes"], 1, "{board}");
    let page = stage.arena.visitor().get("/leaderboard?category=creative_writing").await.expect(200);
    assert!(page.words().contains("One vote"), "{}", page.words());
}

#[tokio::test]
async fn direct_chats_have_a_board_of_their_own() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let empty = visitor.get("/leaderboard?kind=direct").await.expect(200);
    assert!(empty.words().contains("No direct chat has been rated yet"), "{}", empty.words());
    for choice in ["up", "up", "down"] {
        let page = visitor.get("/direct").await.expect(200);
        let form = page.form("to begin a chat", |form| form.has("model_a"));
        let form = form.with("model_a", SLUGS[0]).with("prompt", "hello");
        // It is sent to where it stands.
        let form = Form { action: "/direct".to_owned(), ..form };
        let page = visitor.submit(&form, None).await.expect(200);
        let battle = page.path.split('#').next().unwrap_or_default().to_owned();
        read(&visitor, &battle).await;
        vote(&visitor, &battle, choice).await;
    }
    let board = visitor.fetch("/api/v1/leaderboard?kind=direct").await.expect(200).json();
    let model = &board["models"][0];
    assert_eq!(
        (model["slug"].as_str(), model["good"].as_u64(), model["bad"].as_u64()),
        (Some(SLUGS[0]), Some(2), Some(1))
    );
    assert!(model["lower"].as_f64().unwrap() < 0.2, "one voter is one opinion: {board}");
    let page = visitor.get("/leaderboard?kind=direct").await.expect(200);
    assert!(page.words().contains(NAMES[0]) && page.words().contains("67%"), "{}", page.words());
    let csv = visitor.fetch("/leaderboard.csv?kind=direct").await.expect(200);
    assert!(csv.text.starts_with("slug,name,good,bad"), "{}", csv.text);
    // Taken off by an administrator.
    stage.store.execute("UPDATE votes SET withdrawn_at = now() WHERE choice = 'down'").await;
    let board = visitor.fetch("/api/v1/leaderboard?kind=direct").await.expect(200).json();
    assert_eq!((board["votes"].as_u64(), board["models"][0]["bad"].as_u64()), (Some(2), Some(0)), "{board}");
}

#[tokio::test]
async fn the_version_changes_with_every_vote_and_stays_without_one() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let version = async |filter: &str| {
        let answer = visitor.fetch(&format!("/leaderboard/version?{filter}")).await.expect(200).json();
        answer["version"].as_i64().expect("a number")
    };
    let page = async || visitor.get("/leaderboard").await.expect(200);
    assert_eq!(version("").await, 0);
    let battle = begin(&visitor, "hello").await;
    read(&visitor, &battle).await;
    vote(&visitor, &battle, "a").await;
    let first = version("").await;
    assert!(first > 0);
    assert!(page().await.text.contains(&format!("data-version=\"{first}\"")));
    assert_eq!(version("kind=side_by_side").await, 0);
    described(&stage, 1).await;
    let coding = version("category=coding").await;
    let shown = visitor.get("/leaderboard?category=coding").await.expect(200);
    assert!(shown.text.contains(&format!("data-version=\"{coding}\"")), "the page and its version agree");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!((version("").await, version("category=coding").await), (first, coding));
}

#[tokio::test]
async fn a_board_without_ratings_says_that_there_is_no_interval_to_check() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "why?").await;
    read(&visitor, &battle).await;
    // Whoever has won all has no finite rating.
    vote(&visitor, &battle, "a").await;
    let page = visitor.get("/leaderboard?intervals=bootstrap").await.expect(200);
    assert!(page.words().contains("there is no interval to check"), "{}", page.words());
    assert!(!page.words().contains("Standard error, bootstrap"), "{}", page.words());
}
