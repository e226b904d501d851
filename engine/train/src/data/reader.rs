//! Training files. What is bad is refused by file and line; what is too long is left out or cut, and counted.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::document::{Data, Document};
use super::encode::{Encoded, Reader};
use super::layout::{Layout, Place, elements, lines, text_of};
use super::record::Record;
use crate::error::{LineFault, Result};

/// Examples that are made into tokens at a time, on all threads.
const AT_ONCE: usize = 1024;

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub files: usize,
    /// Texts, conversations or pairs that are trained on.
    pub examples: usize,
    /// Those of them that were cut to the context.
    pub cut: usize,
    /// Left out because the prompt alone is longer than the context.
    pub too_long: usize,
    /// Pairs left out because both answers are the same.
    pub same: usize,
    /// Tokens of all documents.
    pub tokens: usize,
}

/// Where examples go.
#[derive(Default)]
struct Collected {
    documents: Vec<Document>,
    /// What was joined so far and fills no block.
    joined: Vec<u32>,
    counts: Counts,
    waiting: Vec<(Place, Record)>,
}

impl Reader<'_> {
    /// Reads files one after another. `progress` gets bytes: read, and in all.
    ///
    /// # Errors
    /// The file and the line at fault, and what was expected there.
    pub fn read_all(&self, files: &[PathBuf], progress: &mut dyn FnMut(u64, u64)) -> Result<(Data, Counts)> {
        let size = |path: &PathBuf| std::fs::metadata(path).map(|found| found.len());
        let all = files.iter().map(|path| size(path).map_err(mixtral_engine::Error::io(path)));
        let all: u64 = all.collect::<mixtral_engine::Result<Vec<_>>>()?.iter().sum();
        let (mut data, mut counts, mut before) = (Data::default(), Counts::default(), 0);
        for path in files {
            let bytes = std::fs::read(path).map_err(mixtral_engine::Error::io(path))?;
            let mut each = |done: u64| progress((before + done).min(all), all);
            let (more, counted) = self.parse_with(&bytes, &path.display().to_string(), &mut each)?;
            data.documents.extend(more.documents);
            counts.add(&counted);
            before += bytes.len() as u64;
        }
        Ok((data, counts))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Self::read_all`].
    pub fn read(&self, path: &Path) -> Result<Data> {
        Ok(self.read_all(&[path.to_owned()], &mut |_, _| {})?.0)
    }

    /// Reads the contents of a file called `name`.
    ///
    /// # Errors
    /// As [`Self::read_all`].
    pub fn parse(&self, bytes: &[u8], name: &str) -> Result<Data> {
        Ok(self.parse_with(bytes, name, &mut |_| {})?.0)
    }

    /// The same with its counts; `progress` gets the bytes that are read.
    fn parse_with(&self, bytes: &[u8], name: &str, progress: &mut dyn FnMut(u64)) -> Result<(Data, Counts)> {
        let text = text_of(bytes, name)?;
        let mut out = Collected { counts: Counts { files: 1, ..Counts::default() }, ..Collected::default() };
        let layout = Layout::of(name, text);
        let mut put = |place: Place, record: Result<Record, LineFault>| -> Result<()> {
            let record = record.and_then(|record| self.fits(record)).map_err(|fault| place.fault(name, fault))?;
            out.waiting.push((place, record));
            if out.waiting.len() == AT_ONCE {
                progress(place.offset as u64);
                self.flush(&mut out, name)?;
            }
            Ok(())
        };
        match layout {
            Layout::Text => {
                for (place, line) in lines(text).filter(|(_, line)| !line.trim().is_empty()) {
                    put(place, Ok(Record::Text(line.to_owned())))?;
                }
            }
            Layout::Lines => {
                for (place, line) in lines(text) {
                    put(place, read_line(line))?;
                }
            }
            Layout::Array => {
                for (place, value) in elements(text) {
                    put(place, value.and_then(|value| Record::read(&value)))?;
                }
            }
        }
        self.flush(&mut out, name)?;
        if out.joined.len() > 1 {
            out.documents.push(self.block(std::mem::take(&mut out.joined)));
        }
        progress(bytes.len() as u64);
        out.counts.tokens = out.documents.iter().map(|document| document.tokens.len()).sum();
        Ok((Data { documents: out.documents }, out.counts))
    }

    /// Makes what waits into documents, on all threads, in order.
    fn flush(&self, out: &mut Collected, name: &str) -> Result<()> {
        let waiting = std::mem::take(&mut out.waiting);
        let encode = |(place, record): (Place, Record)| (place, self.encode(record));
        let done: Vec<_> = waiting.into_par_iter().map(encode).collect();
        for (place, encoded) in done {
            match encoded.map_err(|fault| place.fault(name, fault))? {
                Encoded::Text(tokens) => self.text(tokens, out),
                Encoded::Documents(documents, is_cut) => {
                    out.documents.extend(documents);
                    out.counts.cut += usize::from(is_cut);
                }
                Encoded::TooLong => {
                    out.counts.too_long += 1;
                    continue;
                }
                Encoded::Same => {
                    out.counts.same += 1;
                    continue;
                }
            }
            out.counts.examples += 1;
        }
        Ok(())
    }

    /// A text; one longer than the context is cut into blocks.
    fn text(&self, tokens: Vec<u32>, out: &mut Collected) {
        if self.join {
            out.joined.extend(tokens);
            let mut from = 0;
            while out.joined.len() - from > self.context {
                out.documents.push(self.block(out.joined[from..=from + self.context].to_vec()));
                from += self.context;
            }
            out.joined.drain(..from);
            return;
        }
        // A block shares one token with the next: its last target is the other's first input.
        let mut from = 0;
        while from + 1 < tokens.len() {
            let to = (from + self.context + 1).min(tokens.len());
            out.documents.push(Document { tokens: tokens[from..to].to_vec(), loss_spans: vec![(1, to - from)] });
            from = to - 1;
        }
    }

    /// A block of joined texts. Everything is learnt but the begin tokens, which nothing before them leads to.
    fn block(&self, tokens: Vec<u32>) -> Document {
        let begin = self.tokenizer.vocabulary().bos();
        let mut loss_spans: Vec<(usize, usize)> = Vec::new();
        for at in (1..tokens.len()).filter(|&at| Some(tokens[at]) != begin) {
            match loss_spans.last_mut() {
                Some((_, to)) if *to == at => *to = at + 1,
                _ => loss_spans.push((at, at + 1)),
            }
        }
        Document { tokens, loss_spans }
    }
}

/// A line of JSON lines.
fn read_line(line: &str) -> Result<Record, LineFault> {
    if line.trim().is_empty() {
        return Err(LineFault::Empty);
    }
    let value: Value = serde_json::from_str(line).map_err(|e| LineFault::Json(e.to_string()))?;
    Record::read(&value)
}

impl Counts {
    /// Adds those of more files.
    pub fn add(&mut self, more: &Self) {
        let Self { files, examples, cut, too_long, same, tokens } = more;
        self.files += files;
        self.examples += examples;
        self.cut += cut;
        self.too_long += too_long;
        self.same += same;
        self.tokens += tokens;
    }

    /// Whether anything was left out or cut.
    pub fn is_whole(&self) -> bool {
        self.cut + self.too_long + self.same == 0
    }
}
