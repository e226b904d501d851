//! How fast the products are on a card, kernel by kernel, beside what the card's memory allows.

use std::sync::Arc;

use super::launch::{Groups, Product, Rows, Target};
use super::matrix::{DeviceMatrix, Weights, activation_bytes};
use crate::error::Result;
use crate::gpu::{Buffer, Event, Gpu, Graph};
use crate::quant::GgmlType;

/// Weights that are read in turn, so that they come from memory and not from a cache.
const ROTATION: usize = 400 << 20;

/// One kernel at one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The type, the shape (rows x columns of the weights), the rows of activations.
    pub name: String,
    /// Of one product.
    pub microseconds: f64,
    /// Bytes of weights that one product reads.
    pub bytes: u64,
    /// Multiplications and additions of one product.
    pub operations: u64,
}

impl Measurement {
    /// Weights a second, in GB.
    #[must_use]
    pub fn gigabytes_per_second(&self) -> f64 {
        self.bytes as f64 / self.microseconds / 1e3
    }

    /// Arithmetic a second, in 10^12.
    #[must_use]
    pub fn teraflops(&self) -> f64 {
        self.operations as f64 / self.microseconds / 1e6
    }
}

/// What a product of a measurement is.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub kind: GgmlType,
    /// Rows of gate and up together where `gate_up`.
    pub rows: usize,
    pub columns: usize,
    /// Rows of activations (tokens).
    pub tokens: usize,
    /// Experts, and how many of them a token meets; (1, 1) is a dense product.
    pub experts: (usize, usize),
    pub gate_up: bool,
}

/// The shapes of Mixtral 8x7B: one conversation, several, a prompt.
#[must_use]
pub fn mixtral_cases() -> Vec<Case> {
    let dense = |kind, rows, columns, tokens| Case { kind, rows, columns, tokens, experts: (1, 1), gate_up: false };
    let gate_up = |kind, tokens| Case { experts: (8, 2), gate_up: true, ..dense(kind, 2 * 14336, 4096, tokens) };
    let down = |kind, tokens| Case { experts: (8, 2), ..dense(kind, 4096, 14336, tokens) };
    let q4 = GgmlType::Q4_K;
    let mut cases = vec![
        dense(q4, 4096, 4096, 1),
        dense(q4, 6144, 4096, 1),
        dense(q4, 14336, 4096, 1),
        dense(q4, 4096, 14336, 1),
        dense(GgmlType::Q6_K, 32000, 4096, 1),
        gate_up(q4, 1),
        down(q4, 1),
        dense(q4, 14336, 4096, 8),
        dense(q4, 14336, 4096, 16),
        dense(q4, 14336, 4096, 32),
        gate_up(q4, 4),
        down(q4, 4),
        gate_up(q4, 16),
        down(q4, 16),
        dense(q4, 14336, 4096, 512),
        dense(q4, 4096, 4096, 512),
        dense(q4, 4096, 14336, 512),
        gate_up(q4, 128),
        down(q4, 128),
        gate_up(q4, 512),
        down(q4, 512),
        gate_up(q4, 4096),
        down(q4, 4096),
    ];
    for kind in GgmlType::all().filter(|kind| *kind != q4 && DeviceMatrix::supports(*kind)) {
        cases.extend([dense(kind, 4096, 14336, 1), dense(kind, 14336, 4096, 512)]);
    }
    cases
}

/// Bytes that a card copies within its memory in a second, in GB (read and written).
///
/// # Errors
/// There is no room for twice `bytes`, or the device refused.
pub fn copy_rate(gpu: &Arc<dyn Gpu>, bytes: usize) -> Result<f64> {
    let (from, to) = (Buffer::new(gpu, bytes)?, Buffer::new(gpu, bytes)?);
    from.fill(1)?;
    to.fill(2)?;
    let copy = || gpu.copy(from.address(), to.address(), bytes);
    copy()?;
    let begin = Event::now(gpu)?;
    (0..8).try_for_each(|_| copy())?;
    let milliseconds = f64::from(Event::now(gpu)?.since(&begin)?) / 8.0;
    Ok(2.0 * bytes as f64 / milliseconds / 1e6)
}

/// Measures one product: recorded once over weights that do not fit the card's cache, and played `repeats` times.
///
/// # Errors
/// There is no room, or the device refused.
pub fn measure(gpu: &Arc<dyn Gpu>, case: Case, repeats: usize) -> Result<Measurement> {
    let Case { kind, rows, columns, tokens, experts: (experts, top), gate_up } = case;
    let all = tokens * top;
    let chosen = all.min(experts);
    let row = kind.bytes_of(columns as u64).unwrap_or_default() as usize;
    let bytes = row * rows * chosen;
    let copies = (ROTATION / bytes.max(1)).clamp(1, 64);
    let plain = plain_weights(kind, row * rows);
    let parts = [&plain[..]];
    let half = plain.len() / 2;
    let one = match gate_up {
        true => Weights::GateUp { gate: &plain[..half], up: &plain[half..] },
        false => Weights::Stack(&parts),
    };
    let first = DeviceMatrix::upload(gpu, kind, columns, &vec![one; experts])?;
    let mut matrices = (1..copies).map(|_| first.duplicate(gpu)).collect::<Result<Vec<_>>>()?;
    matrices.push(first);

    // Tokens take turns among the experts.
    let expert = |assignment: usize| assignment % experts;
    let mut sorted: Vec<i32> = (0..all as i32).collect();
    sorted.sort_by_key(|assignment| expert(*assignment as usize));
    let before = |e: usize| sorted.iter().filter(|a| expert(**a as usize) < e).count() as i32;
    let offsets: Vec<i32> = (0..=experts).map(before).collect();
    let active: Vec<i32> = (0..experts as i32).map(|e| if (e as usize) < chosen { e } else { -1 }).collect();
    let lists = [Buffer::of(gpu, &offsets)?, Buffer::of(gpu, &sorted)?, Buffer::of(gpu, &active)?];
    let [offsets, sorted, active] = lists.each_ref().map(Buffer::address);
    let inputs = if gate_up { tokens } else { all };
    let x = Buffer::new(gpu, activation_bytes(inputs, columns))?;
    x.fill(0x2e)?;
    let out = Buffer::new(gpu, all * rows * 4 + activation_bytes(all, rows))?;
    let (from, to) = if gate_up { (Rows::Tokens, Rows::Places) } else { (Rows::Places, Rows::Assignments) };
    let product = |weights| Product {
        weights,
        x: x.address(),
        count: tokens,
        inner: false,
        target: match gate_up {
            true => Target::GateUp { out: out.address() },
            false => Target::Store { out: out.address(), stride: rows },
        },
        groups: (experts > 1).then_some((Groups { offsets, sorted, active, assignments: all, top }, from, to)),
    };
    let graph = Graph::record(gpu, || matrices.iter().try_for_each(|matrix| product(matrix).launch(gpu)))?;
    graph.replay()?;
    let begin = Event::now(gpu)?;
    (0..repeats).try_for_each(|_| graph.replay())?;
    let milliseconds = f64::from(Event::now(gpu)?.since(&begin)?);
    let grouped = if experts > 1 { format!(", {top} of {experts} experts") } else { String::new() };
    let gated = if gate_up { " gate·up" } else { "" };
    Ok(Measurement {
        name: format!("{kind} {rows} x {columns}{gated}{grouped}, {tokens} tokens"),
        microseconds: milliseconds * 1e3 / (repeats * copies) as f64,
        bytes: bytes as u64,
        operations: 2 * (rows * columns * all) as u64,
    })
}

/// Blocks with arbitrary codes and small scales.
fn plain_weights(kind: GgmlType, bytes: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut block = || {
        (0..kind.block_bytes())
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // No half and no float of these bytes is infinite or none.
                (state >> 24) as u8 & 0x3b
            })
            .collect::<Vec<u8>>()
    };
    let mut line: Vec<u8> = Vec::new();
    while line.len() < 1 << 16 {
        line.extend(block());
    }
    let mut all = line.repeat(bytes.div_ceil(line.len()));
    all.truncate(bytes);
    all
}
