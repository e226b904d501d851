//! Visitors who start, cut off, reload, stop, retry, go on, vote twice at once and delete, all at random.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Behaviour, Client, Options, eventually_async};
use serde_json::{Value, json};

use crate::visitors::{Tally, assert_kept, call, new_visitor, register};
use crate::{length, next};

/// How often what was done, and answers that are a fault of ours.
#[derive(Clone, Default)]
struct Storm {
    done: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    faults: Arc<Mutex<Vec<String>>>,
    tally: Tally,
}

impl Storm {
    async fn call(
        &self,
        visitor: &Client,
        what: &'static str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
        let Some((status, answer)) = call(visitor, method, path, body).await else { return Value::Null };
        if status >= 500 && status != 503 {
            self.faults
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(format!("{status} {method} {path}: {answer}"));
        }
        if status < 300 { answer } else { Value::Null }
    }

    /// Reads a stream for a while, cuts it, and reads on from there.
    async fn read(&self, visitor: &Client, path: &str, seed: &mut u64) {
        let mut last = None;
        for _ in 0..=next(seed) % 3 {
            *self.done.lock().unwrap_or_else(PoisonError::into_inner).entry("stream").or_default() += 1;
            let mut stream = visitor.stream(&format!("{path}/stream"), last.as_deref()).await;
            for _ in 0..next(seed) % 12 {
                match stream.next_within(Duration::from_secs(20)).await {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => {
                        let what = format!("{path}/stream says nothing for 20 s");
                        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(what);
                        return;
                    }
                }
            }
            last = stream.last_id().map(str::to_owned);
        }
    }

    async fn visit(self, address: SocketAddr, number: u64) {
        let mut seed = number;
        while !self.tally.is_over.load(Ordering::Relaxed) {
            let Some(visitor) = new_visitor(address).await else { continue };
            let begin = json!({ "kind": "battle", "prompt": "hello" });
            let begun = self.call(&visitor, "start", "POST", "/api/v1/battles", Some(&begin)).await;
            let Some(id) = begun["id"].as_str().map(str::to_owned) else { continue };
            let path = format!("/api/v1/battles/{id}");
            for _ in 0..2 + next(&mut seed) % 8 {
                match next(&mut seed) % 8 {
                    0 | 1 => self.read(&visitor, &path, &mut seed).await,
                    2 => drop(self.call(&visitor, "stop", "POST", &format!("{path}/stop"), None).await),
                    3 => {
                        let side = ["a", "b"][next(&mut seed) as usize % 2];
                        let side = json!({ "side": side });
                        self.call(&visitor, "retry", "POST", &format!("{path}/retry"), Some(&side)).await;
                    }
                    4 => {
                        let message = json!({ "prompt": "and then?" });
                        self.call(&visitor, "message", "POST", &format!("{path}/messages"), Some(&message)).await;
                    }
                    5 => drop(self.call(&visitor, "reload", "GET", &path, None).await),
                    6 => self.vote(&visitor, &path, &id).await,
                    _ => tokio::time::sleep(Duration::from_millis(next(&mut seed) % 200)).await,
                }
            }
            if next(&mut seed).is_multiple_of(5) {
                self.call(&visitor, "delete", "DELETE", &path, None).await;
            }
        }
    }

    /// Two votes at once that disagree: both are told of the same one.
    async fn vote(&self, visitor: &Client, path: &str, id: &str) {
        let path = format!("{path}/vote");
        let vote = async |choice| {
            self.call(visitor, "vote", "POST", &path, Some(&json!({ "choice": choice }))).await["choice"]
                .as_str()
                .map(str::to_owned)
        };
        let (one, other) = tokio::join!(vote("a"), vote("tie"));
        if let (Some(one), Some(other)) = (&one, &other)
            && one != other
        {
            let what = format!("{id}: one was told {one}, the other {other}");
            self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        }
        if let Some(choice) = one.or(other) {
            self.tally.voted.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), choice);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a campaign of a minute and more"]
async fn a_storm_of_cuts_stops_retries_and_votes_leaves_nothing_running_and_no_vote_lost() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let store = arena.store().await;
    let endpoint = register(&store).await;
    endpoint.model("left", Behaviour::counts(40, Duration::from_millis(20)));
    let storm = Storm::default();
    let visitors: Vec<_> = (0..24).map(|n| tokio::spawn(storm.clone().visit(arena.address(), n))).collect();
    let began = Instant::now();
    tokio::time::sleep(length()).await;
    storm.tally.is_over.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.expect("a visitor ends");
    }
    println!("in {:?}: {:?}", began.elapsed(), storm.done.lock().unwrap_or_else(PoisonError::into_inner));
    assert_kept(&store, &storm.tally).await;
    let running = "SELECT count(*) FROM replies WHERE status IN ('waiting', 'streaming')";
    eventually_async("all answers end", async || (store.count(running).await == 0).then_some(())).await;
    let idle = async || arena.visitor().fetch("/metrics").await.text.contains("arena_streams_running 0").then_some(());
    eventually_async("no stream runs", idle).await;
    let faults = storm.faults.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(faults.is_empty(), "{faults:#?}");
}
