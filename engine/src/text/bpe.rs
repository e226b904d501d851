//! GPT-2's byte-level BPE: text is cut into words by a pattern, the bytes of a word are written as
//! printable characters, and neighbours are joined by the rank of their merge.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use fancy_regex::Regex;

use super::pattern;
use super::vocabulary::{Kind, TokenType, Vocabulary, VocabularyError};
use crate::error::TokenizerFault;

/// The tables of a byte-level tokenizer.
#[derive(Debug)]
pub(super) struct ByteLevel {
    words: Regex,
    whole_words: bool,
    /// Rank by left part, then right part: two look-ups that borrow, and no joined key to build.
    ranks: HashMap<String, HashMap<String, u32>>,
    letters: [char; 256],
    bytes: HashMap<char, u8>,
}

#[derive(Clone, Copy)]
struct Symbol {
    start: usize,
    len: usize,
    prev: Option<usize>,
    next: Option<usize>,
}

/// Rank first, then place: the order of merging. Both lengths tell whether the pair is still there.
type Pair = Reverse<(u32, usize, usize, usize, usize)>;

impl ByteLevel {
    /// Builds the tables of a `gpt2` vocabulary.
    pub(super) fn new(vocabulary: &Vocabulary) -> Result<Option<Self>, VocabularyError> {
        let Kind::ByteLevel { pre, merges } = &vocabulary.kind else {
            return Ok(None);
        };
        let unsupported =
            || VocabularyError::Unsupported { key: "tokenizer.ggml.pre", value: pre.clone(), known: pattern::KNOWN };
        let words = Regex::new(pattern::pattern(pre).ok_or_else(unsupported)?).map_err(|_| unsupported())?;
        let mut ranks: HashMap<String, HashMap<String, u32>> = HashMap::new();
        for (rank, merge) in (0u32..).zip(merges) {
            // The left part may itself begin with a space in odd files: look for one after it.
            let cut = merge.char_indices().skip(1).find(|(_, c)| *c == ' ').map(|(at, _)| at);
            let (left, right) =
                cut.map(|at| (&merge[..at], &merge[at + 1..])).ok_or_else(|| VocabularyError::Entry {
                    key: "tokenizer.ggml.merges",
                    fault: TokenizerFault::NotAPair { index: rank.to_string(), merge: merge.clone() },
                })?;
            ranks.entry(left.to_owned()).or_default().entry(right.to_owned()).or_insert(rank);
        }
        let letters = letters();
        let bytes = (0u8..=255).map(|b| (letters[usize::from(b)], b)).collect();
        Ok(Some(Self { words, whole_words: pattern::takes_whole_words(pre), ranks, letters, bytes }))
    }

    /// Appends the tokens of `text`.
    pub(super) fn encode(&self, vocabulary: &Vocabulary, text: &str, out: &mut Vec<u32>) {
        let mut done = 0;
        // The search fails where it would go back too often; what is left then is one word.
        for word in self.words.find_iter(text).map_while(Result::ok) {
            let (start, end) = (word.start(), word.end());
            // What no branch matches is a word of its own.
            self.word(vocabulary, &text[done..start], out);
            self.word(vocabulary, &text[start..end], out);
            done = end;
        }
        self.word(vocabulary, &text[done..], out);
    }

    fn word(&self, vocabulary: &Vocabulary, word: &str, out: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        let written: String = word.bytes().map(|b| self.letters[usize::from(b)]).collect();
        if self.whole_words
            && let Some(id) = vocabulary.id(&written)
        {
            out.push(id);
            return;
        }
        for piece in self.merge(&written) {
            match vocabulary.id(piece) {
                Some(id) => out.push(id),
                None => out.extend(piece.chars().filter_map(|c| vocabulary.id(c.encode_utf8(&mut [0; 4])))),
            }
        }
    }

    fn merge<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let mut symbols: Vec<Symbol> = text
            .char_indices()
            .enumerate()
            .map(|(i, (start, c))| Symbol { start, len: c.len_utf8(), prev: i.checked_sub(1), next: Some(i + 1) })
            .collect();
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        let mut queue = BinaryHeap::new();
        for right in 1..symbols.len() {
            self.offer(text, &symbols, right - 1, right, &mut queue);
        }
        while let Some(Reverse((_, left, right, left_len, right_len))) = queue.pop() {
            let (l, r) = (symbols[left], symbols[right]);
            if l.len != left_len || r.len != right_len {
                continue;
            }
            symbols[left] = Symbol { len: l.len + r.len, next: r.next, ..l };
            symbols[right].len = 0;
            if let Some(next) = r.next {
                symbols[next].prev = Some(left);
                self.offer(text, &symbols, left, next, &mut queue);
            }
            if let Some(prev) = l.prev {
                self.offer(text, &symbols, prev, left, &mut queue);
            }
        }
        symbols.into_iter().filter(|s| s.len > 0).map(move |s| &text[s.start..s.start + s.len])
    }

    fn offer(&self, text: &str, symbols: &[Symbol], left: usize, right: usize, queue: &mut BinaryHeap<Pair>) {
        let (l, r) = (symbols[left], symbols[right]);
        let rank = self.ranks.get(&text[l.start..l.start + l.len]).and_then(|m| m.get(&text[r.start..r.start + r.len]));
        if let Some(rank) = rank {
            queue.push(Reverse((*rank, left, right, l.len, r.len)));
        }
    }

    /// Appends the bytes of a normal piece; characters that stand for no byte stay as they are.
    pub(super) fn decode(&self, piece: &str, kind: TokenType, out: &mut Vec<u8>) {
        for c in piece.chars() {
            match self.bytes.get(&c).filter(|_| kind == TokenType::Normal) {
                Some(byte) => out.push(*byte),
                None => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
    }
}

/// GPT-2's `bytes_to_unicode`: printable Latin-1 stands for itself, the rest for U+0100 and on.
fn letters() -> [char; 256] {
    let mut next = 0x100u32;
    std::array::from_fn(|byte| {
        let byte = byte as u8;
        if matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) {
            char::from(byte)
        } else {
            next += 1;
            char::from_u32(next - 1).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_byte_letters_are_gpt_2s() {
        let letters = letters();
        assert_eq!(
            (letters[usize::from(b' ')], letters[usize::from(b'\n')], letters[0xAD], letters[0]),
            ('Ġ', 'Ċ', 'Ń', 'Ā')
        );
        assert_eq!(letters.iter().collect::<std::collections::HashSet<_>>().len(), 256);
    }
}
