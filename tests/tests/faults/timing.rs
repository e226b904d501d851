//! Whether what a reader sees of two answers' timing tells which of the models is the faster one, over HTTP.
//!
//! `cargo test --workspace --test faults timing -- --ignored --nocapture`

use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Behaviour, Client, Endpoint, NewModel, Options};
use futures_util::StreamExt;
use serde_json::json;

/// What tells the truth afterwards, and what no classifier here reads: the words of the fast and of the slow endpoint.
const WORDS: [&str; 2] = ["amber ", "birch "];
/// Pieces a second.
const SPEEDS: [u64; 2] = [50, 8];
/// Pieces of an answer; both endpoints answer at each length, so that lengths tell nothing.
const LENGTHS: [usize; 6] = [10, 20, 35, 50, 70, 100];
const BATTLES: usize = 320;
const AT_ONCE: usize = 40;

/// One side of a battle, as its reader saw it.
#[derive(Default)]
struct Seen {
    text: String,
    /// When text came, and how many characters.
    events: Vec<(f64, usize)>,
}

/// What can be measured of a side beside the other one.
fn features(own: &Seen, other: &Seen) -> [f64; 12] {
    let last = |seen: &Seen| seen.events.last().map_or(0.0, |event| event.0);
    let first = |seen: &Seen| seen.events.first().map_or(0.0, |event| event.0);
    let chars = own.events.iter().map(|event| event.1 as f64);
    let total: f64 = chars.clone().sum();
    let after: Vec<_> = own.events.iter().filter(|event| event.0 > last(other)).collect();
    let gaps: Vec<f64> = own.events.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let count = (gaps.len() as f64).max(1.0);
    let mean = gaps.iter().sum::<f64>() / count;
    let spread = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
    let time = (last(own) - first(own)).max(1e-3);
    [
        first(own),
        last(own),
        time,
        own.events.len() as f64,
        total / own.events.len().max(1) as f64,
        total / time,
        chars.fold(0.0, f64::max),
        gaps.iter().copied().fold(0.0, f64::max),
        spread,
        after.len() as f64,
        after.iter().map(|event| event.1 as f64).sum(),
        own.events.last().map_or(0.0, |event| event.1 as f64),
    ]
}

async fn battle(arena: &Arena) -> [Seen; 2] {
    let visitor: Client = {
        let visitor = arena.visitor();
        let token = visitor.call("POST", "/api/v1/visitors", None).await.expect(201).json();
        arena.visitor().header("authorization", &format!("Bearer {}", token["visitor"].as_str().expect("a token")))
    };
    let start = json!({ "kind": "battle", "prompt": "Go on." });
    let begun = Instant::now();
    let battle = visitor.call("POST", "/api/v1/battles", Some(&start)).await.expect(201).json();
    let path = format!("/api/v1/battles/{}/stream", battle["id"].as_str().expect("an id"));
    let mut stream = visitor.stream(&path, None).await;
    let mut seen = [Seen::default(), Seen::default()];
    while let Some(event) = stream.next().await {
        if event.name == "text" {
            let (data, at) = (event.json(), begun.elapsed().as_secs_f64());
            let text = data["text"].as_str().expect("text");
            let side = &mut seen[usize::from(data["side"] == "b")];
            side.text.push_str(text);
            side.events.push((at, text.chars().count()));
        }
    }
    seen
}

/// How often "the side with more of this is the fast one", or its opposite, is right.
fn share(battles: &[([f64; 12], bool)], feature: usize, more: bool) -> f64 {
    let right = battles.iter().map(|(difference, a_is_fast)| match difference[feature] {
        0.0 => 0.5,
        difference => f64::from(u8::from(((difference > 0.0) == more) == *a_is_fast)),
    });
    right.sum::<f64>() / battles.len() as f64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of some minutes"]
async fn timing_does_not_tell_which_model_is_faster() {
    let arena = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let (endpoint, store) = (Endpoint::start(), arena.store().await);
    for (word, speed) in WORDS.into_iter().zip(SPEEDS) {
        for length in LENGTHS {
            let slug = format!("{}-{length}", word.trim());
            let between = Duration::from_millis(1000 / speed);
            endpoint.model(&slug, Behaviour { between, ..Behaviour::says(&vec![word; length]) });
            let base_url = endpoint.base_url();
            let model = NewModel {
                slug: &slug,
                name: &slug,
                base_url: &base_url,
                remote_model: &slug,
                weight: 1.0,
                first_token_seconds: 60.0,
                between_tokens_seconds: 60.0,
            };
            store.add_model(&model).await;
        }
    }
    let all = futures_util::stream::iter((0..BATTLES).map(|_| battle(&arena))).buffer_unordered(AT_ONCE);
    let battles: Vec<([f64; 12], bool)> = all
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .filter_map(|[a, b]| {
            let is_fast = |seen: &Seen| seen.text.starts_with(WORDS[0]);
            let (one, other) = (features(&a, &b), features(&b, &a));
            let differences = std::array::from_fn(|at| one[at] - other[at]);
            (is_fast(&a) != is_fast(&b)).then(|| (differences, is_fast(&a)))
        })
        .collect();
    // The best of all rules on one half is tried on the other: what fits by chance alone does not hold there.
    let (known, unknown) = battles.split_at(battles.len() / 2);
    let rules = (0..12).flat_map(|feature| [(feature, true), (feature, false)]);
    let best = rules.max_by(|x, y| share(known, x.0, x.1).total_cmp(&share(known, y.0, y.1))).expect("rules");
    let (fitted, right) = (share(known, best.0, best.1), share(unknown, best.0, best.1));
    let error = (0.25 / unknown.len() as f64).sqrt();
    println!(
        "{} battles of a fast and a slow endpoint; the best of 24 rules on one half (number {}, {:.0} %) names the faster of \
         the other half in {:.0} % (a coin: 50 ± {:.0} %)",
        battles.len(),
        best.0,
        100.0 * fitted,
        100.0 * right,
        196.0 * error,
    );
    assert!(battles.len() > 100, "{} battles are too few", battles.len());
    assert!(right < 0.55 + 1.96 * error, "timing names the faster model");
}
