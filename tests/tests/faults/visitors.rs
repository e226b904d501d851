//! Visitors who begin battles and vote over the API, and remember what was acknowledged.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arena_tests::harness::{Behaviour, Client, Endpoint, NewModel, Store};
use serde_json::{Value, json};

/// Two models that answer at once.
pub async fn register(store: &Store) -> Endpoint {
    let endpoint = Endpoint::start();
    let base_url = endpoint.base_url();
    for (slug, answer) in [("left", "A short answer."), ("right", "Another answer.")] {
        endpoint.model(slug, Behaviour::says(&[answer]));
        let model = NewModel {
            slug,
            name: slug,
            base_url: &base_url,
            remote_model: slug,
            weight: 1.0,
            first_token_seconds: 10.0,
            between_tokens_seconds: 10.0,
        };
        store.add_model(&model).await;
    }
    endpoint
}

/// What happened so far. Clones share it.
#[derive(Clone, Default)]
pub struct Tally {
    /// Votes that were acknowledged, by battle.
    pub voted: Arc<Mutex<BTreeMap<String, String>>>,
    pub failed: Arc<AtomicU64>,
    /// Why battles failed, and how often.
    why: Arc<Mutex<BTreeMap<String, u64>>>,
    pub longest_gap_ms: Arc<AtomicU64>,
    pub is_over: Arc<AtomicBool>,
}

impl Tally {
    pub fn votes(&self) -> BTreeMap<String, String> {
        self.voted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Plays battles until it is over. The address may change while it does.
pub async fn play(address: Arc<RwLock<SocketAddr>>, tally: Tally, number: usize) {
    let mut last = Instant::now();
    for round in 0.. {
        if tally.is_over.load(Ordering::Relaxed) {
            return;
        }
        let at = *address.read().unwrap_or_else(PoisonError::into_inner);
        let choice = ["a", "b", "tie", "both_bad"][(number + round) % 4];
        match battle(at, choice).await {
            Ok(id) => {
                tally.voted.lock().unwrap_or_else(PoisonError::into_inner).insert(id, choice.to_owned());
                tally.longest_gap_ms.fetch_max(last.elapsed().as_millis() as u64, Ordering::Relaxed);
                last = Instant::now();
            }
            Err(why) => {
                tally.failed.fetch_add(1, Ordering::Relaxed);
                *tally.why.lock().unwrap_or_else(PoisonError::into_inner).entry(why).or_default() += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A battle with its vote; its id when the vote was acknowledged, else why not.
async fn battle(address: SocketAddr, choice: &str) -> Result<String, String> {
    let (visitor, id) = begin(address).await?;
    let path = format!("/api/v1/battles/{id}");
    let is_over = async || {
        let state = good("read", call(&visitor, "GET", &path, None).await)?;
        Ok::<_, String>(state["running"] == false)
    };
    let began = Instant::now();
    while !is_over().await? {
        if began.elapsed() > Duration::from_secs(30) {
            return Err("read: still running".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let vote = json!({ "choice": choice });
    good("vote", call(&visitor, "POST", &format!("{path}/vote"), Some(&vote)).await)?;
    Ok(id)
}

/// The JSON of an answer that says yes, else what it says.
fn good(what: &str, answer: Option<(u16, Value)>) -> Result<Value, String> {
    match answer {
        None => Err(format!("{what}: no answer")),
        Some((200..300, value)) => Ok(value),
        Some((status, value)) => Err(format!("{what}: {status} {}", value["error"]["code"].as_str().unwrap_or("?"))),
    }
}

/// A visitor of the API.
pub async fn new_visitor(address: SocketAddr) -> Option<Client> {
    let visitor = Client::new(address);
    let (_, made) = call(&visitor, "POST", "/api/v1/visitors", None).await?;
    Some(visitor.header("authorization", &format!("Bearer {}", made["visitor"].as_str()?)))
}

/// The status and the JSON of an answer; nothing where none came.
pub async fn call(visitor: &Client, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    let mut request = visitor.request(method, path).header("accept", "application/json");
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    // Some answers have no body.
    Some((status, response.json().await.unwrap_or(Value::Null)))
}

/// Streams that were read to their ends, and how often a reader had to connect again.
#[derive(Clone, Default)]
pub struct Readings {
    whole: Arc<AtomicU64>,
    reconnects: Arc<AtomicU64>,
    unfinished: Arc<AtomicU64>,
}

impl Readings {
    pub fn tell(&self) {
        let [whole, reconnects, unfinished] =
            [&self.whole, &self.reconnects, &self.unfinished].map(|count| count.load(Ordering::Relaxed));
        println!("{whole} streams read to the end with {reconnects} reconnections, {unfinished} not within a minute");
        assert!(whole > 0 && unfinished == 0);
    }
}

/// Begins battles and reads their streams, going on after each cut, until it is over.
pub async fn read_streams(address: SocketAddr, is_over: Arc<AtomicBool>, readings: Readings) {
    while !is_over.load(Ordering::Relaxed) {
        if let Ok((visitor, id)) = begin(address).await {
            let read = tokio::time::timeout(Duration::from_secs(60), read(&visitor, &id, &readings)).await;
            let count = if read.is_ok() { &readings.whole } else { &readings.unfinished };
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn begin(address: SocketAddr) -> Result<(Client, String), String> {
    let visitor = new_visitor(address).await.ok_or("visit: no answer")?;
    let body = json!({ "kind": "battle", "prompt": "hello" });
    let begun = good("begin", call(&visitor, "POST", "/api/v1/battles", Some(&body)).await)?;
    let id = begun["id"].as_str().ok_or("begin: no id")?.to_owned();
    Ok((visitor, id))
}

async fn read(visitor: &Client, id: &str, readings: &Readings) {
    let mut last: Option<String> = None;
    loop {
        let mut request =
            visitor.request("GET", &format!("/api/v1/battles/{id}/stream")).header("accept", "text/event-stream");
        if let Some(last) = &last {
            request = request.header("last-event-id", last.as_str());
        }
        if let Ok(mut response) = request.send().await {
            let mut text = String::new();
            while let Ok(Some(piece)) = response.chunk().await {
                text.push_str(&String::from_utf8_lossy(&piece));
                if text.contains("event: ended") {
                    return;
                }
            }
            last = text.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().map(str::to_owned).or(last);
        }
        readings.reconnects.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Holds what was acknowledged against what is stored: nothing lost, nothing doubled, and the tables agree.
pub async fn assert_kept(store: &Store, tally: &Tally) {
    let stored = store.texts("SELECT battle_id::text || ' ' || choice FROM votes").await;
    let mut by_battle: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in &stored {
        let (battle, choice) = line.split_once(' ').expect("two words");
        by_battle.entry(battle).or_default().push(choice);
    }
    let acknowledged = tally.votes();
    let lost: Vec<_> =
        acknowledged.iter().filter(|(id, choice)| by_battle.get(id.as_str()) != Some(&vec![choice])).collect();
    let doubled = by_battle.values().filter(|choices| choices.len() > 1).count();
    println!(
        "{} votes acknowledged, {} stored, {} lost, {doubled} doubled, {} battles failed, longest wait of a visitor {} ms",
        acknowledged.len(),
        stored.len(),
        lost.len(),
        tally.failed.load(Ordering::Relaxed),
        tally.longest_gap_ms.load(Ordering::Relaxed),
    );
    println!("battles failed by reason: {:?}", tally.why.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(lost.is_empty() && doubled == 0, "lost: {lost:?}");
    assert!(!acknowledged.is_empty(), "nothing was tried");
}
