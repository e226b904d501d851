//! WordNet's own files (`data.*`, `index.sense`; wndb(5WN), senseidx(5WN)).

use std::collections::HashMap;
use std::path::Path;

use mixtral_engine::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// A part of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Noun,
    Verb,
    Adjective,
    Adverb,
}

impl Class {
    pub const ALL: [Self; 4] = [Self::Noun, Self::Verb, Self::Adjective, Self::Adverb];

    /// As an entry names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Noun => "noun",
            Self::Verb => "verb",
            Self::Adjective => "adjective",
            Self::Adverb => "adverb",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Noun => "data.noun",
            Self::Verb => "data.verb",
            Self::Adjective => "data.adj",
            Self::Adverb => "data.adv",
        }
    }

    /// By the letter of a data file; a satellite (`s`) is an adjective.
    fn by_letter(letter: &str) -> Option<Self> {
        match letter {
            "n" => Some(Self::Noun),
            "v" => Some(Self::Verb),
            "a" | "s" => Some(Self::Adjective),
            "r" => Some(Self::Adverb),
            _ => None,
        }
    }
}

/// Where a set of synonyms stands: its part of speech and its offset in that file.
pub type Place = (Class, u32);

/// A set of synonyms: one sense of each of its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sense {
    pub class: Class,
    /// Spaces instead of underscores, without the marks of an adjective's position.
    pub words: Vec<String>,
    pub definition: String,
    pub examples: Vec<String>,
    /// More general senses; not those of which this is an instance (Berlin is no kind of city).
    pub kinds_of: Vec<Place>,
    /// More special senses.
    pub kinds: Vec<Place>,
    /// Opposites: the number of the word here, counted from 0, and the place and number of its opposite.
    pub opposites: Vec<(usize, Place, usize)>,
}

/// All of it.
#[derive(Debug)]
pub struct WordNet {
    pub senses: HashMap<Place, Sense>,
    /// A word's senses, in lower case as the index has them: part of speech, rank among those of the word (from 1), how
    /// often it was met in the tagged texts, place.
    pub index: HashMap<String, Vec<(Class, u32, u32, Place)>>,
}

impl WordNet {
    /// Reads the folder `dict` of an unpacked package.
    ///
    /// # Errors
    /// A file is missing, or a line is none of WordNet's.
    pub fn read(dict: &Path) -> Result<Self> {
        let mut senses = HashMap::new();
        for class in Class::ALL {
            for (number, line) in lines(dict, class.file())? {
                let (place, sense) = data(class, &line).ok_or_else(|| fault(dict, class.file(), number))?;
                senses.insert(place, sense);
            }
        }
        let mut index: HashMap<String, Vec<_>> = HashMap::new();
        for (number, line) in lines(dict, "index.sense")? {
            let (word, entry) = sense_index(&line).ok_or_else(|| fault(dict, "index.sense", number))?;
            index.entry(word).or_default().push(entry);
        }
        for entries in index.values_mut() {
            entries.sort();
        }
        Ok(Self { senses, index })
    }
}

fn fault(dict: &Path, file: &str, number: usize) -> Error {
    Error::Training(format!("{}:{number}: not a line of WordNet", dict.join(file).display()))
}

/// The lines but those of the licence, which begin with two spaces.
fn lines(dict: &Path, file: &str) -> Result<Vec<(usize, String)>> {
    let path = dict.join(file);
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with("  ") && !line.is_empty());
    Ok(lines.map(|(at, line)| (at + 1, line.to_owned())).collect())
}

/// `offset lex_filenum ss_type w_cnt word lex_id … p_cnt symbol offset pos source/target … | gloss`
fn data(class: Class, line: &str) -> Option<(Place, Sense)> {
    let (fields, gloss) = line.split_once(" | ")?;
    let mut fields = fields.split(' ');
    let offset = fields.next()?.parse().ok()?;
    let count = usize::from_str_radix(fields.nth(2)?, 16).ok()?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let word = fields.next()?;
        // `galore(ip)`: where the adjective may stand.
        words.push(word.split('(').next()?.replace('_', " "));
        fields.next()?;
    }
    let mut sense = Sense {
        class,
        words,
        definition: String::new(),
        examples: Vec::new(),
        kinds_of: Vec::new(),
        kinds: Vec::new(),
        opposites: Vec::new(),
    };
    for _ in 0..fields.next()?.parse::<usize>().ok()? {
        let symbol = fields.next()?;
        let to = fields.next()?.parse().ok()?;
        let to = (Class::by_letter(fields.next()?)?, to);
        let ends = fields.next()?;
        let end = |hexadecimal: &str| usize::from_str_radix(hexadecimal, 16).ok();
        let (source, target) = (end(ends.get(..2)?)?, end(ends.get(2..)?)?);
        match symbol {
            "@" => sense.kinds_of.push(to),
            "~" => sense.kinds.push(to),
            "!" if source > 0 && target > 0 => sense.opposites.push((source - 1, to, target - 1)),
            _ => {}
        }
    }
    (sense.definition, sense.examples) = split_gloss(gloss);
    Some(((class, offset), sense))
}

/// A gloss is a definition, of one or several parts, and examples in quotation marks.
fn split_gloss(gloss: &str) -> (String, Vec<String>) {
    let gloss = gloss.trim();
    let definition = gloss.split("; \"").next().unwrap_or_default();
    let rest = &gloss[definition.len()..];
    let examples = rest.split('"').skip(1).step_by(2).map(|text| text.trim().to_owned());
    (definition.trim_end_matches([';', ' ']).to_owned(), examples.filter(|text| !text.is_empty()).collect())
}

/// `lemma%ss_type:lex_filenum:lex_id:head_word:head_id sense_offset sense_number tag_cnt`
fn sense_index(line: &str) -> Option<(String, (Class, u32, u32, Place))> {
    let mut fields = line.split(' ');
    let (word, rest) = fields.next()?.split_once('%')?;
    let class = match rest.chars().next()? {
        '1' => Class::Noun,
        '2' => Class::Verb,
        '3' | '5' => Class::Adjective,
        '4' => Class::Adverb,
        _ => return None,
    };
    let mut number = || fields.next()?.parse::<u32>().ok();
    let (offset, rank, met) = (number()?, number()?, number()?);
    Some((word.replace('_', " "), (class, rank, met, (class, offset))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_data_is_a_set_of_synonyms() {
        let line = "00101031 29 v 03 tone 0 tone_up 0 strengthen 0 003 @ 00099475 v 0000 + 14568274 n 0103 \
                    ! 00229631 v 0302 01 + 08 00 | give a healthy elasticity to; make firm; \"Let's tone our muscles\"  ";
        let (place, sense) = data(Class::Verb, line).expect("a sense");
        assert_eq!(place, (Class::Verb, 101_031));
        assert_eq!(sense.words, ["tone", "tone up", "strengthen"]);
        assert_eq!(sense.definition, "give a healthy elasticity to; make firm");
        assert_eq!(sense.examples, ["Let's tone our muscles"]);
        assert_eq!(sense.kinds_of, [(Class::Verb, 99_475)]);
        assert_eq!(sense.opposites, [(2, (Class::Verb, 229_631), 1)]);
        assert!(data(Class::Verb, "no line").is_none());
        assert!(data(Class::Noun, "00000001 29 n 02 one 0 | cut short").is_none());
    }

    #[test]
    fn an_adjective_loses_the_mark_of_its_position() {
        let line =
            "00014358 00 s 01 galore(ip) 0 001 & 00013887 a 0000 | in great numbers; \"daffodils galore\"; \"a\"";
        let (_, sense) = data(Class::Adjective, line).expect("a sense");
        assert_eq!((sense.words[0].as_str(), sense.examples.len()), ("galore", 2));
    }

    #[test]
    fn an_index_line_ranks_a_sense() {
        let (word, entry) = sense_index("bank_clerk%1:18:00:: 09839702 1 2").expect("an entry");
        assert_eq!(word, "bank clerk");
        assert_eq!(entry, (Class::Noun, 1, 2, (Class::Noun, 9_839_702)));
        assert!(sense_index("bank 1 2 3").is_none());
    }
}
