//! Whether an answer gives away who wrote it.
//!
//! A voter who knows the model no longer votes blindly, so such a battle's vote is kept and not counted. What counts is a
//! claim of the answer about *itself* next to a name (`I am Mixtral`, `由百度研发`): a model that talks about models gives
//! nothing away. The text is read as its reader sees it.
//!
//! ```text
//! answer ─▶ rendered (what a reader sees) ─▶ sentences ─▶ names (marked) ─▶ claims (patterns of six languages)
//! ```

mod claims;
mod indirect;
mod names;
mod patterns;
mod rendered;
#[cfg(test)]
mod tests;

pub use names::{NameLists, Names, RegisteredModel};

use claims::is_claim;

/// The longest sentence that is kept to show what decided.
const MAX_SHOWN: usize = 300;

/// The sentence of an answer that gives away who wrote it, as its reader sees it.
pub fn find_giveaway(answer: &str, names: &Names) -> Option<String> {
    let text = rendered::rendered(answer);
    giveaway_in(&text, names).or_else(|| {
        // Digits and signs that stand for letters: `M1xtral`.
        let letters = text.chars().any(|c| c.is_ascii_digit() || matches!(c, '@' | '$' | '|' | '!'));
        letters.then(|| giveaway_in(&unleeted(&text), names)).flatten()
    })
}

fn giveaway_in(text: &str, names: &Names) -> Option<String> {
    if let Some(name) = sole_name(text, names) {
        return Some(name);
    }
    text.lines().find_map(|paragraph| {
        let folded: String = paragraph.chars().map(rendered::simplified).collect();
        let marked = names.marked(&folded);
        if marked == folded {
            return None;
        }
        let mut asked = None;
        let found = sentences(&marked).find(|(at, sentence)| {
            let after = &marked[*at + sentence.len()..];
            let question = asked.replace((*at, *sentence));
            is_claim(&marked[..*at], sentence, after)
                || question.is_some_and(|(begin, asked)| is_answer(&marked[..begin], asked, sentence, after))
        })?;
        // The same sentence with its names: sentences are counted, as names change their lengths.
        let number = sentences(&marked).take_while(|(at, _)| *at < found.0).count();
        let shown = sentences(paragraph).nth(number).map_or(paragraph, |(_, sentence)| sentence);
        Some(shown.trim().chars().take(MAX_SHOWN).collect())
    })
}

/// Whether a sentence answers a question about the writer that the writer asked: `My name? It's …`.
fn is_answer(before: &str, question: &str, answer: &str, after: &str) -> bool {
    let Some(question) = question.trim_end().strip_suffix(['?', '？']) else { return false };
    // A name in the question is what is asked about.
    let has_name = question.chars().any(|c| names::NameKind::of_mark(c).is_some());
    !has_name && is_claim(before, &format!("{}: {}", question.trim_end(), without_opening(answer)), after)
}

/// An answer less the words that only open it.
fn without_opening(answer: &str) -> &str {
    let openings = ["it's ", "it is ", "that's ", "that is ", "c'est ", "es ", "das ist ", "就是", "当然是", "是"];
    let answer = answer.trim_start();
    let opens = |opening: &&str| answer.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening));
    openings.iter().find(|opening| opens(opening)).map_or(answer, |opening| answer[opening.len()..].trim_start())
}

/// An answer that is a model's name and nothing else.
fn sole_name(text: &str, names: &Names) -> Option<String> {
    let bare = text.trim().trim_matches(|c: char| !c.is_alphanumeric());
    if bare.is_empty() || bare.len() > 80 {
        return None;
    }
    let marked = names.marked(&bare.chars().map(rendered::simplified).collect::<String>());
    let mut marks = marked.chars();
    let kind = marks.next().and_then(names::NameKind::of_mark)?;
    let is_model = matches!(kind, names::NameKind::Model | names::NameKind::Both);
    (marks.next().is_none() && is_model).then(|| bare.to_owned())
}

/// The sentences of a paragraph and where they begin. A full stop ends one only before a space or at the end.
fn sentences(paragraph: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut begin = 0;
    let mut chars = paragraph.char_indices().peekable();
    std::iter::from_fn(move || {
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            let ends = match c {
                '。' | '！' | '？' | '；' | '!' | '?' | ';' => true,
                '.' => next.is_none_or(|c| c.is_whitespace() || "\"”»」'".contains(c)),
                _ => false,
            };
            if ends {
                let end = at + c.len_utf8();
                let sentence = (begin, &paragraph[begin..end]);
                begin = end;
                return Some(sentence);
            }
        }
        let rest = &paragraph[begin..];
        let at = begin;
        begin = paragraph.len();
        (!rest.is_empty()).then_some((at, rest))
    })
}

/// Letters instead of the digits and signs that stand for them inside words.
fn unleeted(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_alphabetic);
    let letter = |(at, c): (usize, &char)| {
        let inside = is_letter(at.checked_sub(1)) || is_letter(at.checked_add(1));
        match c {
            '0' if inside => 'o',
            '1' | '|' | '!' if is_letter(at.checked_add(1)) && inside => 'i',
            '3' if inside => 'e',
            '4' | '@' if inside => 'a',
            '5' | '$' if inside => 's',
            '7' if inside => 't',
            c => *c,
        }
    };
    chars.iter().enumerate().map(letter).collect()
}
