//! Model files and chat templates that were changed at random, looked at as before a registration. Ignored by default, for it
//! takes minutes:
//!
//! ```text
//! cargo test --workspace --test fuzz -- --ignored --nocapture --test-threads 1
//! ARENA_FAULT_SECONDS=300 …    each campaign takes so long; 60 by default
//! ```

#[path = "../../engine/tests/whole/variants.rs"]
mod variants;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arena_server::inference_server::Inspector;
use arena_server::inference_server::inspect::{Depth, InspectError, ModelFacts};
use mixtral_engine::formats::gguf::Value;
use variants::variant;

fn arena() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_arena"))
}

fn pupil() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/models/pupil-5m-q4_K.gguf")
}

fn length() -> Duration {
    let seconds = std::env::var("ARENA_FAULT_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

/// Numbers that only look random, so that a campaign may be run again.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

/// What came of the looks.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<&'static str, u64>,
    crashes: BTreeMap<String, u64>,
    slowest: Duration,
}

impl Tally {
    fn take(&mut self, found: &Result<ModelFacts, InspectError>, time: Duration) {
        let outcome = match found {
            Ok(_) => "accepted",
            Err(InspectError::Crashed(how)) => {
                *self.crashes.entry(how.to_string()).or_default() += 1;
                "its process ended"
            }
            Err(InspectError::Template(_)) => "template refused",
            Err(_) => "refused",
        };
        *self.outcomes.entry(outcome).or_default() += 1;
        self.slowest = self.slowest.max(time);
    }

    fn tell(&self, what: &str) {
        let looks: u64 = self.outcomes.values().sum();
        println!("{looks} {what}: {:?}; slowest look {:.1?}", self.outcomes, self.slowest);
        println!("ends of the process that looked: {:?}", self.crashes);
        assert!(looks > 0);
    }
}

/// Changes some bytes, most of them in the header: bits, numbers at their ends, pieces taken out, doubled or cut off.
fn spoil(bytes: &mut Vec<u8>, header: usize, seed: &mut u64) {
    for _ in 0..=next(seed) % 4 {
        let within = if next(seed).is_multiple_of(8) { bytes.len() } else { header.min(bytes.len()) };
        let at = next(seed) % within.max(1);
        match next(seed) % 7 {
            0 | 1 => bytes[at] ^= 1 << (next(seed) % 8),
            2 => bytes[at] = next(seed) as u8,
            3 => {
                let ends = [0, 1, u64::MAX, i64::MAX as u64, 1 << 32, 1 << 40, u64::from(u32::MAX)];
                let number = ends[next(seed) % ends.len()].to_le_bytes();
                let end = (at + 8).min(bytes.len());
                bytes[at..end].copy_from_slice(&number[..end - at]);
            }
            4 => {
                let end = (at + 1 + next(seed) % 64).min(bytes.len());
                bytes.drain(at..end);
            }
            5 => {
                let end = (at + 1 + next(seed) % 64).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ if next(seed).is_multiple_of(4) => bytes.truncate(at),
            _ => {}
        }
    }
}

#[test]
#[ignore = "a campaign of a minute and more"]
fn model_files_changed_at_random_take_nothing_down_but_the_process_that_looks() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(pupil()).unwrap();
    let header = whole.windows(10).rposition(|piece| piece == b"output_nor").unwrap_or(64 << 10) + 256;
    let path = folder.path().join("changed.gguf");
    let (inspector, mut tally, mut seed, began) = (Inspector::new(arena()), Tally::default(), 1, Instant::now());
    while began.elapsed() < length() {
        let mut bytes = whole.clone();
        spoil(&mut bytes, header, &mut seed);
        std::fs::write(&path, &bytes).unwrap();
        let depth = if next(&mut seed).is_multiple_of(4) { Depth::Trial } else { Depth::Header };
        let at = Instant::now();
        let found = inspector.inspect(&path, None, None, depth, None);
        tally.take(&found, at.elapsed());
    }
    tally.tell("model files");
    let good = inspector.inspect(&pupil(), None, None, Depth::Header, None);
    assert!(good.is_ok(), "a good file is still a good file: {good:?}");
}

/// What templates are made of.
const PIECES: &[&str] = &[
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{%- ",
    " -%}",
    "for m in messages",
    "endfor",
    "if ",
    "elif ",
    "else",
    "endif",
    "set x = ",
    "messages",
    "m['content']",
    "m.role",
    "loop.index0",
    "bos_token",
    "eos_token",
    "raise_exception('no')",
    "| trim",
    "| tojson",
    "| upper",
    "+",
    "~",
    "*",
    "%",
    "==",
    "!=",
    "not ",
    "and ",
    "is defined",
    "'",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "[1:]",
    "[::-1]",
    "namespace(v=1)",
    "range(99999999)",
    "99999999999999999999",
    "-1",
    "1e400",
    "macro f(a)",
    "endmacro",
    "f(f)",
    "{# ",
    " #}",
    "\\",
    "\u{0}",
    "诗",
    "\u{202e}",
    "'x' * 1000000000",
    "x.v = x.v ~ x.v",
    "include 'a'",
    "import 'b' as c",
    "extends 'd'",
    "block e",
    "endblock",
    "filter upper",
    "endfilter",
    "call f()",
    "endcall",
    "strftime_now('%Y')",
    "| map(attribute='content') | list",
    "| join(',')",
    "| format(1)",
    "'%99999999d'",
];
const GOOD: &str = "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}\
    {% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}";

fn template(seed: &mut u64) -> String {
    let mut text: Vec<char> = if next(seed).is_multiple_of(3) { Vec::new() } else { GOOD.chars().collect() };
    for _ in 0..1 + next(seed) % 12 {
        let at = next(seed) % (text.len() + 1);
        match next(seed) % 4 {
            0 => {
                let end = (at + next(seed) % 24).min(text.len());
                text.drain(at..end);
            }
            1 => {
                let piece = PIECES[next(seed) % PIECES.len()].repeat(1 + next(seed) % 3 * (next(seed) % 2000));
                text.splice(at..at, piece.chars().collect::<Vec<_>>());
            }
            _ => {
                let piece = PIECES[next(seed) % PIECES.len()];
                text.splice(at..at, piece.chars().collect::<Vec<_>>());
            }
        }
    }
    text.into_iter().collect()
}

#[test]
#[ignore = "a campaign of a minute and more"]
fn templates_changed_at_random_take_nothing_down_but_the_process_that_renders() {
    let folder = tempfile::tempdir().unwrap();
    let (inspector, mut tally, mut seed, began) = (Inspector::new(arena()), Tally::default(), 2, Instant::now());
    while began.elapsed() < length() {
        let template = template(&mut seed);
        let value = |key: &str, _: &Value| (key == "tokenizer.chat_template").then(|| Value::String(template.clone()));
        let path = variant(&pupil(), folder.path(), |_| {}, value);
        let at = Instant::now();
        let found = inspector.inspect(&path, None, None, Depth::Header, None);
        tally.take(&found, at.elapsed());
    }
    tally.tell("templates");
    let good = inspector.inspect(&pupil(), None, None, Depth::Header, None);
    assert!(good.is_ok(), "a good template is still a good template: {good:?}");
}
