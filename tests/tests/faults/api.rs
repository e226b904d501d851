//! Requests that nobody means: whatever comes, the arena answers, and never with a fault of its own.

use std::collections::BTreeMap;
use std::time::Instant;

use arena_tests::harness::{Arena, Options};

use crate::visitors::register;
use crate::{length, next};

const PATHS: &[&str] = &[
    "/api/v1/battles",
    "/api/v1/battles/x/vote",
    "/api/v1/visitors",
    "/api/v1/models",
    "/api/v1/leaderboard",
    "/battle",
    "/models/",
    "/history",
    "/admin/sign-in",
    "/admin/models",
    "/leaderboard",
    "/compare?a=",
    "/factors?base=",
    "/reasons",
    "/language",
    "/health",
    "/static/",
    "/battle/0190d9c4-0000-7000-8000-000000000000",
    "/api/v1/admin/votes",
    "/api/v1/admin/models",
];
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "1e999",
    "-0",
    "\"kind\"",
    "\"battle\"",
    "\"prompt\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"choice\"",
    "\"a\"",
    "\u{0}",
    "\u{202e}",
    "诗",
    "%00",
    "%ff",
    "..%2f",
    "?",
    "&",
    "=",
    "cursor=",
    "page=-1",
    "language=",
    "99999999999999999999",
    "'",
    "--",
    ";",
    "<script>",
];

fn random(seed: &mut u64, most: u64) -> String {
    (0..next(seed) % most).map(|_| PIECES[next(seed) as usize % PIECES.len()]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a campaign of a minute and more"]
async fn no_request_is_answered_with_a_fault_of_ours() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let _endpoint = register(&arena.store().await).await;
    let visitor = arena.visitor();
    let made = visitor.call("POST", "/api/v1/visitors", None).await.expect(201).json();
    let visitor = visitor.header("authorization", &format!("Bearer {}", made["visitor"].as_str().expect("a token")));
    let (began, mut seed, mut counts) = (Instant::now(), 7, BTreeMap::<u16, u64>::new());
    let mut faults = Vec::new();
    while began.elapsed() < length() {
        let method = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"][next(&mut seed) as usize % 6];
        let mut path = PATHS[next(&mut seed) as usize % PATHS.len()].to_owned();
        path.extend(random(&mut seed, 4).chars().filter(|c| c.is_ascii_graphic() && !"\"<>{}^`|\\".contains(*c)));
        let form = next(&mut seed).is_multiple_of(3);
        let body = random(&mut seed, 12);
        let kind = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let request = visitor.request(method, &path).header("content-type", kind).body(body.clone());
        let Ok(response) = request.send().await else { continue };
        let status = response.status().as_u16();
        *counts.entry(status).or_default() += 1;
        if status >= 500 && status != 503 {
            faults.push(format!("{status} {method} {path} {body:?}"));
        }
    }
    println!("{} requests in {:?}, by status: {counts:?}", counts.values().sum::<u64>(), began.elapsed());
    assert!(faults.is_empty(), "{faults:#?}");
    visitor.get("/leaderboard").await.expect(200);
}
