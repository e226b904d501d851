//! Tokens to text while they come: a character is shown when all its bytes are there.

use super::tokenizer::Tokenizer;

/// Decodes one answer, token by token.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    skip_space: bool,
}

impl Decoder {
    /// A decoder for the middle of a text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A decoder that leaves out one space at the start: the space that a vocabulary with a space
    /// prefix puts before every text, and so before a model's answer.
    #[must_use]
    pub fn without_first_space() -> Self {
        Self { skip_space: true, ..Self::default() }
    }

    /// Takes a token and gives the text that became certain. Bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn push(&mut self, tokenizer: &Tokenizer, token: u32) -> String {
        let before = self.pending.len();
        tokenizer.append_bytes(token, &mut self.pending);
        if self.skip_space && self.pending.len() > before {
            self.skip_space = false;
            if self.pending.first() == Some(&b' ') {
                self.pending.remove(0);
            }
        }
        self.take(false)
    }

    /// The text has ended: what is still incomplete becomes U+FFFD.
    #[must_use]
    pub fn finish(&mut self) -> String {
        self.take(true)
    }

    fn take(&mut self, end: bool) -> String {
        let mut text = String::new();
        let mut rest = self.pending.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    rest = after;
                    match error.error_len() {
                        Some(bad) => {
                            text.push(char::REPLACEMENT_CHARACTER);
                            rest = &rest[bad..];
                        }
                        None if end => {
                            text.push(char::REPLACEMENT_CHARACTER);
                            rest = &[];
                            break;
                        }
                        None => break,
                    }
                }
            }
        }
        self.pending = rest.to_vec();
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tokenizer::tests::bytes_only;
    use super::*;

    fn decode(bytes: &[u8]) -> (Vec<String>, String) {
        let tokenizer = bytes_only();
        let mut decoder = Decoder::new();
        let pieces: Vec<String> = bytes.iter().map(|b| decoder.push(&tokenizer, u32::from(*b) + 3)).collect();
        let last = decoder.finish();
        let whole = pieces.concat() + &last;
        (pieces, whole)
    }

    #[test]
    fn a_character_comes_with_its_last_byte() {
        let (pieces, _) = decode("春a".as_bytes());
        assert_eq!(pieces, ["", "", "春", "a"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_do_not_stick() {
        assert_eq!(decode(&[0xFF, b'a', 0xE6, b'b', 0xE6, 0x98]).1, "\u{FFFD}a\u{FFFD}b\u{FFFD}");
    }

    proptest! {
        #[test]
        fn whole_and_piecewise_decoding_agree(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decode(&bytes).1, String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn text_comes_back_unchanged(text in "\\PC{0,20}") {
            prop_assert_eq!(decode(text.as_bytes()).1, text);
        }
    }
}
