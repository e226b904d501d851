//! Examples made into tokens, with what of them is learnt.

use super::document::Document;
use super::record::{Pair, Record};
use crate::error::LineFault;
use mixtral_engine::request::{Message, Role};
use mixtral_engine::text::{ChatTemplate, Encoding, Tokenizer};

/// What the examples are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// To be continued: texts and conversations.
    #[default]
    Imitate,
    /// To prefer: each is a chosen and a rejected answer, two documents one after the other.
    Prefer,
}

/// What becomes of conversations longer than the context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlong {
    /// They are refused by their line.
    #[default]
    Refuse,
    /// They are cut, as Chinese-Mixtral's `build_dataset.py` does; one whose prompt alone fills the context is left out.
    Cut,
}

/// Turns files into documents.
#[derive(Clone, Debug)]
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
    pub overlong: Overlong,
    pub task: Task,
}

/// An example in tokens.
pub(super) enum Encoded {
    /// A text's tokens.
    Text(Vec<u32>),
    /// Its documents, and whether one was cut.
    Documents(Vec<Document>, bool),
    TooLong,
    Same,
}

impl<'a> Reader<'a> {
    /// A reader of separate texts and conversations that refuses what is too long.
    pub fn new(tokenizer: &'a Tokenizer, template: &'a ChatTemplate, context: usize) -> Self {
        Self { tokenizer, template, context, join: false, overlong: Overlong::Refuse, task: Task::Imitate }
    }

    /// Refuses what is no example of the task.
    pub(super) fn fits(&self, record: Record) -> Result<Record, LineFault> {
        match (&record, self.task) {
            (Record::Pair(_), Task::Imitate) => Err(LineFault::PairHere),
            (Record::Text(_) | Record::Conversation(_), Task::Prefer) => Err(LineFault::NoPair),
            _ => Ok(record),
        }
    }

    /// An example in tokens.
    ///
    /// # Errors
    /// The template refuses it, or it is too long.
    pub(super) fn encode(&self, record: Record) -> Result<Encoded, LineFault> {
        match record {
            Record::Text(text) => {
                let mut tokens = self.tokenizer.encode(&text, Encoding { add_special: true, parse_special: false });
                tokens.extend(self.tokenizer.vocabulary().eos());
                Ok(Encoded::Text(tokens))
            }
            Record::Conversation(messages) => {
                let mut document = self.conversation(&messages, 0)?;
                let is_cut = self.is_long(&document)?;
                if is_cut && !document.truncate(self.context + 1) {
                    return Ok(Encoded::TooLong);
                }
                Ok(Encoded::Documents(vec![document], is_cut))
            }
            Record::Pair(pair) => self.pair(&pair),
        }
    }

    /// Both answers to a prompt; only the answers count, and of them all turns of the assistant.
    fn pair(&self, pair: &Pair) -> Result<Encoded, LineFault> {
        if pair.chosen == pair.rejected {
            return Ok(Encoded::Same);
        }
        let (mut documents, mut is_cut) = (Vec::with_capacity(2), false);
        for side in [&pair.chosen, &pair.rejected] {
            let mut document = self.conversation(&[&pair.prompt[..], side].concat(), pair.prompt.len())?;
            let is_long = self.is_long(&document)?;
            if is_long && !document.truncate(self.context + 1) {
                return Ok(Encoded::TooLong);
            }
            is_cut |= is_long;
            documents.push(document);
        }
        // What both share may fill the context.
        if documents[0] == documents[1] { Ok(Encoded::TooLong) } else { Ok(Encoded::Documents(documents, is_cut)) }
    }

    /// Whether a document must be cut.
    fn is_long(&self, document: &Document) -> Result<bool, LineFault> {
        let tokens = document.tokens.len();
        if tokens > self.context + 1 && self.overlong == Overlong::Refuse {
            return Err(LineFault::TooLong { tokens: tokens - 1, context: self.context });
        }
        Ok(tokens > self.context + 1)
    }

    /// A conversation of which the answers from message `first` on are learnt.
    fn conversation(&self, messages: &[Message], first: usize) -> Result<Document, LineFault> {
        let encode = |n: usize| {
            self.template.encode_told(self.tokenizer, &messages[..n]).map_err(|e| LineFault::Template(e.to_string()))
        };
        let tokens = encode(messages.len())?;
        let mut loss_spans = Vec::new();
        for n in (first.max(1)..messages.len()).filter(|&n| messages[n].role == Role::Assistant) {
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
