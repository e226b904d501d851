//! Stop strings: found across token borders, and never shown, not even in part.

/// What may be shown after more text has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Text that is certainly not part of a stop string.
    pub text: String,
    /// The stop string that was met; nothing follows.
    pub stop: Option<String>,
}

/// Watches a growing text for stop strings.
#[derive(Debug, Clone, Default)]
pub struct StopMatcher {
    stops: Vec<String>,
    held: String,
}

impl StopMatcher {
    /// Watches for any of these; empty ones are ignored.
    #[must_use]
    pub fn new(stops: Vec<String>) -> Self {
        Self { stops: stops.into_iter().filter(|s| !s.is_empty()).collect(), held: String::new() }
    }

    /// Takes more text. Of several stop strings the one that is complete first counts, and of those
    /// the longest.
    pub fn push(&mut self, text: &str) -> Stopped {
        // Text is looked at as it grows, one character at a time, so that the answer does not
        // depend on how the text was cut into tokens.
        let mut shown = String::new();
        for c in text.chars() {
            self.held.push(c);
            let met = self.stops.iter().filter(|s| self.held.ends_with(s.as_str())).max_by_key(|s| s.len());
            if let Some(stop) = met.cloned() {
                self.held.truncate(self.held.len() - stop.len());
                shown.push_str(&self.held);
                self.held.clear();
                return Stopped { text: shown, stop: Some(stop) };
            }
            let keep = self.open_len();
            shown.extend(self.held.drain(..self.held.len() - keep));
        }
        Stopped { text: shown, stop: None }
    }

    /// Gives up what was held back: the text has ended without a stop string.
    #[must_use]
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Bytes at the end of what is held that may be the beginning of a stop string.
    fn open_len(&self) -> usize {
        self.held
            .char_indices()
            .map(|(at, _)| &self.held[at..])
            .find(|tail| self.stops.iter().any(|s| s.starts_with(tail)))
            .map_or(0, str::len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(stops: &[&str], pieces: &[&str]) -> (String, Option<String>) {
        let mut matcher = StopMatcher::new(stops.iter().map(|s| (*s).to_owned()).collect());
        let mut text = String::new();
        for piece in pieces {
            let got = matcher.push(piece);
            text.push_str(&got.text);
            if got.stop.is_some() {
                return (text, got.stop);
            }
        }
        text.push_str(&matcher.finish());
        (text, None)
    }

    #[test]
    fn a_stop_string_across_token_borders_is_met_and_not_shown() {
        assert_eq!(
            run(&["\n\nUser:"], &["好。\n", "\nUs", "er: 再来"]),
            ("好。".to_owned(), Some("\n\nUser:".to_owned()))
        );
    }

    #[test]
    fn what_was_held_back_is_released_when_it_is_no_stop_string() {
        assert_eq!(run(&["。。。"], &["一。", "。", "二"]), ("一。。二".to_owned(), None));
        assert_eq!(run(&["abc"], &["ab"]), ("ab".to_owned(), None));
    }

    #[test]
    fn text_is_shown_as_soon_as_it_is_safe() {
        let mut matcher = StopMatcher::new(vec!["xyz".to_owned()]);
        assert_eq!(matcher.push("abx").text, "ab");
        assert_eq!(matcher.push("c").text, "xc");
    }

    proptest! {
        #[test]
        fn the_result_does_not_depend_on_the_cuts(
            text in "[abc春]{0,24}", stops in proptest::collection::vec("[abc春]{1,4}", 0..4), cuts in proptest::collection::vec(1usize..5, 0..24),
        ) {
            let mut matcher = StopMatcher::new(stops.clone());
            let whole = matcher.push(&text);
            let whole = if whole.stop.is_some() { (whole.text, whole.stop) } else { (whole.text + &matcher.finish(), None) };

            let chars: Vec<char> = text.chars().collect();
            let (mut pieces, mut at) = (Vec::new(), 0usize);
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let end = at.saturating_add(cut).min(chars.len());
                pieces.push(chars[at..end].iter().collect::<String>());
                at = end;
            }
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let cut = run(&stops, &pieces);
            prop_assert_eq!(&cut, &whole);
            match &whole.1 {
                Some(stop) => {
                    prop_assert!(text.starts_with(&(whole.0.clone() + stop)));
                    prop_assert!(stops.iter().all(|s| !whole.0.contains(s)));
                }
                None => {
                    prop_assert_eq!(&whole.0, &text);
                    prop_assert!(stops.iter().all(|s| !text.contains(s)));
                }
            }
        }
    }
}
