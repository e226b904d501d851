//! What most tests begin with: an arena, an endpoint with two models, and a visitor's moves.

use std::collections::BTreeMap;
use std::time::Duration;

use arena_tests::harness::{Arena, Behaviour, Client, Endpoint, EventStream, NewModel, Options, Reply, Store};

/// Names that stand nowhere else, so that finding one in an answer means that it leaked.
pub const NAMES: [&str; 2] = ["Zanzibar Quokka 7b", "Ouagadougou Ibex 9b"];
pub const SLUGS: [&str; 2] = ["zanzibar-quokka", "ouagadougou-ibex"];
pub const REMOTE: [&str; 2] = ["remote-quokka", "remote-ibex"];

/// An arena with two models on one endpoint.
pub struct Stage {
    pub arena: Arena,
    pub endpoint: Endpoint,
    pub store: Store,
    pub ids: [uuid::Uuid; 2],
}

impl Stage {
    /// Two models that do this.
    pub async fn with(one: Behaviour, other: Behaviour) -> Self {
        Self::on(Options::bare(), one, other).await
    }

    /// The same, on an arena started so.
    pub async fn on(options: Options, one: Behaviour, other: Behaviour) -> Self {
        let arena = tokio::task::spawn_blocking(move || Arena::start(options)).await.expect("the arena starts");
        let endpoint = Endpoint::start();
        endpoint.model(REMOTE[0], one);
        endpoint.model(REMOTE[1], other);
        let store = arena.store().await;
        let mut ids = [uuid::Uuid::nil(); 2];
        for (at, id) in ids.iter_mut().enumerate() {
            *id = add(&store, &endpoint, at, 1.0).await;
        }
        Self { arena, endpoint, store, ids }
    }

    /// Two models that answer at once.
    pub async fn quick() -> Self {
        Self::with(Behaviour::says(&["The quick ", "answer."]), Behaviour::says(&["Another ", "answer."])).await
    }

    /// Words that would tell a model before the vote.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets: Vec<String> = NAMES.iter().chain(&SLUGS).chain(&REMOTE).map(|&name| name.to_owned()).collect();
        secrets.extend(self.ids.iter().map(ToString::to_string));
        secrets.push(self.endpoint.base_url());
        secrets.push(self.endpoint.base_url().trim_start_matches("http://").trim_end_matches("/v1").to_owned());
        secrets
    }
}

/// Registers one of the two.
pub async fn add(store: &Store, endpoint: &Endpoint, at: usize, weight: f64) -> uuid::Uuid {
    let base_url = endpoint.base_url();
    let model = NewModel {
        slug: SLUGS[at],
        name: NAMES[at],
        base_url: &base_url,
        remote_model: REMOTE[at],
        weight,
        first_token_seconds: 4.0,
        between_tokens_seconds: 3.0,
    };
    store.add_model(&model).await
}

/// A client of the first administrator, who signs in by the one-time link.
pub async fn administrator(arena: &Arena) -> Client {
    let (visitor, link) = (arena.visitor(), arena.admin_link());
    let page = visitor.get(link.trim_start_matches(&arena.url(""))).await.expect(200);
    let password = "correct horse battery";
    let form = page.form("to become administrator", |form| form.has("again"));
    let form = form.with("name", "ada").with("password", password).with("again", password);
    visitor.submit(&form, None).await.expect(200);
    visitor
}

/// Writes the first message; gives the battle's path.
pub async fn begin(visitor: &Client, prompt: &str) -> String {
    let page = visitor.get("/battle").await.expect(200);
    let form = page.form("to begin a battle", |form| form.has("prompt")).with("prompt", prompt);
    let page = visitor.submit(&form, None).await.expect(200);
    assert!(page.path.starts_with("/battle/"), "{}: {}", page.path, page.words());
    page.path.split('#').next().unwrap_or_default().to_owned()
}

/// Goes on with a battle.
pub async fn go_on(visitor: &Client, battle: &str, prompt: &str) -> Reply {
    let page = visitor.get(battle).await.expect(200);
    let form = page.form("to go on", |form| form.action.ends_with("/message")).with("prompt", prompt);
    visitor.submit(&form, None).await.expect(200)
}

/// What a reader of a stream has in the end.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Seen {
    /// Blocks of HTML by side, and how many elements of the last one are open.
    pub blocks: BTreeMap<String, (Vec<String>, u64)>,
    /// The last status by side.
    pub status: BTreeMap<String, serde_json::Value>,
    /// Whether the turn was closed.
    pub ended: bool,
}

impl Seen {
    /// Takes an event in.
    pub fn take(&mut self, event: &arena_tests::harness::Event) {
        match event.name.as_str() {
            "message" => {
                // Both sides of a step come together, and are looked at together.
                for (side, edit) in event.json().as_object().expect("edits of sides") {
                    let (blocks, open) = self.blocks.entry(side.clone()).or_default();
                    apply(blocks, open, edit);
                }
            }
            "status" => {
                let data = event.json();
                self.status.insert(data["side"].as_str().expect("a side").to_owned(), data);
            }
            "ended" => self.ended = true,
            other => panic!("unknown event {other}"),
        }
    }

    /// The HTML of a side.
    pub fn html(&self, side: &str) -> String {
        self.blocks.get(side).map(|(blocks, _)| blocks.concat()).unwrap_or_default()
    }

    /// The status of a side.
    pub fn status(&self, side: &str) -> &str {
        self.status.get(side).and_then(|data| data["status"].as_str()).unwrap_or("")
    }

    /// What is said of a side's trouble.
    pub fn message(&self, side: &str) -> &str {
        self.status.get(side).and_then(|data| data["message"].as_str()).unwrap_or("")
    }

    /// The sides with this status.
    pub fn sides_that_are(&self, status: &str) -> Vec<&str> {
        ["a", "b"].into_iter().filter(|side| self.status(side) == status).collect()
    }
}

/// Applies an edit as the page's script does.
fn apply(blocks: &mut Vec<String>, open: &mut u64, edit: &serde_json::Value) {
    if let Some(html) = edit.as_str() {
        let last = blocks.last_mut().expect("a block to insert into");
        let tail = (0..*open).fold(last.len(), |at, _| last[..at].rfind("</").expect("an open element"));
        last.insert_str(tail, html);
        return;
    }
    let from = usize::try_from(edit["from"].as_u64().expect("a place")).expect("a place");
    assert!(from <= blocks.len(), "a gap in the stream");
    let mut kept = String::new();
    if let Some(cut) = edit["cut"].as_u64() {
        let units: Vec<u16> = blocks[from].encode_utf16().collect();
        let stays = units.len() - usize::try_from(cut).expect("a length");
        kept = String::from_utf16(&units[..stays]).expect("whole characters");
    }
    blocks.truncate(from);
    let new = edit["blocks"].as_array().expect("blocks").iter().map(|html| html.as_str().expect("HTML"));
    blocks.extend(new.enumerate().map(|(at, html)| if at == 0 { format!("{kept}{html}") } else { html.to_owned() }));
    *open = edit["open"].as_u64().expect("a number of elements");
}

/// Reads a battle's newest turn to its end.
pub async fn read(visitor: &Client, battle: &str) -> Seen {
    let mut stream = visitor.stream(&format!("{battle}/stream"), None).await;
    assert_eq!(stream.status, 200);
    let mut seen = Seen::default();
    read_on(&mut stream, &mut seen).await;
    assert!(seen.ended, "the stream broke off: {seen:?}");
    seen
}

/// Reads a stream to its end.
pub async fn read_on(stream: &mut EventStream, seen: &mut Seen) {
    while let Some(event) = stream.next().await {
        seen.take(&event);
    }
}

/// Votes by the form of the page.
pub async fn vote(visitor: &Client, battle: &str, choice: &str) -> Reply {
    let page = visitor.get(battle).await.expect(200);
    let form = page.form("to vote", |form| form.action.ends_with("/vote"));
    visitor.submit(&form, Some(("choice", choice))).await.expect(200)
}

/// Asks a failed side again by the form of the page.
pub async fn retry_reply(visitor: &Client, battle: &str, side: &str) -> Reply {
    let page = visitor.get(battle).await.expect(200);
    let form = page.form("to ask again", |form| {
        form.action.ends_with("/retry") && form.buttons.iter().any(|(_, value)| value == side)
    });
    visitor.submit(&form, Some(("side", side))).await.expect(200)
}

/// A slow counter: words enough to cut into.
pub fn slow() -> Behaviour {
    Behaviour::counts(60, Duration::from_millis(60))
}
