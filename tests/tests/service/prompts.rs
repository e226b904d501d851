//! Sets of prompts: administrators keep them, models answer in advance, visitors vote at once.

use arena_tests::harness::eventually_async;

use crate::judge::upload;
use crate::stage::{NAMES, Stage, administrator, vote};

const FILE: &str =
    "{\"prompt\": \"What is dew?\", \"category\": \"nature\"}\n{\"prompt\": \"什么是露水？\", \"tags\": [\"自然\"]}\n";

#[tokio::test]
async fn a_set_is_imported_prepared_judged_and_deleted() {
    let stage = Stage::quick().await;
    let admin = administrator(&stage.arena).await;
    let page = admin.get("/admin/prompts").await.expect(200);
    assert!(page.words().contains("There are no sets yet"), "{}", page.words());
    let form = page.form("to add a set", |form| form.action == "/admin/prompts");
    let page = admin.submit(&form.with("name", "Nature"), None).await.expect(200);
    let path = page.path.clone();
    assert!(path.starts_with("/admin/prompts/"), "{path}");
    let twice = admin.get("/admin/prompts").await.expect(200);
    let form = twice.form("to add a set", |form| form.action == "/admin/prompts").with("name", "Nature ");
    let refused = admin.submit(&form, None).await.expect(422);
    assert!(refused.words().contains("already a set called “Nature”"), "{}", refused.words());

    // A bad file is refused with the place, and nothing of it is kept.
    let import = format!("{path}/file");
    let refused = upload(&admin, &path, &import, "p.jsonl", format!("{FILE}{{oops}}")).await.expect(422);
    assert!(refused.words().contains("cannot be read at 3"), "{}", refused.words());
    assert_eq!(stage.store.count("SELECT count(*) FROM set_prompts").await, 0);
    let told = async || {
        let sent = upload(&admin, &path, &import, "p.jsonl", FILE.to_owned()).await.expect(303);
        admin.get(sent.header("location").expect("where it is told")).await.expect(200)
    };
    let page = told().await;
    assert!(page.words().contains("Added 2 prompts."), "{}", page.words());
    let page = told().await;
    assert!(page.words().contains("No new prompts. 2 were in the set already."), "{}", page.words());

    // Visitors are offered them at once, by theme and at random, in their language first.
    let visitor = stage.arena.visitor();
    let page = visitor.get("/battle").await.expect(200);
    for text in ["What is dew?", "什么是露水？", "nature", "自然", "Random prompt"] {
        assert!(page.words().contains(text), "{text}: {}", page.words());
    }
    assert!(!page.words().contains("Vote right away"), "nothing is ready yet");
    let random = visitor.get("/battle/random-prompt?theme=%E8%87%AA%E7%84%B6").await.expect(200);
    assert_eq!(random.text, "什么是露水？");
    visitor.get("/battle/random-prompt?theme=none").await.expect(404);
    let page = visitor.get("/battle?random=yes&theme=nature").await.expect(200);
    assert_eq!(page.form("to begin a battle", |form| form.has("prompt")).value("prompt"), Some("What is dew?"));

    // Models answer in the background.
    let page = admin.get(&path).await.expect(200);
    let form = page.form("of the switches", |form| form.action == path).with("prepared", "yes").with("offered", "yes");
    admin.submit(&form, None).await.expect(200);
    let ready = eventually_async("answers of both models", || async {
        let page = visitor.get("/battle").await.expect(200);
        page.words().contains("2 prompts have answers ready").then_some(page)
    })
    .await;
    let page = admin.get(&path).await.expect(200);
    assert!(page.words().contains("4 of 4"), "{}", page.words());

    // Both answers are there with the page, nameless, and the vote is taken.
    let form = ready.form("for a ready pair", |form| form.action == "/battle/prepared");
    let page = visitor.submit(&form, None).await.expect(200);
    let words = page.words();
    for text in ["The quick answer.", "Another answer.", "Prompt from “Nature”.", "generated in advance"] {
        assert!(words.contains(text), "{text}: {words}");
    }
    assert!(NAMES.iter().all(|name| !words.contains(name)), "{words}");
    let battle = page.path.clone();
    vote(&visitor, &battle, "a").await;
    let next = visitor.get(&battle).await.expect(200).form("the next pair", |form| form.action == "/battle/prepared");
    let page = visitor.submit(&next, None).await.expect(200);
    assert_ne!(page.path, battle);
    let counted = "SELECT count(*) FROM votes JOIN battles ON battles.id = votes.battle_id
        WHERE votes.exclusion_reason IS NULL AND battles.is_prepared AND battles.prompt_set = 'Nature'";
    assert_eq!(stage.store.count(counted).await, 1);
    let none_left = visitor.submit(&next, None).await.expect(409);
    assert!(none_left.words().contains("no pair of ready answers left"), "{}", none_left.words());
    assert!(none_left.text.contains("data-composer"), "the page to write one's own");

    // The download is what the import takes; removed prompts are gone, battles stay.
    let file = admin.get(&format!("{path}/prompts.jsonl")).await.expect(200);
    assert_eq!(file.text.lines().count(), 2, "{}", file.text);
    // Clones of a client are one client: what is said of the language holds until it is taken back.
    let words = admin.clone().header("accept-language", "zh").get(&path).await.expect(200).words();
    assert!(words.contains("预先生成回答") && words.contains("4/4"), "{words}");
    let admin = admin.header("accept-language", "");
    let page = admin.get(&path).await.expect(200);
    let form = page.form("to delete the set", |form| form.action.ends_with("/delete"));
    let page = admin.submit(&form, None).await.expect(200);
    assert!(page.words().contains("There are no sets yet"), "{}", page.words());
    assert_eq!(stage.store.count("SELECT count(*) FROM battles WHERE prompt_set = 'Nature'").await, 2);
    let refused = stage.arena.visitor().fetch("/admin/prompts").await;
    assert!(matches!(refused.status, 303 | 401 | 403), "{}", refused.status);
}
