//! Which words are taught: common ones of one word, with the senses that people mean first.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::read::{Class, Place, Sense, WordNet};

/// A word met in the tagged texts counts so much more than one met in a definition.
const TAGGED: u32 = 3;
/// Words that are met less often than this are left out.
const COMMON: u32 = 15;
/// Longer definitions lose their last parts; if the first part alone is longer, the sense is left out.
const LONGEST: usize = 110;
/// A second sense is told where it is met at least so often in a hundred as the first.
const SECOND: u32 = 20;
/// Kinds that an answer names.
const KINDS: usize = 5;
/// Senses that nobody asks a dictionary on a table for.
const UNWANTED: [&str; 21] = [
    "slur",
    "offensive",
    "obscene",
    "disparag",
    "derogat",
    "vulgar",
    "taboo",
    "sexual",
    "genital",
    "intercourse",
    "penis",
    "vagina",
    "prostitut",
    "copulat",
    "masturbat",
    "orgasm",
    "excrement",
    "fece",
    "rape",
    "ethnic",
    "homosexual",
];

/// A word as it is taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub class: Class,
    /// How often it is met.
    pub met: u32,
    /// One or two.
    pub definitions: Vec<String>,
    /// Sentences with the word, each with a capital and a mark at its end.
    pub sentences: Vec<String>,
    pub synonyms: Vec<String>,
    pub opposite: Option<String>,
    /// What it is a kind of.
    pub kind_of: Option<String>,
    /// Kinds of it, the commonest first.
    pub kinds: Vec<String>,
    /// The set of synonyms of its first sense.
    pub place: Place,
}

/// The words taught, in their order, and the net they come from.
#[derive(Debug)]
pub struct Lexicon {
    pub net: WordNet,
    pub words: Vec<Word>,
}

impl Lexicon {
    pub fn choose(net: WordNet) -> Self {
        let met = counts(&net);
        let mut texts: Vec<&String> = net.index.keys().filter(|text| is_plain(text) && met[*text] >= COMMON).collect();
        texts.sort();
        let words = texts.into_iter().filter_map(|text| word(&net, &met, text)).collect();
        Self { net, words }
    }
}

/// One word of small letters: no names, abbreviations nor compounds.
fn is_plain(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|c| c.is_ascii_lowercase())
}

/// How often each word of the index is met: in definitions, and in the texts whose words were tagged with their senses.
fn counts(net: &WordNet) -> HashMap<String, u32> {
    let mut out: HashMap<String, u32> = net
        .index
        .iter()
        .map(|(text, senses)| (text.clone(), TAGGED * senses.iter().map(|(_, _, met, _)| met).sum::<u32>()))
        .collect();
    for sense in net.senses.values() {
        let texts = std::iter::once(&sense.definition).chain(&sense.examples);
        for text in texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic())) {
            if let Some(count) = out.get_mut(&text.to_ascii_lowercase()) {
                *count += 1;
            }
        }
    }
    out
}

fn word(net: &WordNet, met: &HashMap<String, u32>, text: &str) -> Option<Word> {
    // The index has names in small letters too: a sense is this word's only where it is written so.
    let written = |sense: &Sense| sense.words.iter().any(|word| word == text);
    let senses: Vec<(Class, u32, u32, Place)> = net.index[text]
        .iter()
        .filter(|(_, _, _, place)| net.senses.get(place).is_some_and(|s| written(s) && is_wanted(s)))
        .copied()
        .collect();
    let mut totals: BTreeMap<Class, u32> = BTreeMap::new();
    for (class, _, met, _) in &senses {
        *totals.entry(*class).or_default() += met;
    }
    // The part of speech it is met in most; of two alike the first.
    let class = totals.iter().rev().max_by_key(|(_, total)| **total).map(|(class, _)| *class)?;
    let mut of_class: Vec<_> = senses.iter().filter(|(c, ..)| *c == class).collect();
    of_class.sort_by_key(|(_, rank, ..)| *rank);
    let told: Vec<_> = of_class
        .iter()
        .take(2)
        .enumerate()
        .filter(|(at, (_, _, met, _))| *at == 0 || (*met > 0 && met * 100 >= of_class[0].2 * SECOND))
        .map(|(_, entry)| entry.3)
        .collect();
    let definitions: Vec<String> = told.iter().filter_map(|place| shortened(&net.senses[place].definition)).collect();
    let place = *told.first()?;
    let first = &net.senses[&place];
    if definitions.is_empty() {
        return None;
    }
    let mut sentences: Vec<String> = Vec::new();
    for example in of_class.iter().flat_map(|(.., place)| &net.senses[place].examples) {
        if let Some(sentence) = sentence(example, text).filter(|s| !sentences.contains(s)) {
            sentences.push(sentence);
        }
    }
    let count = |word: &str| met.get(&word.to_lowercase()).copied().unwrap_or_default();
    let common = |mut words: Vec<String>, most: usize| {
        words.sort_by_key(|word| std::cmp::Reverse(count(word)));
        let mut seen = HashSet::new();
        words.retain(|word| word != text && word.is_ascii() && seen.insert(word.clone()));
        words.truncate(most);
        words
    };
    let at = first.words.iter().position(|word| word == text)?;
    let opposite = first.opposites.iter().find(|(from, ..)| *from == at);
    let opposite = opposite.and_then(|(_, place, to)| net.senses.get(place)?.words.get(*to).cloned());
    let named = |places: &[Place]| -> Vec<String> {
        places
            .iter()
            .filter_map(|p| net.senses.get(p))
            .filter(|s| is_wanted(s))
            .filter_map(|s| s.words.first().cloned())
            .collect()
    };
    let kind_of = if class == Class::Noun { named(&first.kinds_of).into_iter().next() } else { None };
    let kinds = if class == Class::Noun { common(named(&first.kinds), KINDS) } else { Vec::new() };
    Some(Word {
        text: text.to_owned(),
        class,
        met: met[text],
        definitions,
        sentences,
        synonyms: common(first.words.clone(), 4),
        opposite,
        kind_of: kind_of.filter(|kind| kind != text),
        kinds,
        place,
    })
}

fn is_wanted(sense: &Sense) -> bool {
    let text = sense.definition.to_lowercase();
    !UNWANTED.iter().any(|unwanted| text.contains(unwanted))
        && !sense
            .examples
            .iter()
            .any(|example| UNWANTED.iter().any(|unwanted| example.to_lowercase().contains(unwanted)))
}

/// As many parts of a definition as fit.
fn shortened(definition: &str) -> Option<String> {
    let mut end = 0;
    for (at, _) in definition.match_indices(';').chain([(definition.len(), "")]) {
        if at <= LONGEST {
            end = at;
        }
    }
    let text = definition[..end].trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An example as a sentence, if it is long enough to be one and has the word in it, as it is or with an ending.
fn sentence(example: &str, word: &str) -> Option<String> {
    let words = example.split_whitespace().count();
    if !(4..=18).contains(&words) || !example.is_ascii() || !has_word(example, word) {
        return None;
    }
    let text = example.trim_end_matches([',', ';', ':', '-']);
    let mut out: String = text.chars().take(1).flat_map(char::to_uppercase).chain(text.chars().skip(1)).collect();
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    Some(out)
}

/// Whether a text has the word, as it is or with one of English's regular endings.
pub fn has_word(text: &str, word: &str) -> bool {
    let stem = word.strip_suffix(['e', 'y']).unwrap_or(word);
    let last = word.chars().last().unwrap_or_default();
    let is_form = |token: &str| {
        let ending = |stem: &str, endings: &[&str]| token.strip_prefix(stem).is_some_and(|end| endings.contains(&end));
        ending(word, &["", "s", "es", "d", "ed", "ing", "er", "est", "r", "st", "ly"])
            || ending(stem, &["ies", "ied", "ier", "iest", "ing", "ily"])
            // stop, stopped
            || token.strip_prefix(word).and_then(|end| end.strip_prefix(last)).is_some_and(|end| ["ed", "ing", "er", "est"].contains(&end))
    };
    text.split(|c: char| !c.is_alphabetic()).any(|token| is_form(&token.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_with_its_endings() {
        for (text, word, found) in [
            ("He stopped at once", "stop", true),
            ("The tidied room", "tidy", true),
            ("they were making it", "make", true),
            ("Embers glowed", "ember", true),
            ("happily ever after", "happy", true),
            ("remember me", "ember", false),
            ("the stopwatch", "stop", false),
            ("a cat", "car", false),
        ] {
            assert_eq!(has_word(text, word), found, "{word} in {text}");
        }
    }

    #[test]
    fn a_definition_keeps_the_parts_that_fit() {
        let long = "x".repeat(LONGEST - 10);
        assert_eq!(shortened("one; two").as_deref(), Some("one; two"));
        assert_eq!(shortened(&format!("{long}; a part that no longer fits")).as_deref(), Some(long.as_str()));
        assert_eq!(shortened(&"x".repeat(LONGEST + 1)), None);
    }

    #[test]
    fn an_example_becomes_a_sentence() {
        assert_eq!(sentence("he lit a small lantern", "lantern").as_deref(), Some("He lit a small lantern."));
        assert_eq!(sentence("Did you see the lanterns?", "lantern").as_deref(), Some("Did you see the lanterns?"));
        assert_eq!(sentence("a lantern", "lantern"), None, "too short");
        assert_eq!(sentence("he lit a small lamp", "lantern"), None, "another word");
    }
}
