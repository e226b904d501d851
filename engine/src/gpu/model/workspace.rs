//! What a step computes with: got once, as large as the largest step.

use std::sync::Arc;

use super::routing::RoutingSpace;
use crate::arch::Config;
use crate::error::Result;
use crate::gpu::product::{activation_bytes, activation_stride};
use crate::gpu::{Buffer, Gpu};
use crate::model::Sizes;

/// Rows of logits that are computed at once; more are computed in turns.
pub const LOGIT_ROWS: usize = 64;

/// F32 and I32 are four bytes.
const WORD: usize = 4;

/// A step's intermediate results. `tokens` are the rows of a step.
#[derive(Debug)]
pub struct Workspace {
    /// (tokens, hidden) F32: the residual stream
    pub x: Buffer,
    /// (tokens, hidden) F32: the same for the rows whose logits are wanted
    pub wanted: Buffer,
    /// (tokens) activation rows of hidden columns
    pub normed: Buffer,
    /// (tokens, heads + 2 * kv heads, dim) F32
    pub qkv: Buffer,
    /// (tokens, heads, dim) F32
    pub q: Buffer,
    /// (tokens) activation rows of heads * dim columns; the padding stays zero
    pub attended: Buffer,
    pub routing: RoutingSpace,
    /// (tokens * top) activation rows of ffn columns
    pub inner: Buffer,
    /// (tokens * top, ffn) F32 twice: gate and up, where they have different types; else empty
    pub gate_and_up: Buffer,
    /// (tokens * top, hidden) F32
    pub answers: Buffer,
    /// (rows, vocabulary) F32
    pub logits: Buffer,
}

/// Bytes of each buffer, in the order of the fields.
fn sizes(config: &Config, sizes: &Sizes, gate_and_up: bool) -> [usize; 16] {
    let (tokens, hidden, experts) = (sizes.step_tokens, config.hidden_size, config.num_experts);
    let (q, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    let assignments = tokens * config.experts_per_token;
    let ffn = config.intermediate_size;
    [
        tokens * hidden * WORD,
        tokens * hidden * WORD,
        activation_bytes(tokens, hidden),
        tokens * (q + 2 * kv) * WORD,
        tokens * q * WORD,
        activation_bytes(tokens, q),
        tokens * experts * WORD,
        assignments * WORD,
        assignments * WORD,
        (experts + 1) * WORD,
        assignments * WORD,
        experts * WORD,
        activation_bytes(assignments, ffn),
        if gate_and_up { 2 * assignments * ffn * WORD } else { 0 },
        assignments * hidden * WORD,
        LOGIT_ROWS.min(tokens) * config.vocab_size * WORD,
    ]
}

impl Workspace {
    pub fn new(gpu: &Arc<dyn Gpu>, config: &Config, most: &Sizes, gate_and_up: bool) -> Result<Self> {
        let mut buffers = Vec::with_capacity(16);
        for bytes in sizes(config, most, gate_and_up) {
            buffers.push(Buffer::new(gpu, bytes)?);
        }
        let mut buffers = buffers.into_iter();
        let mut next = || buffers.next().map_or_else(|| Buffer::new(gpu, 0), Ok);
        let space = Self {
            x: next()?,
            wanted: next()?,
            normed: next()?,
            qkv: next()?,
            q: next()?,
            attended: next()?,
            routing: RoutingSpace {
                logits: next()?,
                chosen: next()?,
                shares: next()?,
                offsets: next()?,
                sorted: next()?,
                active: next()?,
            },
            inner: next()?,
            gate_and_up: next()?,
            answers: next()?,
            logits: next()?,
        };
        space.attended.fill(0)?;
        Ok(space)
    }

    /// How many bytes all of it takes.
    pub fn bytes(config: &Config, most: &Sizes, gate_and_up: bool) -> u64 {
        sizes(config, most, gate_and_up).iter().map(|bytes| *bytes as u64).sum()
    }

    /// Numbers between one row of attention's results and the next.
    pub fn attended_stride(config: &Config) -> usize {
        activation_stride(config.heads * config.head_dim)
    }
}
