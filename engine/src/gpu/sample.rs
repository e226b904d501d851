//! Choosing tokens where the logits are: four bytes a sequence come back instead of a row of logits.

use std::sync::Arc;

use super::{Address, Arg, Buffer, Gpu, Launch, Pod as _};
use crate::error::Result;
use crate::sample::{Draw, NotFinite};

/// Words that describe one row: what sample.cu calls Request.
const REQUEST: usize = 12;
/// Words of one penalty: a token, and how often it stands in the answer.
const PENALTY: usize = 2;
/// Threads of a block, as the kernel is compiled.
const THREADS: u32 = 1024;
/// Penalties that rows have together, for each row that there may be.
const PENALTIES_A_ROW: usize = 2048;
/// The highest bits of an answer say what it is; the rest is a token.
const TOKEN_BITS: u32 = 29;

/// What a device chose for a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampled {
    /// This token.
    Token(u32),
    /// None: a logit is NaN or infinite.
    NotFinite(NotFinite),
    /// None: the row is for the processor, and its logits are as the model made them.
    Logits,
}

/// The sampler of one model on one device.
#[derive(Debug)]
pub struct DeviceSampler {
    gpu: Arc<dyn Gpu>,
    rows: usize,
    vocabulary: usize,
    /// The requests of all rows, then the penalties.
    requests: Buffer,
    /// What the penalised logits were.
    before: Buffer,
    answers: Buffer,
}

impl DeviceSampler {
    /// A sampler for up to `rows` rows of `vocabulary` logits.
    ///
    /// # Errors
    /// There is no room.
    pub fn new(gpu: &Arc<dyn Gpu>, rows: usize, vocabulary: usize) -> Result<Self> {
        let words = rows * (REQUEST + PENALTIES_A_ROW * PENALTY);
        Ok(Self {
            gpu: Arc::clone(gpu),
            rows,
            vocabulary,
            requests: Buffer::new(gpu, words * size_of::<u32>())?,
            before: Buffer::new(gpu, rows * PENALTIES_A_ROW * size_of::<f32>())?,
            answers: Buffer::new(gpu, rows * size_of::<u32>())?,
        })
    }

    /// Says how the rows of the next launch are sampled; `None` leaves one to the processor.
    ///
    /// # Errors
    /// The device refused.
    pub fn prepare(&self, draws: &[Option<Draw>]) -> Result<()> {
        let (words, penalties) = words(draws, self.rows * PENALTIES_A_ROW);
        let mut bytes = Vec::new();
        words.iter().for_each(|word| word.put(&mut bytes));
        self.requests.write(0, &bytes)?;
        bytes.clear();
        penalties.iter().for_each(|word| word.put(&mut bytes));
        self.requests.write(self.rows * REQUEST * size_of::<u32>(), &bytes)
    }

    /// Samples rows of F32 logits, which are changed where there are penalties. Its arguments are the same for the same
    /// number of rows, so it can be part of a recorded graph.
    ///
    /// # Errors
    /// The device refused.
    pub fn launch(&self, logits: Address, rows: usize) -> Result<()> {
        debug_assert!(rows <= self.rows, "{rows} of {}", self.rows);
        let args = [
            Arg::from(self.answers.address()),
            logits.into(),
            self.requests.address().into(),
            self.requests.at(self.rows * REQUEST * size_of::<u32>()).into(),
            self.before.address().into(),
            (self.vocabulary as i32).into(),
        ];
        self.gpu.launch("sample", Launch::line(rows as u32, THREADS), &args)
    }

    /// What was chosen, once it is; as many as there were draws.
    ///
    /// # Errors
    /// The device refused, or earlier work failed.
    pub fn read(&self, rows: usize) -> Result<Vec<Sampled>> {
        Ok(self.answers.read::<u32>(rows)?.into_iter().map(sampled).collect())
    }
}

/// The words of all rows, and those of their penalties. A row with more penalties than there is room for is left to the
/// processor.
fn words(draws: &[Option<Draw>], room: usize) -> (Vec<u32>, Vec<u32>) {
    let (mut words, mut penalties) = (Vec::with_capacity(draws.len() * REQUEST), Vec::new());
    for draw in draws {
        let first = penalties.len() / PENALTY;
        let Some(draw) = draw.as_ref().filter(|draw| draw.penalties.len() <= room - first) else {
            words.extend([0; REQUEST]);
            continue;
        };
        penalties.extend(draw.penalties.iter().flat_map(|(token, made)| [*token, *made]));
        let s = &draw.settings;
        words.extend([
            u32::try_from(draw.tokens).unwrap_or(u32::MAX).min(i32::MAX as u32),
            s.temperature.to_bits(),
            u32::try_from(s.top_k).unwrap_or(u32::MAX),
            s.top_p.to_bits(),
            s.min_p.to_bits(),
            s.repetition_penalty.to_bits(),
            s.frequency_penalty.to_bits(),
            s.presence_penalty.to_bits(),
            draw.random as u32,
            (draw.random >> 32) as u32,
            first as u32,
            draw.penalties.len() as u32,
        ]);
    }
    (words, penalties)
}

fn sampled(answer: u32) -> Sampled {
    let token = answer & ((1 << TOKEN_BITS) - 1);
    let not_finite = |value| Sampled::NotFinite(NotFinite { token, value });
    match answer >> TOKEN_BITS {
        0 => Sampled::Token(token),
        1 => not_finite(f32::NAN),
        2 => not_finite(f32::INFINITY),
        3 => not_finite(f32::NEG_INFINITY),
        _ => Sampled::Logits,
    }
}
