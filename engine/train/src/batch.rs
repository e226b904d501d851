//! A flat batch of documents for one pass.

/// Documents one after another, without padding; each attends to itself alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The inputs.
    pub tokens: Vec<u32>,
    /// What should follow each; nothing where no loss is taken.
    pub targets: Vec<Option<u32>>,
    /// Where each document starts; one more at the end.
    pub starts: Vec<usize>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self { starts: vec![0], ..Self::default() }
    }

    /// Adds a document: every token but the last is an input, and the next one its target where
    /// `learn` says so for that next token.
    pub fn push(&mut self, tokens: &[u32], learn: impl Fn(usize) -> bool) {
        for (at, pair) in tokens.windows(2).enumerate() {
            self.tokens.push(pair[0]);
            self.targets.push(learn(at + 1).then_some(pair[1]));
        }
        if *self.starts.last().unwrap_or(&0) < self.tokens.len() {
            self.starts.push(self.tokens.len());
        }
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// How many targets there are.
    pub fn targets(&self) -> usize {
        self.targets.iter().flatten().count()
    }

    /// Each input's place in its document.
    pub fn positions(&self) -> Vec<u32> {
        self.starts.windows(2).flat_map(|w| 0..(w[1] - w[0]) as u32).collect()
    }
}
