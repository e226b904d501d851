//! The whole way from the package to training files.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{Cleaner, Form, Poem, ask};
use crate::conversations::{Asked, write};
use mixtral_engine::error::{Error, Result};

/// A character that fewer poems hold is too rare to be learnt; poems with one are left out.
const RARE: u32 = 12;
/// The longest two poems that share a conversation, in characters: with both questions they must fit
/// a context of 256.
const TOGETHER: usize = 180;
/// How often a second poem follows in the same conversation.
const SECOND: f64 = 0.12;

/// What was made of the package.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Prepared {
    /// Poems in the package.
    pub read: usize,
    /// Poems kept, by form.
    pub kept: BTreeMap<String, usize>,
    /// Poems left out, by reason.
    pub dropped: BTreeMap<String, usize>,
    /// Conversations to train with.
    pub training: usize,
    /// Conversations held out.
    pub held_out: usize,
}

/// Reads the unpacked package and writes into `folder`: `train.jsonl` and `held-out.jsonl`
/// (conversations), `ci.jsonl` and `held-out-ci.jsonl` (those of them about ci alone), `text.jsonl` (the training poems
/// as plain texts, for pre-training and the vocabulary).
///
/// # Errors
/// The package is not as expected, or a file cannot be written.
pub fn prepare(package: &Path, folder: &Path, held_out: usize, seed: u64) -> Result<Prepared> {
    let raw = super::read(package)?;
    let cleaner = Cleaner::new()?;
    let mut report = Prepared { read: raw.len(), ..Prepared::default() };
    let mut drop = |reason: &str| *report.dropped.entry(reason.to_owned()).or_default() += 1;
    let mut poems: Vec<Poem> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for raw in &raw {
        match cleaner.clean(raw) {
            Ok(poem) if seen.insert(poem.text()) => poems.push(poem),
            Ok(_) => drop("Repeated"),
            Err(reason) => drop(&format!("{reason:?}")),
        }
    }
    let mut counts: HashMap<char, u32> = HashMap::new();
    poems.iter().flat_map(|p| p.verses.iter().flat_map(|v| v.chars())).for_each(|c| *counts.entry(c).or_default() += 1);
    poems.retain(|p| {
        let known = p.verses.iter().all(|v| v.chars().all(|c| counts[&c] >= RARE));
        if !known {
            drop("RareCharacter");
        }
        known
    });
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    poems.shuffle(&mut rng);
    for poem in &poems {
        *report.kept.entry(poem.form.names()[0].to_owned()).or_default() += 1;
    }
    let (held, training) = poems.split_at(held_out.min(poems.len()));
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let held = conversations(held, &mut rng);
    let trained = conversations(training, &mut rng);
    report.training = trained.len();
    report.held_out = held.len();
    write(&folder.join("held-out.jsonl"), held.iter().map(|(_, asked)| asked))?;
    write(&folder.join("train.jsonl"), trained.iter().map(|(_, asked)| asked))?;
    for (name, all) in [("ci.jsonl", &trained), ("held-out-ci.jsonl", &held)] {
        write(&folder.join(name), all.iter().filter(|(form, _)| *form == Form::Ci).map(|(_, asked)| asked))?;
    }
    #[derive(Serialize)]
    struct Text {
        text: String,
    }
    let texts: Vec<Text> = training.iter().map(|p| Text { text: p.text() }).collect();
    write(&folder.join("text.jsonl"), texts.iter())?;
    let path = folder.join("report.json");
    let json = serde_json::to_string_pretty(&report).map_err(|e| Error::Training(e.to_string()))?;
    std::fs::write(&path, json).map_err(Error::io(&path))?;
    Ok(report)
}

/// A conversation a poem; a second poem is used up with the first.
fn conversations(poems: &[Poem], rng: &mut ChaCha8Rng) -> Vec<(Form, Asked)> {
    let mut waiting: HashMap<Form, &Poem> = HashMap::new();
    let mut out = Vec::with_capacity(poems.len());
    let length = |p: &Poem| p.verses.iter().map(|v| v.chars().count() + 1).sum::<usize>();
    for poem in poems {
        if let Some(first) = waiting.remove(&poem.form) {
            if length(first) + length(poem) <= TOGETHER {
                out.push((poem.form, ask(first, Some(poem), rng)));
            } else {
                out.extend([first, poem].map(|p| (p.form, ask(p, None, rng))));
            }
        } else if rng.random_bool(SECOND) {
            waiting.insert(poem.form, poem);
        } else {
            out.push((poem.form, ask(poem, None, rng)));
        }
    }
    // Those that no second one came for; by form, for a map has no order of its own.
    let mut alone: Vec<_> = waiting.into_values().collect();
    alone.sort_by_key(|p| p.form);
    out.extend(alone.into_iter().map(|p| (p.form, ask(p, None, rng))));
    out
}
