//! What is learnt from, in tokens.

/// A document in tokens, with what is to be learnt of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Begin token, text, end token.
    pub tokens: Vec<u32>,
    /// The parts that are loss_spans: from, to. Of a text everything, of a conversation the answers.
    pub loss_spans: Vec<(usize, usize)>,
}

/// The documents of some files. Of preferences, two an example: the chosen and the rejected one.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// All of them, in the files' order.
    pub documents: Vec<Document>,
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
pub(crate) struct Fingerprint(pub u64);

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

    /// Cuts what lies beyond so many tokens; tells whether anything is left to learn.
    pub(super) fn truncate(&mut self, len: usize) -> bool {
        self.tokens.truncate(len);
        self.loss_spans.retain_mut(|(from, to)| {
            *to = (*to).min(len);
            from < to
        });
        !self.loss_spans.is_empty()
    }
}
