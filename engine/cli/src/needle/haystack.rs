//! A long text with a sentence in it.

use mixtral_engine::text::{Encoding, Tokenizer};

/// Where sentences end.
const ENDS: [char; 7] = ['.', '!', '?', '。', '！', '？', '\n'];

/// The text and the sentence.
pub struct Haystack<'a> {
    text: &'a str,
    needle: &'a str,
    /// Tokens of the sentence.
    needle_tokens: usize,
}

impl<'a> Haystack<'a> {
    pub fn new(text: &'a str, needle: &'a str, tokenizer: &Tokenizer) -> Self {
        Self { text, needle, needle_tokens: encode(tokenizer, needle).len() + 2 }
    }

    /// As much of the text as fits into so many tokens together with the sentence, which stands after this share of it. A text
    /// that is too short is repeated.
    pub fn with_needle(&self, tokenizer: &Tokenizer, tokens: usize, depth: u32) -> String {
        let room = tokens.saturating_sub(self.needle_tokens);
        let mut hay = String::new();
        while encode(tokenizer, &hay).len() < room {
            hay.push_str(self.text);
            hay.push('\n');
        }
        // The longest beginning that fits, by halving.
        let ends: Vec<usize> = hay.char_indices().map(|(at, _)| at).chain([hay.len()]).collect();
        let fits = ends.partition_point(|end| encode(tokenizer, &hay[..*end]).len() <= room);
        hay.truncate(ends[fits.saturating_sub(1)]);
        insert(&hay, self.needle, depth)
    }
}

/// As the model's tokens, without any that stand for a beginning.
fn encode(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.encode(text, Encoding { add_special: false, parse_special: false })
}

/// Puts a sentence after this share of a text, in percent: at the end of the sentence before.
fn insert(hay: &str, needle: &str, depth: u32) -> String {
    let mut wanted = hay.len() * depth as usize / 100;
    while !hay.is_char_boundary(wanted) {
        wanted -= 1;
    }
    let at = if depth >= 100 {
        hay.len()
    } else {
        hay[..wanted].rfind(ENDS).map_or(0, |end| end + hay[end..].chars().next().map_or(1, char::len_utf8))
    };
    let (before, after) = hay.split_at(at);
    format!("{before} {needle} {after}").trim().to_owned()
}

/// The share of the wanted texts that an answer holds, whatever the case of letters.
pub fn share(answer: &str, wanted: &[String]) -> f64 {
    let answer = answer.to_lowercase();
    let hits = wanted.iter().filter(|text| answer.contains(&text.to_lowercase())).count();
    hits as f64 / wanted.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_stands_between_sentences_at_its_depth() {
        let hay = "One. Two! 三。Four?";
        assert_eq!(insert(hay, "N.", 0), "N. One. Two! 三。Four?");
        assert_eq!(insert(hay, "N.", 50), "One. Two! N.  三。Four?");
        assert_eq!(insert(hay, "N.", 80), "One. Two! 三。 N. Four?");
        assert_eq!(insert(hay, "N.", 100), "One. Two! 三。Four? N.");
        assert_eq!(insert("", "N.", 50), "N.");
    }

    #[test]
    fn an_answer_is_right_by_what_it_must_hold() {
        let wanted = ["Sandwich".to_owned(), "park".to_owned()];
        assert_eq!(
            (share("a sandwich in the Park", &wanted), share("a SANDWICH", &wanted), share("no", &wanted)),
            (1.0, 0.5, 0.0)
        );
    }
}
