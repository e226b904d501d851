//! What a step computes with: allocated once, as large as the largest step.

#![expect(unsafe_code, reason = "activations that several threads write")]

use std::sync::{Mutex, RwLock};

use super::grouping::Grouping;
use super::weights::{Weights, forms};
use crate::arch::Config;
use crate::cpu::attention;
use crate::cpu::memory::Buffer;
use crate::cpu::product::{Activations, Form};
use crate::error::Result;
use crate::model::Sizes;

/// Rows of logits that are computed at once; more are computed in turns.
pub const LOGIT_ROWS: usize = 64;

/// Rows of a matrix that a thread takes at most.
pub const PIECE: usize = 256;

/// Activations in every form that some matrix wants them in.
#[derive(Debug)]
pub struct Inputs(Vec<Activations>);

impl Inputs {
    fn new(forms: &[Form], rows: usize, cols: usize) -> Self {
        Self(forms.iter().map(|form| Activations::new(*form, rows, cols)).collect())
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
    /// 0, 1, 2 …: rows in their order
    pub rows: Vec<u32>,
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
        let layers = &weights.layers;
        let experts = layers.iter().flat_map(|l| l.gate.iter().chain(&l.up).chain([&l.router]).chain(&l.qkv));
        let hidden_forms = forms(experts.chain([weights.head()]));
        let attended_forms = forms(layers.iter().map(|layer| &layer.output));
        let inner_forms = forms(layers.iter().flat_map(|layer| &layer.down));
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
        Ok(Self {
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
            hidden_inputs: Inputs::new(&hidden_forms, tokens, config.hidden_size),
            attended_inputs: Inputs::new(&attended_forms, tokens, config.heads * config.head_dim),
            inner_inputs: Inputs::new(&inner_forms, slots, config.intermediate_size),
            rows: (0..slots as u32).collect(),
            scratch: (0..threads).map(|_| scratch()).collect(),
        })
    }
}
