//! What share of answers has what was asked for.

use std::collections::HashSet;

use crate::i18n::{Language, percent};
use crate::poetry::judge;

/// Shorter answers, a couplet's line for example, were written by many a poet.
const COPY_FROM: usize = 10;

/// Counts of what was right, and of how many.
#[derive(Default)]
pub struct Tally {
    form: (usize, usize),
    couplet: (usize, usize),
    first: (usize, usize),
    tune: (usize, usize),
    rhymes: (usize, usize),
    poets: (usize, usize),
    copied: (usize, usize),
}

/// Characters alone: a copy with another punctuation is one all the same.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Tally {
    /// Judges an answer; `learnt` are those of the training files.
    pub fn add(&mut self, question: &str, poet: &str, answer: &str, learnt: &HashSet<String>) {
        let judged = judge(question, poet, answer);
        let count = |(right, all): &mut (usize, usize), judged: Option<bool>| {
            *right += usize::from(judged == Some(true));
            *all += usize::from(judged.is_some());
        };
        count(&mut self.form, judged.form);
        count(&mut self.couplet, judged.couplet);
        count(&mut self.first, judged.first);
        count(&mut self.tune, judged.tune);
        let add = |(right, all): &mut (usize, usize), (pairs, agree): (usize, usize)| {
            *right += agree;
            *all += pairs;
        };
        add(&mut self.rhymes, judged.rhymes);
        add(&mut self.poets, judge(question, poet, poet).rhymes);
        let answer = plain(answer);
        let long = answer.chars().count() >= COPY_FROM;
        count(&mut self.copied, long.then(|| learnt.contains(&answer)));
    }

    /// Prints the shares; that of copies where there was something to compare with.
    pub fn print(&self, number: usize, compared: bool, language: Language) {
        let rows = [
            ("poetry-form", self.form),
            ("poetry-couplet", self.couplet),
            ("poetry-first-line", self.first),
            ("poetry-tune", self.tune),
            ("poetry-rhymes", self.rhymes),
            ("poetry-rhymes-of-poets", self.poets),
            ("poetry-copied", self.copied),
        ];
        let shown = if compared { rows.len() } else { rows.len() - 1 };
        say!("{}", t!(language, "poetry-requests", count = number));
        for (name, (right, all)) in &rows[..shown] {
            let (name, share) = (t!(language, name), percent(*right as f64, *all as f64));
            say!("{}", t!(language, "poetry-row", name = name, right = *right, all = *all, share = share));
        }
    }
}
