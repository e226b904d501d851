//! Training files: JSON lines of texts (`{"text": …}`) or conversations (`{"messages": […]}`), made
//! into tokens. A bad line is refused by its number.

use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::batch::Batch;
use super::error::{Error, LineFault, Result};
use mixtral_engine::request::{Message, Role};
use mixtral_engine::text::{ChatTemplate, Encoding, Tokenizer};

/// A document in tokens, with what is to be learnt of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Begin token, text, end token.
    pub tokens: Vec<u32>,
    /// The parts that are loss_spans: from, to. Of a text everything, of a conversation the answers.
    pub loss_spans: Vec<(usize, usize)>,
}

/// The documents of a file.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// All of them, in the file's order.
    pub documents: Vec<Document>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    text: Option<String>,
    messages: Option<Vec<Said>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    role: String,
    content: String,
}

/// Turns lines into documents.
#[derive(Debug)]
pub struct Reader<'a> {
    /// The model's tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// The model's chat template.
    pub template: &'a ChatTemplate,
    /// The longest document, in tokens.
    pub context: usize,
    /// Whether texts are joined, end to end, and cut into full blocks, so that what stands before a text is seen from
    /// within it. Otherwise each is a document of its own.
    pub join: bool,
}

impl Reader<'_> {
    /// Reads a file.
    ///
    /// # Errors
    /// The file and the line at fault: not UTF-8, not JSON, empty, too long, or not in turns.
    pub fn read(&self, path: &Path) -> Result<Data> {
        let bytes = std::fs::read(path).map_err(mixtral_engine::Error::io(path))?;
        self.parse(&bytes, &path.display().to_string())
    }

    /// Reads the contents of a file called `name`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(&self, bytes: &[u8], name: &str) -> Result<Data> {
        let mut data = Data::default();
        if bytes.is_empty() {
            return Err(Error::EmptyFile { file: name.to_owned() });
        }
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut joined = Vec::new();
        for (at, line) in bytes.split(|b| *b == b'\n').enumerate() {
            let fault = |fault: LineFault| Error::Line { file: name.to_owned(), line: at + 1, fault };
            let text = std::str::from_utf8(line).map_err(|e| fault(LineFault::NotUtf8(e.valid_up_to())))?;
            self.line(text, &mut data.documents, &mut joined).map_err(fault)?;
        }
        if joined.len() > 1 {
            data.documents.push(self.block(joined));
        }
        Ok(data)
    }

    fn line(&self, text: &str, out: &mut Vec<Document>, joined: &mut Vec<u32>) -> Result<(), LineFault> {
        if text.trim().is_empty() {
            return Err(LineFault::Empty);
        }
        let line: Line = serde_json::from_str(text).map_err(|e| LineFault::Json(e.to_string()))?;
        match line {
            Line { text: Some(text), messages: None } => self.text(&text, out, joined),
            Line { text: None, messages: Some(messages) } => {
                out.push(self.conversation(messages)?);
                Ok(())
            }
            _ => Err(LineFault::TextOrMessages),
        }
    }

    /// A text; one longer than the context is cut into blocks. `joined` is what was joined so far and fills no block.
    fn text(&self, text: &str, out: &mut Vec<Document>, joined: &mut Vec<u32>) -> Result<(), LineFault> {
        if text.trim().is_empty() {
            return Err(LineFault::EmptyText);
        }
        let mut tokens = self.tokenizer.encode(text, Encoding { add_special: true, parse_special: false });
        tokens.extend(self.tokenizer.vocabulary().eos());
        if self.join {
            joined.extend(tokens);
            while joined.len() > self.context {
                out.push(self.block(joined[..=self.context].to_vec()));
                joined.drain(..self.context);
            }
            return Ok(());
        }
        // A block shares one token with the next: its last target is the other's first input.
        let mut from = 0;
        while from + 1 < tokens.len() {
            let to = (from + self.context + 1).min(tokens.len());
            out.push(Document { tokens: tokens[from..to].to_vec(), loss_spans: vec![(1, to - from)] });
            from = to - 1;
        }
        Ok(())
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

    fn conversation(&self, said: Vec<Said>) -> Result<Document, LineFault> {
        let mut messages = Vec::with_capacity(said.len());
        for Said { role, content } in said {
            if content.trim().is_empty() {
                return Err(LineFault::EmptyMessage);
            }
            let role = match role.as_str() {
                "system" => Role::System,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                other => return Err(LineFault::UnknownRole(other.to_owned())),
            };
            messages.push(Message { role, content });
        }
        if messages.last().is_none_or(|m| m.role != Role::Assistant) {
            return Err(LineFault::NoAnswer);
        }
        // Templates differ in what they refuse; what they lose in silence must not be trained on.
        let turns = &messages[usize::from(messages[0].role == Role::System)..];
        let fits = |(at, m): (usize, &Message)| m.role == if at % 2 == 0 { Role::User } else { Role::Assistant };
        if !turns.iter().enumerate().all(fits) {
            return Err(LineFault::Turns);
        }
        let encode = |n: usize| {
            self.template.encode_told(self.tokenizer, &messages[..n]).map_err(|e| LineFault::Template(e.to_string()))
        };
        let tokens = encode(messages.len())?;
        if tokens.len() > self.context + 1 {
            return Err(LineFault::TooLong { tokens: tokens.len() - 1, context: self.context });
        }
        let mut loss_spans = Vec::new();
        for n in (1..messages.len()).filter(|&n| messages[n].role == Role::Assistant) {
            let (before, after) = (encode(n)?, encode(n + 1)?);
            // The answer's beginning may melt with the last piece before it, as a space does with a word.
            let from = tokens.iter().zip(&before).take_while(|(a, b)| a == b).count();
            if from + 1 < before.len() || !tokens.starts_with(&after) {
                return Err(LineFault::TemplateOrder);
            }
            loss_spans.push((from, after.len()));
        }
        Ok(Document { tokens, loss_spans })
    }
}

impl Data {
    /// What all documents come to in one number: other data, another number.
    pub fn fingerprint(&self) -> u64 {
        let mut print = Fingerprint::default();
        for document in &self.documents {
            print.add(document.tokens.len() as u64);
            document.tokens.iter().for_each(|&t| print.add(u64::from(t)));
            document.loss_spans.iter().for_each(|&(from, to)| print.add((from as u64) << 32 | to as u64));
        }
        print.0
    }
}

/// A hash that is the same on every machine (FNV-1a over whole numbers).
#[derive(Debug)]
pub(super) struct Fingerprint(pub u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Fingerprint {
    /// Takes in a number.
    pub fn add(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x100_0000_01B3);
        // Multiplication carries upwards only.
        self.0 ^= self.0 >> 32;
    }
}

impl Document {
    /// Whether the token at this place is to be learnt.
    pub fn has_loss(&self, at: usize) -> bool {
        self.loss_spans.iter().any(|&(from, to)| (from..to).contains(&at))
    }
}

/// Deals out documents in batches: every epoch all of them once, in an order of its own.
#[derive(Debug)]
pub struct BatchSampler {
    order: Vec<usize>,
    seed: u64,
    /// How many times all documents were dealt.
    pub epoch: u64,
    /// How many documents of this epoch were dealt.
    pub at: usize,
}

impl BatchSampler {
    /// Deals `count` documents, and goes on from a place if told to.
    pub fn new(count: usize, seed: u64, epoch: u64, at: usize) -> Self {
        let mut dealer = Self { order: (0..count).collect(), seed, epoch, at };
        dealer.shuffle();
        dealer
    }

    fn shuffle(&mut self) {
        self.order.sort_unstable();
        let seed = self.seed.wrapping_add(self.epoch.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    }

    /// The next documents, at least one, up to so many input tokens.
    pub fn next_batch(&mut self, data: &Data, tokens: usize) -> Batch {
        let mut batch = Batch::new();
        loop {
            if self.at == self.order.len() {
                self.epoch += 1;
                self.at = 0;
                self.shuffle();
            }
            let document = &data.documents[self.order[self.at]];
            if !batch.is_empty() && batch.len() + document.tokens.len() - 1 > tokens {
                return batch;
            }
            batch.push(&document.tokens, |at| document.has_loss(at));
            self.at += 1;
        }
    }
}
