//! How alike two lines are, as Python's `difflib.SequenceMatcher` says, with which `fuzzywuzzy` computes `fuzz.ratio`.

use std::collections::HashMap;

/// From so many characters on, those that make up more than a hundredth of the second text are passed over when blocks are sought.
const POPULAR_FROM: usize = 200;

/// `fuzz.ratio`: the share of characters in matching blocks, in whole percent; 0 where one text is empty and the other not.
pub(super) fn ratio(a: &str, b: &str) -> u32 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a == b {
        return 100;
    }
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    let matching = Matcher::new(&a, &b).matching();
    // Python rounds halves to even.
    (200.0 * matching as f64 / (a.len() + b.len()) as f64).round_ties_even() as u32
}

struct Matcher<'a> {
    a: &'a [char],
    b: &'a [char],
    /// Where each character of `b` stands.
    places: HashMap<char, Vec<usize>>,
}

impl<'a> Matcher<'a> {
    fn new(a: &'a [char], b: &'a [char]) -> Self {
        let mut places: HashMap<char, Vec<usize>> = HashMap::new();
        for (at, c) in b.iter().enumerate() {
            places.entry(*c).or_default().push(at);
        }
        if b.len() >= POPULAR_FROM {
            let most = b.len() / 100 + 1;
            places.retain(|_, places| places.len() <= most);
        }
        Self { a, b, places }
    }

    /// The characters in matching blocks: the longest one, then the same left and right of it.
    fn matching(&self) -> usize {
        let mut sum = 0;
        let mut todo = vec![(0, self.a.len(), 0, self.b.len())];
        while let Some((a_from, a_to, b_from, b_to)) = todo.pop() {
            let (at, other, length) = self.longest(a_from, a_to, b_from, b_to);
            if length > 0 {
                sum += length;
                todo.push((a_from, at, b_from, other));
                todo.push((at + length, a_to, other + length, b_to));
            }
        }
        sum
    }

    /// The longest block within bounds, the first in `a` and then in `b`, widened by popular characters beside it.
    fn longest(&self, a_from: usize, a_to: usize, b_from: usize, b_to: usize) -> (usize, usize, usize) {
        let (mut at, mut other, mut length) = (a_from, b_from, 0);
        let mut lengths: HashMap<usize, usize> = HashMap::new();
        for i in a_from..a_to {
            let mut next = HashMap::new();
            for &j in self.places.get(&self.a[i]).into_iter().flatten() {
                if j < b_from {
                    continue;
                }
                if j >= b_to {
                    break;
                }
                let k = j.checked_sub(1).and_then(|before| lengths.get(&before)).copied().unwrap_or(0) + 1;
                next.insert(j, k);
                if k > length {
                    (at, other, length) = (i + 1 - k, j + 1 - k, k);
                }
            }
            lengths = next;
        }
        while at > a_from && other > b_from && self.a[at - 1] == self.b[other - 1] {
            (at, other, length) = (at - 1, other - 1, length + 1);
        }
        while at + length < a_to && other + length < b_to && self.a[at + length] == self.b[other + length] {
            length += 1;
        }
        (at, other, length)
    }
}
