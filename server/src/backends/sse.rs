//! Server-sent events from bytes: any chunk borders, any line ends, bounded.

use super::error::{BackendError, ErrorKind};

/// The longest line. A token needs a few hundred bytes; a whole answer in one event fits too.
const LINE_BYTES: usize = 4 << 20;

/// What one event carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The joined `data:` lines.
    Data(String),
    /// The data of an event named `error`, or of llama.cpp's `error:` field.
    Error(String),
    /// A comment or an empty event: the server is alive.
    KeepAlive,
}

/// Splits a byte stream into events.
#[derive(Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    after_cr: bool,
    data: Vec<String>,
    data_bytes: usize,
    is_error: bool,
    begun: bool,
}

impl Parser {
    /// Takes the next bytes and returns the events that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, BackendError> {
        let mut events = Vec::new();
        for &byte in bytes {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    // Decoded line by line: a character cut by a chunk border is whole again here.
                    events.extend(self.end_line(&String::from_utf8_lossy(&line)));
                }
                _ => {
                    self.after_cr = false;
                    self.line.push(byte);
                }
            }
            if self.line.len() + self.data_bytes > LINE_BYTES {
                return Err(BackendError::new(
                    ErrorKind::AnswerTooLarge,
                    format!("one event is longer than {LINE_BYTES} bytes"),
                ));
            }
        }
        Ok(events)
    }

    /// The stream has ended: what stands in the buffer counts, although the empty line is missing.
    pub(super) fn finish(&mut self) -> Vec<Event> {
        let line = std::mem::take(&mut self.line);
        let mut events: Vec<_> = self.end_line(&String::from_utf8_lossy(&line)).into_iter().collect();
        if !line.is_empty() {
            events.extend(self.end_event());
        }
        events
    }

    fn end_line(&mut self, line: &str) -> Option<Event> {
        let line = if self.begun { line } else { line.trim_start_matches('\u{feff}') };
        self.begun = true;
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => return Some(Event::KeepAlive),
            "data" => {
                // Each `data:` line of this protocol is a JSON text of its own; servers that forget
                // the empty line between two events are understood by not waiting for it.
                let joined = !self.data.is_empty() && is_complete(&self.data.join("\n"));
                let before = if joined { self.end_event() } else { None };
                self.data_bytes += value.len();
                self.data.push(value.to_owned());
                return before;
            }
            "event" => self.is_error = value.trim() == "error",
            "error" => {
                self.is_error = true;
                self.data_bytes += value.len();
                self.data.push(value.to_owned());
            }
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        let is_error = std::mem::take(&mut self.is_error);
        self.data_bytes = 0;
        if self.data.is_empty() {
            return None;
        }
        let text = std::mem::take(&mut self.data).join("\n");
        Some(match (is_error, text.trim().is_empty()) {
            (_, true) => Event::KeepAlive,
            (true, _) => Event::Error(text),
            (false, _) => Event::Data(text),
        })
    }
}

fn is_complete(data: &str) -> bool {
    data.trim() == "[DONE]" || serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(parts: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::default();
        let mut events: Vec<Event> = parts.iter().flat_map(|part| parser.push(part).unwrap()).collect();
        events.extend(parser.finish());
        events
    }

    fn data(text: &str) -> Event {
        Event::Data(text.into())
    }

    #[test]
    fn every_line_end_and_missing_separators_are_understood() {
        let expected = vec![data("{\"a\":1}"), data("[DONE]")];
        for text in [
            "data: {\"a\":1}\n\ndata: [DONE]\n\n",
            "data: {\"a\":1}\r\n\r\ndata: [DONE]\r\n\r\n",
            "data: {\"a\":1}\r\rdata: [DONE]\r\r",
            "data:{\"a\":1}\n\ndata:[DONE]",
            "data: {\"a\":1}\ndata: [DONE]\n",
            "\u{feff}id: 7\nretry: 10\nevent: message\ndata: {\"a\":1}\n\n\n\ndata: [DONE]\n\n",
        ] {
            assert_eq!(all(&[text.as_bytes()]), expected, "{text:?}");
        }
    }

    #[test]
    fn comments_are_signs_of_life_and_errors_are_errors() {
        assert_eq!(
            all(&[b": ping\n\nevent: error\ndata: {}\n\nerror: {\"m\":1}\n\ndata:\n\n"]),
            vec![Event::KeepAlive, Event::Error("{}".into()), Event::Error("{\"m\":1}".into()), Event::KeepAlive]
        );
    }

    #[test]
    fn json_spread_over_several_data_lines_is_joined() {
        assert_eq!(all(&[b"data: {\ndata: \"a\":1}\n\n"]), vec![data("{\n\"a\":1}")]);
    }

    #[test]
    fn a_gigantic_line_is_refused_before_it_fills_the_memory() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; 1 << 20];
        let refused = (0..6).find_map(|_| parser.push(&chunk).err());
        assert_eq!(refused.unwrap().kind, ErrorKind::AnswerTooLarge);
    }

    proptest! {
        #[test]
        fn chunk_borders_never_matter(cuts in proptest::collection::vec(0usize..120, 0..8)) {
            let text = "data: {\"t\":\"春眠不觉晓🌸\"}\r\n\r\n: hm\ndata: {\"t\":\"é\"}\n\ndata: [DONE]\n\n".as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(all(&parts), all(&[text]));
        }
    }
}
