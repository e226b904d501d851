//! Whether an answer is what was asked for, as WordNet itself says.

use std::collections::HashSet;

use super::ask::{About, Task};
use super::choose::{Lexicon, Word, has_word};
use super::read::{Class, Place};

/// What can be said of one answer without taste.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// Whether it has the form of an answer to this task, and is about the word.
    pub form: bool,
    /// How right it is, from 0 to 1; nothing where form is all that can be judged. Of a definition, ROUGE-L against the
    /// likest of the word's own; of synonyms and kinds, the share of those named that are some; else 0 or 1.
    pub right: Option<f64>,
}

/// Judges `answer` to a question about `word`.
pub fn judge(lexicon: &Lexicon, word: &Word, about: &About, answer: &str) -> Judgement {
    let text = &word.text;
    let answer = answer.trim();
    match about.task {
        Task::Define => match entry(answer) {
            Some(Entry { head, class, .. }) => Judgement {
                form: head == text && classes(lexicon, text).contains(class),
                right: Some(likeness(lexicon, text, answer)),
            },
            None => Judgement { form: false, right: Some(0.0) },
        },
        Task::Sentence => {
            let is_sentence = answer.starts_with(|c: char| c.is_uppercase())
                && answer.ends_with(['.', '!', '?', '"'])
                && answer.split_whitespace().count() >= 4
                && !answer.contains('\n');
            Judgement { form: is_sentence && has_word(answer, text), right: None }
        }
        Task::Synonyms => list(answer, &format!("Synonyms of {text}:"), |named| {
            places(lexicon, text).any(|place| lexicon.net.senses[&place].words.iter().any(|word| word == named))
        }),
        Task::Kinds => list(answer, &format!("Kinds of {text}:"), |named| {
            places(lexicon, named).any(|place| is_kind_of(lexicon, place, text))
        }),
        Task::Opposite => one(answer, &format!("The opposite of {text} is "), ".", |named| {
            places(lexicon, text).any(|place| is_opposite(lexicon, place, text, named))
        }),
        Task::KindOf => one(answer, &format!("{text} is a kind of "), ".", |named| {
            places(lexicon, text).any(|place| is_kind_of(lexicon, place, named))
        }),
        Task::Reverse => one(answer, "", "", |named| lexicon.net.senses[&word.place].words.iter().any(|w| w == named)),
    }
}

/// How like an entry's likest definition is to the likest of a word's own, whatever word the entry is about.
pub fn likeness(lexicon: &Lexicon, word: &str, answer: &str) -> f64 {
    let definitions = entry(answer.trim()).map(|entry| entry.definitions).unwrap_or_default();
    let pairs = definitions.iter().flat_map(|told| glosses(lexicon, word).map(|gloss| rouge_l(gloss, told)));
    pairs.fold(0.0, f64::max)
}

struct Entry<'a> {
    head: &'a str,
    class: &'a str,
    definitions: Vec<&'a str>,
}

fn entry(answer: &str) -> Option<Entry<'_>> {
    let (head, rest) = answer.split_once(" (")?;
    let (class, rest) = rest.split_once(')')?;
    let body = rest.split("\n\n").next()?;
    let definitions: Vec<&str> = match body.strip_prefix(": ") {
        Some(one) => vec![one],
        None => body.lines().filter_map(|line| line.split_once(". ").map(|(_, text)| text)).collect(),
    };
    let is_told = !definitions.is_empty() && definitions.iter().all(|text| !text.trim().is_empty());
    is_told.then_some(Entry { head, class, definitions })
}

fn list(answer: &str, begin: &str, is_right: impl Fn(&str) -> bool) -> Judgement {
    let named: Option<HashSet<&str>> = answer
        .strip_prefix(begin)
        .and_then(|rest| rest.strip_suffix('.'))
        .map(|rest| rest.split(',').map(str::trim).filter(|named| !named.is_empty()).collect());
    match named {
        Some(named) if !named.is_empty() => {
            let right = named.iter().filter(|named| is_right(named)).count();
            Judgement { form: true, right: Some(right as f64 / named.len() as f64) }
        }
        _ => Judgement { form: false, right: Some(0.0) },
    }
}

fn one(answer: &str, begin: &str, end: &str, is_right: impl Fn(&str) -> bool) -> Judgement {
    match answer.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end)) {
        Some(named) if !named.is_empty() && !named.contains('\n') => {
            Judgement { form: true, right: Some(f64::from(u8::from(is_right(named)))) }
        }
        _ => Judgement { form: false, right: Some(0.0) },
    }
}

fn places<'a>(lexicon: &'a Lexicon, word: &str) -> impl Iterator<Item = Place> + use<'a> {
    lexicon.net.index.get(&word.to_lowercase()).into_iter().flatten().map(|(.., place)| *place)
}

fn glosses<'a>(lexicon: &'a Lexicon, word: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    places(lexicon, word).map(|place| lexicon.net.senses[&place].definition.as_str())
}

fn classes(lexicon: &Lexicon, word: &str) -> HashSet<&'static str> {
    places(lexicon, word).map(|(class, _): (Class, _)| class.name()).collect()
}

/// Whether a sense of `general` lies above this one.
fn is_kind_of(lexicon: &Lexicon, place: Place, general: &str) -> bool {
    let mut seen = HashSet::new();
    let mut waiting = lexicon.net.senses[&place].kinds_of.clone();
    while let Some(place) = waiting.pop() {
        let Some(sense) = lexicon.net.senses.get(&place).filter(|_| seen.insert(place)) else { continue };
        if sense.words.iter().any(|word| word == general) {
            return true;
        }
        waiting.extend(&sense.kinds_of);
    }
    false
}

fn is_opposite(lexicon: &Lexicon, place: Place, word: &str, named: &str) -> bool {
    let sense = &lexicon.net.senses[&place];
    sense.opposites.iter().any(|(from, other, to)| {
        sense.words.get(*from).is_some_and(|own| own == word)
            && lexicon.net.senses.get(other).and_then(|other| other.words.get(*to)).is_some_and(|other| other == named)
    })
}

/// ROUGE-L (Lin 2004): the F1 of the longest common subsequence of words, in small letters.
pub fn rouge_l(reference: &str, told: &str) -> f64 {
    let tokens = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty()).map(str::to_lowercase).collect()
    };
    let (a, b) = (tokens(reference), tokens(told));
    let mut row = vec![0usize; b.len() + 1];
    for x in &a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    let common = row[b.len()] as f64;
    if common == 0.0 { 0.0 } else { 2.0 * common / (a.len() + b.len()) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wordnet::read::{Sense, WordNet};

    fn sense(class: Class, words: &[&str], definition: &str) -> Sense {
        Sense {
            class,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            definition: definition.to_owned(),
            examples: Vec::new(),
            kinds_of: Vec::new(),
            kinds: Vec::new(),
            opposites: Vec::new(),
        }
    }

    /// lamp > lantern; hot and cold.
    fn lexicon() -> Lexicon {
        let lamp = sense(Class::Noun, &["lamp"], "an artificial source of visible illumination");
        let mut lantern = sense(Class::Noun, &["lantern", "lanthorn"], "light in a transparent protective case");
        lantern.kinds_of = vec![(Class::Noun, 1)];
        let mut hot = sense(Class::Adjective, &["hot"], "having a high temperature");
        hot.opposites = vec![(0, (Class::Adjective, 4), 0)];
        let cold = sense(Class::Adjective, &["cold"], "having a low temperature");
        let senses = [lamp, lantern, hot, cold].into_iter().zip(1..).map(|(s, at)| ((s.class, at), s)).collect();
        let index = [("lamp", 1), ("lantern", 2), ("lanthorn", 2), ("hot", 3), ("cold", 4)].map(|(word, at)| {
            let class = if at > 2 { Class::Adjective } else { Class::Noun };
            (word.to_owned(), vec![(class, 1, 5, (class, at))])
        });
        Lexicon { net: WordNet { senses, index: index.into() }, words: Vec::new() }
    }

    fn of(task: Task, text: &str, answer: &str) -> (bool, Option<f64>) {
        let lexicon = lexicon();
        let place = lexicon.net.index[text][0].3;
        let word = Word {
            text: text.to_owned(),
            class: place.0,
            met: 9,
            definitions: Vec::new(),
            sentences: Vec::new(),
            synonyms: Vec::new(),
            opposite: None,
            kind_of: None,
            kinds: Vec::new(),
            place,
        };
        let judged = judge(&lexicon, &word, &About { task, word: text.to_owned() }, answer);
        (judged.form, judged.right)
    }

    #[test]
    fn a_definition_is_held_against_the_gloss() {
        let whole = "lantern (noun): light in a transparent protective case.\n\n*He lit the lantern.*";
        assert_eq!(of(Task::Define, "lantern", whole), (true, Some(1.0)));
        let listed = "lantern (noun)\n1. a fish\n2. light in a transparent protective case";
        assert_eq!(of(Task::Define, "lantern", listed), (true, Some(1.0)));
        // 4 of 6 words in order, of 5 told: 2 × 4 / 11.
        let (form, right) = of(Task::Define, "lantern", "lantern (noun): light in a big case.");
        assert!(form && (right.expect("judged") - 8.0 / 11.0).abs() < 1e-9, "{right:?}");
        assert!(!of(Task::Define, "lantern", "lamp (noun): light in a transparent protective case.").0, "another head");
        assert!(!of(Task::Define, "lantern", "lantern (verb): light in a transparent protective case.").0);
        assert_eq!(of(Task::Define, "lantern", "A light."), (false, Some(0.0)));
        assert_eq!(of(Task::Define, "lantern", "lantern (noun): "), (false, Some(0.0)));
    }

    #[test]
    fn what_is_named_must_stand_in_wordnet() {
        assert_eq!(of(Task::Synonyms, "lantern", "Synonyms of lantern: lanthorn, torch."), (true, Some(0.5)));
        assert_eq!(of(Task::Synonyms, "lantern", "lanthorn"), (false, Some(0.0)));
        assert_eq!(of(Task::Opposite, "hot", "The opposite of hot is cold."), (true, Some(1.0)));
        assert_eq!(of(Task::Opposite, "hot", "The opposite of hot is hot."), (true, Some(0.0)));
        assert_eq!(of(Task::KindOf, "lantern", "lantern is a kind of lamp."), (true, Some(1.0)));
        assert_eq!(of(Task::KindOf, "lamp", "lamp is a kind of lantern."), (true, Some(0.0)));
        assert_eq!(of(Task::Kinds, "lamp", "Kinds of lamp: lantern, cold."), (true, Some(0.5)));
        assert_eq!(of(Task::Reverse, "lantern", "lanthorn"), (true, Some(1.0)));
        assert_eq!(of(Task::Reverse, "lantern", "lamp"), (true, Some(0.0)));
    }

    #[test]
    fn a_sentence_has_its_word() {
        assert_eq!(of(Task::Sentence, "lantern", "He lit the lanterns."), (true, None));
        assert!(!of(Task::Sentence, "lantern", "He lit the lamps of the house.").0);
        assert!(!of(Task::Sentence, "lantern", "he lit the lantern").0);
        assert!(!of(Task::Sentence, "lantern", "A lantern.").0);
    }
}
