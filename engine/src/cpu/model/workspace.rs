//! What a step computes with: allocated once, as large as the largest step.

#![expect(unsafe_code, reason = "activations that several threads write")]

use std::sync::{Mutex, PoisonError, RwLock};

use super::grouping::Grouping;
use super::pair::Pair;
use super::weights::{Weights, forms};
use crate::arch::Config;
use crate::cpu::attention::{self, Tasks};
use crate::cpu::memory::Buffer;
use crate::cpu::product::{Activations, Form};
use crate::error::Result;
use crate::model::Sizes;

/// Rows of logits that are computed at once; more are computed in turns.
pub const LOGIT_ROWS: usize = 64;

/// Rows of a matrix that a thread takes at most.
pub const PIECE: usize = 256;

/// Activations in every form that some matrix wants them in.
#[derive(Debug, Default)]
pub struct Inputs(Vec<Activations>);

impl Inputs {
    /// Sees to it that these forms are there.
    fn add(&mut self, forms: &[Form], rows: usize, cols: usize) {
        for form in forms {
            if self.0.iter().all(|inputs| inputs.form() != *form) {
                self.0.push(Activations::new(*form, rows, cols));
            }
        }
    }

    /// Puts a row into those forms. Tells whether it was finite.
    ///
    /// # Safety
    /// No other thread reads or writes this row meanwhile.
    pub unsafe fn set(&self, row: usize, x: &[f32], forms: &[Form]) -> bool {
        let mut wanted = self.0.iter().filter(|inputs| forms.contains(&inputs.form()));
        // SAFETY: passed on to the caller. After the first that is not finite, the step ends.
        wanted.all(|inputs| unsafe { inputs.set(row, x) })
    }

    /// The rows in a form.
    ///
    /// # Panics
    /// If no matrix of the model wants it.
    pub fn of(&self, form: Form) -> &Activations {
        self.0.iter().find(|inputs| inputs.form() == form).expect("made for every matrix of the model")
    }
}

/// What one thread computes with.
#[derive(Debug, Default)]
pub struct Scratch {
    /// A row of activations.
    pub row: Vec<f32>,
    /// Products of a piece: (places, rows)
    pub products: Vec<f32>,
    /// Sums of a piece for one token.
    pub sums: Vec<f32>,
    /// The router's logits of one token, and their order.
    pub router: Vec<f32>,
    pub order: Vec<usize>,
    pub attention: attention::Scratch,
    pub low: Low,
}

/// What a thread computes with for low-rank pairs.
#[derive(Debug, Default)]
pub struct Low {
    /// One row of each width, as first factors read it.
    pub wide: Vec<Activations>,
    /// What a first factor makes of it.
    pub out: Vec<f32>,
}

/// A step's intermediate results. `tokens` are the rows of a step.
#[derive(Debug)]
pub struct Workspace {
    /// (tokens, hidden): the residual stream
    pub x: Buffer<f32>,
    /// (tokens, hidden): the same for the rows whose logits are wanted
    pub wanted: Buffer<f32>,
    /// (tokens, 2, dim / 2): cosines, then sines
    pub angles: Buffer<f32>,
    /// (tokens, heads + 2 * kv heads, dim)
    pub qkv: Buffer<f32>,
    /// (tokens, heads, dim)
    pub attended: Buffer<f32>,
    /// Results of chunks of contexts; as many as the largest step so far had.
    pub chunks: Buffer<f32>,
    /// (tokens, top)
    pub chosen: Buffer<u32>,
    /// (tokens, top)
    pub shares: Buffer<f32>,
    pub grouping: RwLock<Grouping>,
    /// (tokens * top, ffn)
    pub inner: Buffer<f32>,
    /// (rows, vocabulary)
    pub logits: Buffer<f32>,
    /// Rows of hidden numbers, of attention's results, and of inner numbers, as products read them.
    pub hidden_inputs: Inputs,
    pub attended_inputs: Inputs,
    pub inner_inputs: Inputs,
    /// What first factors of pairs make of rows, as second ones read it, for each rank. What one phase puts there the next one
    /// reads: of queries, keys and values (tokens, 3); of attention's output (tokens); of gate and up (tokens, top, 2); of down
    /// (places); of the output matrix (rows).
    low: Vec<Activations>,
    /// 0, 1, 2 …: rows in their order
    pub rows: Vec<u32>,
    /// The places of queries, of keys and of values in `low`.
    pub thirds: [Vec<u32>; 3],
    /// Planned anew in each step.
    pub tasks: Tasks,
    pub scratch: Vec<Mutex<Scratch>>,
}

/// Numbers of each buffer, in the order of the fields.
fn lengths(config: &Config, sizes: &Sizes) -> [usize; 9] {
    let (tokens, top) = (sizes.step_tokens, config.experts_per_token);
    let (q, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    [
        tokens * config.hidden_size,
        tokens * config.hidden_size,
        tokens * config.head_dim,
        tokens * (q + 2 * kv),
        tokens * q,
        tokens * top,
        tokens * top,
        tokens * top * config.intermediate_size,
        LOGIT_ROWS.min(tokens) * config.vocab_size,
    ]
}

/// How many bytes all of it takes, about: what products read is counted in F32, as the largest form.
pub fn bytes(config: &Config, sizes: &Sizes, threads: usize) -> u64 {
    let (tokens, slots) = (sizes.step_tokens, sizes.step_tokens * config.experts_per_token);
    let inputs = tokens * (config.hidden_size + config.heads * config.head_dim) + slots * config.intermediate_size;
    let scratch = threads * (slots * PIECE + config.hidden_size.max(config.intermediate_size));
    ((lengths(config, sizes).iter().sum::<usize>() + inputs + scratch) * size_of::<f32>()) as u64
}

impl Workspace {
    pub fn new(config: &Config, sizes: &Sizes, weights: &Weights, threads: usize) -> Result<Self> {
        let [x, wanted, angles, qkv, attended, chosen, shares, inner, logits] = lengths(config, sizes);
        let (tokens, slots) = (sizes.step_tokens, sizes.step_tokens * config.experts_per_token);
        let row = config.hidden_size.max(config.intermediate_size).max(config.heads * config.head_dim);
        let scratch = || {
            Mutex::new(Scratch {
                row: vec![0.0; row],
                products: vec![0.0; slots * PIECE],
                sums: vec![0.0; PIECE],
                router: vec![0.0; config.num_experts],
                ..Scratch::default()
            })
        };
        let mut space = Self {
            x: Buffer::new(x)?,
            wanted: Buffer::new(wanted)?,
            angles: Buffer::new(angles)?,
            qkv: Buffer::new(qkv)?,
            attended: Buffer::new(attended)?,
            chunks: Buffer::new(0)?,
            chosen: Buffer::new(chosen)?,
            shares: Buffer::new(shares)?,
            grouping: RwLock::default(),
            inner: Buffer::new(inner)?,
            logits: Buffer::new(logits)?,
            hidden_inputs: Inputs::default(),
            attended_inputs: Inputs::default(),
            inner_inputs: Inputs::default(),
            low: Vec::new(),
            rows: (0..slots as u32).collect(),
            thirds: [0, 1, 2].map(|part| (0..tokens as u32).map(|token| 3 * token + part).collect()),
            tasks: Tasks::default(),
            scratch: (0..threads).map(|_| scratch()).collect(),
        };
        space.make_room(config, tokens, weights);
        Ok(space)
    }

    /// Room for another model on the same base, in steps of at most so many tokens: the forms that its matrices want, and the
    /// ranks of its pairs.
    pub fn make_room(&mut self, config: &Config, tokens: usize, weights: &Weights) {
        let slots = tokens * config.experts_per_token;
        let (q, ffn) = (config.heads * config.head_dim, config.intermediate_size);
        let layers = &weights.layers;
        let experts = layers.iter().flat_map(|l| l.gate.iter().chain(&l.up).chain([&l.router]).chain(&l.qkv));
        self.hidden_inputs.add(&forms(experts.chain([weights.head()])), tokens, config.hidden_size);
        self.attended_inputs.add(&forms(layers.iter().map(|layer| &layer.output)), tokens, q);
        self.inner_inputs.add(&forms(layers.iter().flat_map(|layer| &layer.down)), slots, ffn);
        for rank in weights.pairs().map(Pair::rank) {
            if self.low.iter().all(|low| low.cols() != rank) {
                self.low.push(Activations::new(Form::F32, (3 * tokens).max(2 * slots), rank));
            }
        }
        let Some(most) = self.low.iter().map(Activations::cols).max() else { return };
        for scratch in &mut self.scratch {
            let low = &mut scratch.get_mut().unwrap_or_else(PoisonError::into_inner).low;
            low.out.resize(most, 0.0);
            for cols in [config.hidden_size, q, ffn] {
                if low.wide.iter().all(|wide| wide.cols() != cols) {
                    low.wide.push(Activations::new(Form::F32, 1, cols));
                }
            }
        }
    }

    /// What first factors of this rank made of rows.
    ///
    /// # Panics
    /// If no pair of a model has this rank.
    pub fn low(&self, rank: usize) -> &Activations {
        self.low.iter().find(|low| low.cols() == rank).expect("made for every pair of the models")
    }
}
