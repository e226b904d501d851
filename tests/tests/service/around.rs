//! Around a battle: the message is written anew, answers are asked for again, talk goes on after the reveal, and one's own votes.

use arena_tests::harness::{Behaviour, Client, Form, Reply};

use crate::stage::{NAMES, SLUGS, Stage, begin, go_on, read, vote};

/// Sends the form that goes to this part of a battle's address.
async fn send(
    visitor: &Client,
    battle: &str,
    part: &str,
    fields: &[(&str, &str)],
    button: Option<(&str, &str)>,
) -> Reply {
    let page = visitor.get(battle).await.expect(200);
    let mut form: Form = page.form(part, |form| form.action.ends_with(part));
    for (name, value) in fields {
        form = form.with(name, *value);
    }
    visitor.submit(&form, button).await
}

fn offers(page: &Reply, part: &str) -> bool {
    Form::all(&page.text).iter().any(|form| form.action.ends_with(part))
}

/// The last message of each request that the endpoint got.
fn asked(stage: &Stage) -> Vec<String> {
    let last = |request: serde_json::Value| {
        let messages = request["messages"].as_array().cloned().unwrap_or_default();
        messages.last().and_then(|message| message["content"].as_str()).unwrap_or_default().to_owned()
    };
    stage.endpoint.requests().into_iter().map(last).collect()
}

#[tokio::test]
async fn the_last_message_is_edited_before_the_vote_and_both_sides_answer_the_new_one() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Write a pome").await;
    read(&visitor, &battle).await;
    send(&visitor, &battle, "/edit", &[("prompt", "Write a poem\n  with indents")], None).await.expect(200);
    read(&visitor, &battle).await;
    let page = visitor.get(&battle).await.expect(200);
    assert!(page.text.contains("Write a poem\n  with indents") && !page.words().contains("Write a pome"));
    assert!(page.words().contains("edited"), "{}", page.words());
    let asked_now = asked(&stage);
    assert_eq!(asked_now.iter().filter(|text| *text == "Write a poem\n  with indents").count(), 2, "{asked_now:?}");
    // What is empty is refused, and what was typed comes back.
    let refused = send(&visitor, &battle, "/edit", &[("prompt", &"x".repeat(30_001))], None).await.expect(422);
    assert!(refused.text.contains(&"x".repeat(30_001)), "the long message is lost");
    // The vote counts as usual, and then the message stays.
    let voted = vote(&visitor, &battle, "a").await;
    assert!(!offers(&voted, "/edit"), "what was voted on can be edited");
    let page = visitor.get(&battle).await;
    let token = page.form("any", |form| form.has("csrf")).fields[0].1.clone();
    let fields = [("csrf".to_owned(), token), ("prompt".to_owned(), "Another".to_owned())];
    visitor.post(&format!("{battle}/edit"), &fields).await.expect(409);
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE exclusion_reason IS NULL").await, 1);
    assert_eq!(stage.store.count("SELECT edits::bigint FROM turns").await, 1);
}

#[tokio::test]
async fn both_sides_of_a_blind_battle_answer_again_in_a_named_way_and_the_vote_counts() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "为什么天是蓝的？").await;
    read(&visitor, &battle).await;
    send(&visitor, &battle, "/regenerate", &[], Some(("mode", "concise"))).await.expect(200);
    read(&visitor, &battle).await;
    let asked_now = asked(&stage);
    let concise = asked_now.iter().filter(|text| text.contains("请回答得更简洁")).count();
    assert_eq!(concise, 2, "both are told alike, in the language of the message: {asked_now:?}");
    let page = visitor.get(&battle).await.expect(200);
    assert_eq!(
        page.words().matches("More concise").count(),
        3,
        "once at each answer, once to choose: {}",
        page.words()
    );
    // One side alone is not to be had, whatever is sent.
    let form = page.form("to regenerate", |form| form.action.ends_with("/regenerate")).with("side", "a");
    let refused = visitor.submit(&form, Some(("mode", "again"))).await.expect(409);
    assert!(refused.words().contains("both sides answer again"), "{}", refused.words());
    let markdown = visitor.get(&format!("{battle}/conversation.md")).await.text;
    assert_eq!(markdown.matches(" · More concise").count(), 2, "{markdown}");
    vote(&visitor, &battle, "b").await;
    assert_eq!(stage.store.count("SELECT count(*) FROM votes WHERE exclusion_reason IS NULL").await, 1);
}

#[tokio::test]
async fn one_side_of_a_comparison_answers_again_and_the_vote_is_kept_without_counting() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let page = visitor.get("/side-by-side").await.expect(200);
    let form = page.form("to compare", |form| form.has("model_a"));
    let form = form.with("model_a", SLUGS[0]).with("model_b", SLUGS[1]).with("prompt", "Compare");
    let battle = visitor.submit(&form, None).await.expect(200).path;
    let battle = battle.split('#').next().unwrap_or_default();
    read(&visitor, battle).await;
    send(&visitor, battle, "/regenerate", &[("side", "b")], Some(("mode", "again"))).await.expect(200);
    read(&visitor, battle).await;
    let page = visitor.get(battle).await.expect(200);
    assert!(page.words().contains("One side alone was asked again"), "{}", page.words());
    vote(&visitor, battle, "b").await;
    let why = stage.store.texts("SELECT exclusion_reason FROM votes").await;
    assert_eq!(why, ["regenerated"]);
    assert_eq!(stage.store.count("SELECT count(*) FROM replies WHERE mode = 'again' AND side = 'b'").await, 1);
}

#[tokio::test]
async fn after_the_reveal_the_talk_goes_on_and_counts_nowhere() {
    let stage = Stage::with(
        Behaviour::says(&["The ", "first."]),
        // Whoever names itself after the vote gives nothing away any more.
        Behaviour::says(&["I am Mixtral, ", "made by Mistral AI."]),
    )
    .await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "Hello").await;
    read(&visitor, &battle).await;
    let page = vote(&visitor, &battle, "tie").await;
    assert!(page.words().contains("It no longer counts"), "{}", page.words());
    go_on(&visitor, &battle, "And now?").await;
    read(&visitor, &battle).await;
    let page = visitor.get(&battle).await.expect(200);
    let words = page.words();
    assert!(words.contains("nothing below counts") && words.contains("And now?"), "{words}");
    assert!(words.contains(NAMES[0]) && words.contains(NAMES[1]));
    assert!(!offers(&page, "/vote"), "it can be voted on again");
    // What follows the vote may be edited and regenerated, what was judged not.
    assert!(offers(&page, "/edit") && offers(&page, "/regenerate"));
    send(&visitor, &battle, "/regenerate", &[("side", "a")], Some(("mode", "detailed"))).await.expect(200);
    read(&visitor, &battle).await;
    assert_eq!(stage.store.count("SELECT turns::bigint FROM votes").await, 1, "the vote judged the first turn");
    assert_eq!(stage.store.count("SELECT count(*) FROM replies WHERE turn = 1").await, 2);
    let state = visitor.fetch(&format!("/api/v1{}", battle.replace("/battle/", "/battles/"))).await.expect(200).json();
    assert_eq!((&state["turns"][0]["after_vote"], &state["turns"][1]["after_vote"]), (&false.into(), &true.into()));
    assert_eq!(state["turns"][1]["replies"][0]["mode"], "detailed");
}

#[tokio::test]
async fn the_same_prompt_goes_to_a_new_pair_by_one_button() {
    let stage = Stage::quick().await;
    let visitor = stage.arena.visitor();
    let battle = begin(&visitor, "  The same\n\nagain, as typed").await;
    read(&visitor, &battle).await;
    let page = vote(&visitor, &battle, "a").await;
    let form = page.form("for a new pair", |form| form.action == "/battle");
    let next = visitor.submit(&form, None).await.expect(200);
    assert!(next.path.starts_with("/battle/") && !next.path.contains(battle.trim_start_matches("/battle/")));
    let prompts = stage.store.texts("SELECT prompt FROM turns ORDER BY created_at").await;
    assert_eq!(prompts[0], prompts[1]);
    assert_eq!(prompts[0], "  The same\n\nagain, as typed");
}

#[tokio::test]
async fn one_s_own_votes_make_a_ranking_and_the_history_is_searched_without_telling_hidden_names() {
    let stage = Stage::quick().await;
    stage.store.execute("UPDATE models SET parameters = CASE WHEN slug = 'zanzibar-quokka' THEN 7 ELSE 9 END").await;
    let visitor = stage.arena.visitor();
    let empty = visitor.get("/history/votes").await.expect(200);
    assert!(empty.words().contains("You have not voted in a blind battle yet"), "{}", empty.words());
    for (prompt, wins) in [("spring 100%", true), ("summer", true), ("autumn_x", false)] {
        let battle = begin(&visitor, prompt).await;
        read(&visitor, &battle).await;
        let small_left = stage
            .store
            .texts(
                "SELECT slug FROM battles JOIN models ON models.id = model_a ORDER BY battles.created_at DESC LIMIT 1",
            )
            .await[0]
            == SLUGS[0];
        vote(&visitor, &battle, if small_left == wins { "a" } else { "b" }).await;
    }
    let mine = visitor.get("/history/votes").await.expect(200);
    let words = mine.words();
    assert!(words.contains("From 3 blind votes") && words.contains("2 – 0 – 1"), "{words}");
    assert!(words.contains("smaller model in 2 of 3 battles"), "{words}");
    let (_, ranking) = words.split_once("My ranking").expect("a ranking");
    assert!(ranking.find(NAMES[0]) < ranking.find(NAMES[1]), "the one that won most stands first: {ranking}");
    assert!(words.contains("67% (4–99%)"), "{words}");
    // Another browser has none of it.
    assert!(stage.arena.visitor().get("/history/votes").await.words().contains("You have not voted"));
    // The history: words as they are, kinds, votes.
    let hidden = begin(&visitor, "winter").await;
    read(&visitor, &hidden).await;
    let found = async |query: &str| {
        let words = visitor.get(&format!("/history?{query}")).await.expect(200).words();
        ["spring 100%", "summer", "autumn_x", "winter"].map(|prompt| words.contains(prompt))
    };
    assert_eq!(found("").await, [true; 4]);
    assert_eq!(found("q=SUMMER").await, [false, true, false, false]);
    assert_eq!(found("q=0%25").await, [true, false, false, false], "a percent sign stands for itself");
    assert_eq!(found("q=n_x").await, [false, false, true, false]);
    assert_eq!(found("voted=no").await, [false, false, false, true]);
    assert_eq!(found("kind=direct").await, [false; 4]);
    // The model of a battle that was not voted on is not told by a filter either.
    for slug in SLUGS {
        assert_eq!(found(&format!("model={slug}")).await, [true, true, true, false], "{slug}");
    }
    let nothing = visitor.get("/history?q=nowhere").await.words();
    assert!(nothing.contains("No battle of yours matches"), "{nothing}");
}
