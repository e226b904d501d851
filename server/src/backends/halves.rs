//! Characters that come in two halves. JSON writes a character beyond U+FFFF as two escapes, and some servers cut between
//! them: `"\\ud83d"` in one chunk, `"\\ude00"` in the next. Neither is a text of its own (RFC 8259, section 8.2).

use serde_json::Value;

/// Where halves stand between reading and joining: the end of the last private plane, one character for each half.
const MARKS: u32 = 0x0010_F800;
const FIRST: u16 = 0xD800;
const LAST: u16 = 0xDFFF;

/// A JSON text, and whether it holds marks in the place of halves.
pub(super) struct Lenient {
    pub(super) value: Value,
    pub(super) has_halves: bool,
}

/// Reads JSON in which halves of characters may stand alone, and what some servers write that is none: NaN, infinities and
/// numbers beyond all bounds, which become null, and control characters in texts.
pub(super) fn lenient_json(text: &str) -> serde_json::Result<Lenient> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(Lenient { value, has_halves: false }),
        Err(error) => match mended(text) {
            Some((mended, has_halves)) => Ok(Lenient { value: serde_json::from_str(&mended)?, has_halves }),
            None => Err(error),
        },
    }
}

/// The text as JSON, with marks for escapes of single halves, and whether there are any; `None` where nothing had to change.
fn mended(text: &str) -> Option<(String, bool)> {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut rest, mut is_text, mut has_changed, mut has_halves) = (text, false, false, false);
    while let Some(c) = rest.chars().next() {
        let (length, instead) = match c {
            '"' => {
                is_text = !is_text;
                (1, None)
            }
            '\\' if is_text => {
                let (length, half) = escape(rest);
                has_halves |= half.is_some();
                (length, half.map(|half| mark(half).to_string()))
            }
            c if is_text && c.is_ascii_control() => (1, Some(format!("\\u{:04x}", u32::from(c)))),
            c if is_text => (c.len_utf8(), None),
            _ => {
                let length =
                    rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len());
                // `parse` knows the names of what is no number in any case.
                let is_none = rest[..length].parse::<f64>().is_ok_and(|number| !number.is_finite());
                (length.max(c.len_utf8()), is_none.then(|| "null".to_owned()))
            }
        };
        has_changed |= instead.is_some();
        out.push_str(instead.as_deref().unwrap_or(&rest[..length]));
        rest = &rest[length..];
    }
    has_changed.then_some((out, has_halves))
}

/// The length of the escape at the start of this text, and the half of a character that it writes alone.
fn escape(text: &str) -> (usize, Option<u16>) {
    let first = escaped(text).filter(|unit| (FIRST..=LAST).contains(unit));
    let second = first.and_then(|_| escaped(&text[6..])).filter(|unit| is_low(*unit) && *unit <= LAST);
    match (first, second) {
        (Some(first), Some(_)) if !is_low(first) => (12, None),
        (Some(half), _) => (6, Some(half)),
        // A backslash and what it escapes.
        (None, _) => (1 + text[1..].chars().next().map_or(0, char::len_utf8), None),
    }
}

/// The unit that an escape at the start of this text writes.
fn escaped(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

const fn is_low(half: u16) -> bool {
    half >= 0xDC00
}

fn mark(half: u16) -> char {
    char::from_u32(MARKS + u32::from(half - FIRST)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn half(mark: char) -> Option<u16> {
    let offset = u32::from(mark).checked_sub(MARKS)?;
    u16::try_from(offset).ok().map(|offset| FIRST + offset)
}

/// Joins halves across chunks.
#[derive(Debug, Default)]
pub(super) struct Halves {
    first: Option<u16>,
}

impl Halves {
    /// The text of a chunk with whole characters; a half that stays alone is shown as U+FFFD.
    pub(super) fn join(&mut self, text: String, has_halves: bool) -> String {
        if text.is_empty() || (!has_halves && self.first.is_none()) {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            let now = if has_halves { half(c) } else { None };
            match (self.first.take(), now) {
                (Some(first), Some(second)) if is_low(second) => {
                    out.extend(char::decode_utf16([first, second]).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
                    continue;
                }
                (Some(_), _) => out.push(char::REPLACEMENT_CHARACTER),
                (None, _) => {}
            }
            match now {
                Some(second) if is_low(second) => out.push(char::REPLACEMENT_CHARACTER),
                first @ Some(_) => self.first = first,
                None => out.push(c),
            }
        }
        out
    }

    /// What is left at the end.
    pub(super) fn finish(&mut self) -> &'static str {
        if self.first.take().is_some() { "\u{FFFD}" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of chunks, joined.
    fn joined(chunks: &[&str]) -> String {
        let mut halves = Halves::default();
        let mut out = String::new();
        for chunk in chunks {
            let json = lenient_json(&format!("\"{chunk}\"")).unwrap();
            let text = json.value.as_str().unwrap().to_owned();
            out += &halves.join(text, json.has_halves);
        }
        out + halves.finish()
    }

    #[test]
    fn halves_of_a_character_find_each_other_across_chunks() {
        assert_eq!(joined(&[r"a\ud83d", r"\ude00b"]), "a😀b");
        assert_eq!(joined(&[r"\uD83D", "", r"\uDE00\ud83d", r"\ude01"]), "😀😁");
        assert_eq!(joined(&[r"\ud83d\ude00\ud83d", r"\ude01"]), "😀😁");
        assert_eq!(joined(&[r"\\ud83d \n", r"\ude00"]), "\\ud83d \n\u{FFFD}");
        assert_eq!(joined(&[r"\ud83d", "x", r"\ude00"]), "\u{FFFD}x\u{FFFD}");
        assert_eq!(joined(&[r"\ud83d\ud83d", r"\ude00"]), "\u{FFFD}😀");
        assert_eq!(joined(&["a", r"b\ud83d"]), "ab\u{FFFD}");
        assert_eq!(joined(&["\u{10F83D}", "\u{10FFFF}好"]), "\u{10F83D}\u{10FFFF}好");
    }

    #[test]
    fn what_some_servers_write_for_no_number_and_raw_control_characters_are_read() {
        let read = |text: &str| lenient_json(text).map(|json| json.value);
        let text = r#"{"a":NaN,"b":[-Infinity,Infinity,1e999,-0.5],"c":"NaN, \"Infinity\" \\","d":"\ud83d"}"#;
        let value = read(text).unwrap();
        assert_eq!(value["a"], Value::Null);
        assert_eq!(value["b"], serde_json::json!([null, null, null, -0.5]));
        assert_eq!(value["c"], "NaN, \"Infinity\" \\");
        assert_eq!(read("{\"a\":\"x\ty\u{1}\"}").unwrap()["a"], "x\ty\u{1}");
        for text in ["{\"a\":nope}", "{\"a\":1-}", "NaN NaN", "{\"a\":NaN"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in [r#""\ud8""#, r#"{"a":"\ud83d"#, r#""\ud83d" x"#, r#""\x""#, "\"\\"] {
            assert!(lenient_json(text).is_err(), "{text}");
        }
    }
}
