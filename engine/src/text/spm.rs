//! SentencePiece BPE as llama.cpp does it: start from single characters, join again and again the
//! neighbours whose joined piece has the best score (of equals the leftmost), and spell in bytes
//! what is no piece. A queue and a linked list make it O(n log n).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::vocabulary::Vocabulary;

/// The mark that stands for a space inside pieces.
pub(super) const SPACE: char = '▁';

#[derive(Clone, Copy)]
struct Symbol {
    start: usize,
    len: usize,
    prev: Option<usize>,
    next: Option<usize>,
}

struct Pair {
    score: f32,
    left: usize,
    right: usize,
    /// Bytes of both when the pair was queued; another length now means that one has changed.
    len: usize,
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pair {}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        // Scores are checked not to be NaN. A plain comparison, since -0.0 and 0.0 are equals.
        self.score.partial_cmp(&other.score).unwrap_or(Ordering::Equal).then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Appends the tokens of `text`, whose spaces already are [`SPACE`].
pub(super) fn encode(vocabulary: &Vocabulary, text: &str, out: &mut Vec<u32>) {
    let mut symbols: Vec<Symbol> = text
        .char_indices()
        .enumerate()
        .map(|(i, (start, c))| Symbol { start, len: c.len_utf8(), prev: i.checked_sub(1), next: Some(i + 1) })
        .collect();
    let Some(last) = symbols.last_mut() else {
        return;
    };
    last.next = None;

    let mut queue = BinaryHeap::new();
    for right in 1..symbols.len() {
        offer(vocabulary, text, &symbols, right - 1, right, &mut queue);
    }
    while let Some(pair) = queue.pop() {
        let (left, right) = (symbols[pair.left], symbols[pair.right]);
        if left.len == 0 || right.len == 0 || left.len + right.len != pair.len {
            continue;
        }
        symbols[pair.left] = Symbol { len: pair.len, next: right.next, ..left };
        symbols[pair.right].len = 0;
        if let Some(next) = right.next {
            symbols[next].prev = Some(pair.left);
            offer(vocabulary, text, &symbols, pair.left, next, &mut queue);
        }
        if let Some(prev) = left.prev {
            offer(vocabulary, text, &symbols, prev, pair.left, &mut queue);
        }
    }

    for symbol in symbols.iter().filter(|s| s.len > 0) {
        let piece = &text[symbol.start..symbol.start + symbol.len];
        match vocabulary.id(piece) {
            Some(id) => out.push(id),
            // A byte without a token, in a vocabulary without an unknown one, has no way to be said.
            None => out.extend(piece.bytes().filter_map(|b| vocabulary.byte(b))),
        }
    }
}

fn offer(
    vocabulary: &Vocabulary,
    text: &str,
    symbols: &[Symbol],
    left: usize,
    right: usize,
    queue: &mut BinaryHeap<Pair>,
) {
    let (l, r) = (symbols[left], symbols[right]);
    let len = l.len + r.len;
    if let Some(id) = vocabulary.id(&text[l.start..l.start + len]) {
        queue.push(Pair { score: vocabulary.score(id), left, right, len });
    }
}
