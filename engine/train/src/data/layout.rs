//! How a file holds its examples: found by what is in it, and taken apart.

use serde_json::{Deserializer, Value};

use super::record::is_record;
use crate::error::{Error, LineFault, Result};

/// How a file holds its examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Plain text: each line is a document, as the published scripts read it.
    Text,
    /// A JSON object a line.
    Lines,
    /// One JSON array of objects.
    Array,
}

impl Layout {
    /// A file's layout. Its name alone decides only where it ends as JSON's do.
    pub fn of(name: &str, text: &str) -> Self {
        let start = text.trim_start();
        let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_json = ["json", "jsonl", "ndjson"].contains(&ending.as_str());
        let first = |text: &str| Deserializer::from_str(text).into_iter::<Value>().next();
        let begins = |text: &str| matches!(first(text), Some(Ok(value)) if is_record(&value));
        match start.strip_prefix('[') {
            Some(rest) if is_json || begins(rest) => Self::Array,
            None if is_json || (start.starts_with('{') && begins(start)) => Self::Lines,
            _ => Self::Text,
        }
    }
}

/// Where an example stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line that it begins in, from 1.
    pub line: usize,
    /// Its index in the array, where it stands in one.
    pub index: Option<usize>,
    /// The bytes before it.
    pub offset: usize,
}

impl Place {
    /// Says what is wrong there.
    pub fn fault(self, file: &str, fault: LineFault) -> Error {
        let (file, line) = (file.to_owned(), self.line);
        match self.index {
            None => Error::Line { file, line, fault },
            Some(index) => Error::Item { file, line, index, fault },
        }
    }
}

/// A file's bytes as text: without a byte order mark, in lines that end as Unix has them end.
///
/// # Errors
/// The file is empty, or not UTF-8; what it is instead is said where it can be told.
pub fn text_of<'a>(bytes: &'a [u8], file: &str) -> Result<&'a str> {
    let file = || file.to_owned();
    if bytes.is_empty() {
        return Err(Error::EmptyFile { file: file() });
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Error::Utf16 { file: file() });
    }
    if bytes.contains(&0) {
        return Err(Error::NotText { file: file() });
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let is_chinese = is_gbk(bytes);
        let fault = if is_chinese { LineFault::Gbk } else { LineFault::NotUtf8(good.len() - start) };
        Error::Line { file: file(), line, fault }
    })
}

/// Whether bytes that are not UTF-8 could be GBK or GB18030: every byte above ASCII leads a pair, or four bytes.
fn is_gbk(bytes: &[u8]) -> bool {
    let leads = |byte: u8| (0x81..=0xFE).contains(&byte);
    let mut rest = bytes;
    loop {
        match *rest {
            [] => return true,
            [byte, ref after @ ..] if byte.is_ascii() => rest = after,
            [a, b, ref after @ ..] if leads(a) && b >= 0x40 && b != 0x7F && b != 0xFF => rest = after,
            [a, b, c, d, ref after @ ..] if leads(a) && leads(c) && b.is_ascii_digit() && d.is_ascii_digit() => {
                rest = after;
            }
            _ => return false,
        }
    }
}

/// Gives each line that holds a document.
pub fn lines(text: &str) -> impl Iterator<Item = (Place, &str)> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut offset = 0;
    text.split('\n').enumerate().map(move |(at, line)| {
        let place = Place { line: at + 1, index: None, offset };
        offset += line.len() + 1;
        (place, line.strip_suffix('\r').unwrap_or(line))
    })
}

/// Gives each element of the array that a text is, and at last what is wrong with the array.
pub fn elements(text: &str) -> impl Iterator<Item = (Place, Result<Value, LineFault>)> {
    let start = text.find('[').map_or(text.len(), |at| at + 1);
    Elements { text, at: start, line: 1 + count(&text[..start]), index: 0, done: false }
}

/// What a file holds, whatever it means: a plain text's lines as texts, or JSON's values.
///
/// # Errors
/// The file and the line that cannot be read.
pub fn values(bytes: &[u8], file: &str) -> Result<Vec<Value>> {
    let text = text_of(bytes, file)?;
    let json = |e: serde_json::Error| LineFault::Json(e.to_string());
    let checked = |(place, value): (Place, Result<Value, LineFault>)| value.map_err(|fault| place.fault(file, fault));
    match Layout::of(file, text) {
        Layout::Text => Ok(lines(text).map(|(_, line)| Value::String(line.to_owned())).collect()),
        Layout::Lines => {
            lines(text).map(|(at, line)| checked((at, serde_json::from_str(line).map_err(json)))).collect()
        }
        Layout::Array => elements(text).map(checked).collect(),
    }
}

struct Elements<'a> {
    text: &'a str,
    at: usize,
    /// The line of `at`.
    line: usize,
    index: usize,
    done: bool,
}

fn count(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

impl<'a> Elements<'a> {
    fn go(&mut self, bytes: usize) -> &'a str {
        self.line += count(&self.text[self.at..][..bytes]);
        self.at += bytes;
        &self.text[self.at..]
    }

    fn skip_space(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        self.go(rest.len() - rest.trim_start().len())
    }

    fn place(&self) -> Place {
        Place { line: self.line, index: Some(self.index), offset: self.at }
    }

    fn end(&mut self, fault: Option<LineFault>) -> Option<(Place, Result<Value, LineFault>)> {
        self.done = true;
        fault.map(|fault| (self.place(), Err(fault)))
    }
}

impl Iterator for Elements<'_> {
    type Item = (Place, Result<Value, LineFault>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let mut rest = self.skip_space();
        if let Some(after) = rest.strip_prefix(']') {
            let rubbish = !after.trim().is_empty();
            return self.end(rubbish.then(|| LineFault::Json("text after the array's end".into())));
        }
        if self.index > 0 {
            if !rest.starts_with(',') {
                return self.end(Some(LineFault::Json("expected `,` or `]`".into())));
            }
            self.go(1);
            rest = self.skip_space();
        }
        let place = self.place();
        let mut stream = Deserializer::from_str(rest).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                let bytes = stream.byte_offset();
                self.go(bytes);
                self.index += 1;
                Some((place, Ok(value)))
            }
            Some(Err(error)) => {
                self.line += error.line().saturating_sub(1);
                // Its own place is counted from the element's beginning.
                let text = error.to_string();
                self.end(Some(LineFault::Json(text.split(" at line ").next().unwrap_or_default().to_owned())))
            }
            None => self.end(Some(LineFault::Json("the array does not end".into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_layout_is_found_by_what_is_in_it() {
        for (name, text, layout) in [
            ("a.jsonl", "{\"text\": \"x\"}\n", Layout::Lines),
            ("a.txt", "{\"text\": \"x\"}\n{\"text\": \"y\"}\n", Layout::Lines),
            ("a.json", "\n [ {\"instruction\": 1}]", Layout::Array),
            ("a", "[{\"conversations\": []}]", Layout::Array),
            ("a.jsonl", "[\n{}]", Layout::Array),
            ("a.txt", "[注]春眠不觉晓\n", Layout::Text),
            ("a.txt", "[{\"x\": 1}]", Layout::Text),
            ("a.txt", "{not JSON}\n", Layout::Text),
            ("a.json", "text", Layout::Lines),
            ("book", "text", Layout::Text),
        ] {
            assert_eq!(Layout::of(name, text), layout, "{name}: {text}");
        }
    }

    #[test]
    fn an_arrays_elements_have_their_lines_and_its_end_is_looked_at() {
        let all = |text: &str| -> Vec<_> {
            elements(text).map(|(p, v)| (p.line, p.index.expect("one"), v.map(|v| v.to_string()))).collect()
        };
        let text = " [\n {\"a\": 1},\n\n {\"b\":\n 2}\n]\n";
        assert_eq!(all(text), [(2, 0, Ok("{\"a\":1}".into())), (4, 1, Ok("{\"b\":2}".into()))]);
        assert_eq!(all("[]"), []);
        for (text, line, index, said) in [
            ("[{},\n{}\n", 3, 2, "expected `,`"),
            ("[{},\n{\"a\":\n!}]", 3, 1, "expected value"),
            ("[{},\n", 2, 1, "does not end"),
            ("[\n{}]\nx", 2, 1, "after the array"),
            ("[{},]", 1, 1, "expected value"),
            ("[{} {}]", 1, 1, "expected `,`"),
        ] {
            let found = all(text);
            let Some((at, number, Err(LineFault::Json(what)))) = found.last() else { panic!("{text}: {found:?}") };
            assert!((*at, *number) == (line, index) && what.contains(said), "{text}: {at} {number} {what}");
        }
    }

    #[test]
    fn foreign_encodings_are_named() {
        let said = |bytes: &[u8]| text_of(bytes, "a.txt").map(str::to_owned).map_err(|error| error.to_string());
        assert_eq!(said("\u{feff}春".as_bytes()), Ok("春".to_owned()));
        // 春眠 in GBK, as Python's "春眠".encode("gbk") gives it.
        let gbk = said(b"ok\n\xB4\xBA\xC3\xDF\n").expect_err("GBK");
        assert!(gbk.contains("line 2") && gbk.contains("GBK") && gbk.contains("iconv"), "{gbk}");
        assert!(said(b"a\nb\xC3").expect_err("cut").contains("line 2: not UTF-8 after byte 1"));
        assert!(said(b"\xFF\xFEa\0").expect_err("UTF-16").contains("UTF-16"));
        assert!(said(b"PAR1\0\0").expect_err("binary").contains("not a text"));
        assert!(said(b"").expect_err("empty").contains("empty"));
    }
}
