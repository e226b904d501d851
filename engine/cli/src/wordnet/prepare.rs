//! The whole way from the package to training files.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use mixtral_engine::error::{Error, Result};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::ask::{About, Task, answer, follow_up, question, shuffled, small_talk, tasks};
use super::choose::{Lexicon, Word};
use super::read::WordNet;
use crate::conversations::{Asked, Turn, turns, write};

/// How often a question about the same word follows, and another after that.
const GOES_ON: f64 = 0.3;
/// Words met more often than these are asked about once more for each.
const OFTEN: [u32; 2] = [40, 140];
/// One conversation in so many is small talk.
const SMALL_TALK: usize = 60;
/// Words held out or learnt, of which the files to evaluate with ask.
const ASKED: usize = 400;

/// A line of the files to evaluate with: one question, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub messages: Vec<Turn>,
    pub about: About,
}

/// What was made of the package.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Prepared {
    /// Words taught, by part of speech.
    pub words: BTreeMap<&'static str, usize>,
    /// Words held out.
    pub held_out_words: usize,
    /// Conversations to train with.
    pub training: usize,
    /// Questions about words held out.
    pub held_out: usize,
    /// Questions about words learnt, in wordings drawn anew.
    pub learnt: usize,
}

/// Reads the unpacked package and writes into `folder`: `train.jsonl` (conversations), `held-out.jsonl` (questions about
/// words of which nothing was taught), `learnt.jsonl` (questions about words that were).
///
/// Held out are words with all their synonyms and senses: neither the word is asked about nor a word that shares a sense.
///
/// # Errors
/// The package is not as expected, or a file cannot be written.
pub fn prepare(package: &Path, folder: &Path, held_out: usize, seed: u64) -> Result<Prepared> {
    let mut lexicon = Lexicon::choose(WordNet::read(&package.join("dict"))?);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    lexicon.words.shuffle(&mut rng);
    let (held, taught) = hold_out(&lexicon, held_out);
    let mut report = Prepared { held_out_words: held.len(), ..Prepared::default() };
    for word in &taught {
        *report.words.entry(word.class.name()).or_default() += 1;
    }
    let mut trained = Vec::new();
    for word in &taught {
        let often = 1 + OFTEN.iter().filter(|often| word.met > **often).count();
        for _ in 0..often {
            trained.extend(conversations(word, &mut rng));
        }
    }
    for _ in 0..trained.len() / SMALL_TALK {
        let (question, answer) = small_talk(&mut rng, &taught);
        trained.push(Asked { messages: turns(question, answer) });
    }
    trained.shuffle(&mut rng);
    let held: Vec<Held> = held.iter().flat_map(|word| questions(word, &mut rng)).collect();
    let known: Vec<&Word> = taught.sample(&mut rng, ASKED).collect();
    let learnt: Vec<Held> = known.into_iter().flat_map(|word| questions(word, &mut rng)).collect();
    (report.training, report.held_out, report.learnt) = (trained.len(), held.len(), learnt.len());
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    write(&folder.join("train.jsonl"), &trained)?;
    write(&folder.join("held-out.jsonl"), &held)?;
    write(&folder.join("learnt.jsonl"), &learnt)?;
    let path = folder.join("report.json");
    let json = serde_json::to_string_pretty(&report).map_err(|e| Error::Training(e.to_string()))?;
    std::fs::write(&path, json).map_err(Error::io(&path))?;
    Ok(report)
}

/// The words held out, and those taught.
fn hold_out(lexicon: &Lexicon, number: usize) -> (Vec<Word>, Vec<Word>) {
    let mut held = Vec::new();
    let mut closed = HashSet::new();
    for word in lexicon.words.iter().take(number) {
        held.push(word.clone());
        closed.extend(lexicon.net.index[&word.text].iter().map(|(.., place)| *place));
    }
    let names: HashSet<&str> = held.iter().map(|word| word.text.as_str()).collect();
    let is_closed = |word: &Word| {
        names.contains(word.text.as_str())
            || lexicon.net.index[&word.text].iter().any(|(.., place)| closed.contains(place))
    };
    let taught = lexicon.words.iter().filter(|word| !is_closed(word)).cloned();
    let told = |text: &str| names.contains(text);
    let taught = taught.map(|mut word| {
        // Nor is a word held out named as the answer to a question about another.
        word.opposite = word.opposite.filter(|text| !told(text));
        word.kind_of = word.kind_of.filter(|text| !told(text));
        word.kinds.retain(|text| !told(text));
        word
    });
    (held.clone(), taught.collect())
}

/// Each thing that can be asked about a word, some of them one after the other.
fn conversations(word: &Word, rng: &mut impl Rng) -> Vec<Asked> {
    let mut out: Vec<Asked> = Vec::new();
    for task in shuffled(word, rng) {
        match out.last_mut() {
            Some(last) if task != Task::Reverse && rng.random_bool(GOES_ON) => {
                last.messages.extend(turns(follow_up(task, rng).to_owned(), answer(word, task, rng)));
            }
            _ => out.push(Asked { messages: turns(question(word, task, rng), answer(word, task, rng)) }),
        }
    }
    out
}

/// One question for each thing that can be asked about a word.
fn questions(word: &Word, rng: &mut impl Rng) -> Vec<Held> {
    let held = |task| Held {
        messages: turns(question(word, task, rng), answer(word, task, rng)),
        about: About { task, word: word.text.clone() },
    };
    tasks(word).into_iter().map(held).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations;
    use crate::wordnet::judge;

    /// A WordNet of a few senses; every word was met five times.
    fn package() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let dict = folder.path().join("dict");
        std::fs::create_dir(&dict).expect("made");
        let put = |name: &str, text: &str| {
            std::fs::write(dict.join(name), format!("  1 This is the licence.\n{text}")).expect("written");
        };
        put(
            "data.noun",
            "00000001 06 n 02 lamp 0 light_source 0 002 ~ 00000002 n 0000 ~ 00000003 n 0000 | a source of light; \"he lit the old \
             lamp at dusk\"\n\
             00000002 06 n 01 lantern 0 001 @ 00000001 n 0000 | light in a transparent protective case\n\
             00000003 06 n 01 torch 0 001 @ 00000001 n 0000 | a light carried in the hand; \"the torches were lit for them\"\n\
             00000004 15 n 01 Paris 0 001 @i 00000001 n 0000 | the capital of France\n\
             00000005 18 n 01 harlot 0 000 | a prostitute\n",
        );
        put("data.verb", "00000001 30 v 02 light 0 illume 0 000 01 + 08 00 | make lighter or brighter\n");
        put(
            "data.adj",
            "00000001 00 a 01 hot 0 001 ! 00000002 a 0101 | of a high temperature\n\
             00000002 00 a 01 cold 0 001 ! 00000001 a 0101 | of a low temperature\n",
        );
        put("data.adv", "00000001 02 r 01 brightly 0 000 | with brightness\n");
        let senses = [
            "lamp%1:06:00:: 00000001 1 5",
            "light_source%1:06:00:: 00000001 1 0",
            "lantern%1:06:00:: 00000002 1 5",
            "torch%1:06:00:: 00000003 1 5",
            "paris%1:15:00:: 00000004 1 30",
            "harlot%1:18:00:: 00000005 1 30",
            "light%2:30:00:: 00000001 1 5",
            "illume%2:30:00:: 00000001 1 5",
            "hot%3:00:00:: 00000001 1 5",
            "cold%3:00:00:: 00000002 1 5",
            "brightly%4:02:00:: 00000001 1 5",
        ];
        std::fs::write(dict.join("index.sense"), senses.join("\n")).expect("written");
        folder
    }

    #[test]
    fn words_become_questions_and_the_held_out_are_not_taught() {
        let (package, out) = (package(), tempfile::tempdir().expect("a folder"));
        let report = prepare(package.path(), out.path(), 1, 3).expect("prepared");
        let lexicon = Lexicon::choose(WordNet::read(&package.path().join("dict")).expect("read"));
        let mut words: Vec<&str> = lexicon.words.iter().map(|word| word.text.as_str()).collect();
        words.sort_unstable();
        let wanted = ["brightly", "cold", "hot", "illume", "lamp", "lantern", "light", "torch"];
        assert_eq!(words, wanted, "no names, no compounds, nothing unwanted");
        let held: Vec<Held> = conversations::read(&out.path().join("held-out.jsonl")).expect("lines");
        let name = held[0].about.word.clone();
        assert!(report.held_out_words == 1 && held.iter().all(|held| held.about.word == name));
        let trained: Vec<Asked> = conversations::read(&out.path().join("train.jsonl")).expect("lines");
        let answers: Vec<&str> = trained
            .iter()
            .flat_map(|asked| asked.messages.iter().skip(1).step_by(2))
            .map(|t| t.content.as_str())
            .collect();
        assert!(trained.len() == report.training && answers.len() > 10, "{}", answers.len());
        let forms = [format!("{name} ("), format!(" of {name}"), format!("{name} is"), format!(" is {name}.")];
        let is_about = |answer: &str| answer == name || forms.iter().any(|form| answer.contains(form.as_str()));
        assert!(!answers.iter().any(|answer| is_about(answer)), "{name}");
        assert!(answers.iter().all(|answer| !answer.contains("prostitute") && !answer.contains("Paris")));
        // What the files say is right is right by the judge, too.
        let learnt: Vec<Held> = conversations::read(&out.path().join("learnt.jsonl")).expect("lines");
        assert!(learnt.len() == report.learnt && learnt.len() > 10);
        for Held { messages, about } in held.iter().chain(&learnt) {
            let word = lexicon.words.iter().find(|word| word.text == about.word).expect("known");
            let judged = judge(&lexicon, word, about, &messages[1].content);
            assert!(judged.form && judged.right.is_none_or(|right| right == 1.0), "{messages:?}: {judged:?}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_files() {
        let (package, out) = (package(), tempfile::tempdir().expect("a folder"));
        let made = |name: &str, seed| {
            let folder = out.path().join(name);
            prepare(package.path(), &folder, 2, seed).expect("prepared");
            std::fs::read_to_string(folder.join("train.jsonl")).expect("read")
        };
        let first = made("a", 1);
        assert!(first == made("b", 1) && first != made("c", 2));
    }
}
