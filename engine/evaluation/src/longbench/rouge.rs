//! ROUGE-L as PyPI's `rouge` computes it (`rouge_l_summary_level`, each word counted once).

use std::collections::HashSet;

/// The F value of the union longest common subsequence, 0 to 1. Sentences end at points; 0 where there is none.
///
/// The package gives up, and LongBench counts 0, where two sentences together have more than about 970 words; here they are
/// computed.
pub(super) fn rouge_l(answer: &str, reference: &str) -> f64 {
    let (answer, reference) = (sentences(answer), sentences(reference));
    if answer.is_empty() || reference.is_empty() {
        return 0.0;
    }
    let distinct = |sentences: &[Vec<String>]| sentences.iter().flatten().collect::<HashSet<_>>().len() as f64;
    let mut union: HashSet<&str> = HashSet::new();
    for one in &reference {
        for other in &answer {
            union.extend(common(one, other));
        }
    }
    let (precision, recall) = (union.len() as f64 / distinct(&answer), union.len() as f64 / distinct(&reference));
    2.0 * (precision * recall / (precision + recall + 1e-8))
}

/// Sentences as lists of words. An empty piece between white space is a sentence of one empty word, as there.
fn sentences(text: &str) -> Vec<Vec<String>> {
    let pieces = text.split('.').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let words: Vec<String> = piece.split_whitespace().map(str::to_owned).collect();
            if words.is_empty() { vec![String::new()] } else { words }
        })
        .collect()
}

/// The words of a longest common subsequence; of several the one that the package's way back through the table finds.
fn common<'a>(x: &'a [String], y: &[String]) -> Vec<&'a str> {
    let width = y.len() + 1;
    let mut table = vec![0u32; (x.len() + 1) * width];
    for i in 1..=x.len() {
        for j in 1..=y.len() {
            table[i * width + j] = if x[i - 1] == y[j - 1] {
                table[(i - 1) * width + j - 1] + 1
            } else {
                table[(i - 1) * width + j].max(table[i * width + j - 1])
            };
        }
    }
    let (mut i, mut j, mut words) = (x.len(), y.len(), Vec::new());
    while i > 0 && j > 0 {
        if x[i - 1] == y[j - 1] {
            words.push(x[i - 1].as_str());
            (i, j) = (i - 1, j - 1);
        } else if table[(i - 1) * width + j] > table[i * width + j - 1] {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    words
}
