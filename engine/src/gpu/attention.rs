//! Attention over the paged cache: which kernel takes which part of a step.

use std::sync::Arc;

use super::{Address, Arg, Buffer, Gpu, Launch};
use crate::error::Result;
use crate::schedule::SequenceSlice;

/// Head widths for which there are kernels on tensor cores.
const TILED: [usize; 4] = [32, 64, 96, 128];
/// Rows of a tile: (token, query head of the group).
const TILE_ROWS: usize = 64;
/// Positions that a tile reads at a time.
const TILE_STEP: usize = 64;
/// Query heads that a block of the decode kernel takes.
const DECODE_HEADS: usize = 8;
/// Most blocks that share the context of one sequence.
const MOST_SPLITS: usize = 32;
/// Blocks of the decode kernel that a multiprocessor runs at once.
const DECODE_BLOCKS: usize = 3;

/// The sizes that attention needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// query heads
    pub heads: usize,
    /// key and value heads
    pub kv_heads: usize,
    /// numbers of a head
    pub dim: usize,
    /// tokens of a block of the cache
    pub block_size: usize,
}

impl AttentionShape {
    /// Query heads that share a key head.
    fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    fn is_tiled(&self) -> bool {
        TILED.contains(&self.dim) && self.group() <= TILE_ROWS
    }

    /// Tokens of one tile.
    fn tile_tokens(&self) -> usize {
        if self.is_tiled() { TILE_ROWS / self.group() } else { 1 }
    }

    /// Blocks of the decode kernel for one sequence and one split.
    fn decode_blocks(&self) -> usize {
        self.kv_heads * self.group().div_ceil(DECODE_HEADS)
    }
}

/// A step's attention, cut into parts. Its words go to the device with the step's other indices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttentionWork {
    words: Vec<u32>,
    decoded: usize,
    tiles: usize,
}

impl AttentionWork {
    /// Sequences with one new token are decoded, the others go in tiles. Where all are decoded, the words are as many as
    /// the sequences and the same in every such step: a recorded graph stays right.
    #[must_use]
    pub fn new(shape: &AttentionShape, sequences: &[SequenceSlice]) -> Self {
        let is_decoded = |span: &SequenceSlice| span.len == 1 && shape.is_tiled();
        let numbered = || (0u32..).zip(sequences);
        let mut words: Vec<u32> = numbered().filter(|(_, span)| is_decoded(span)).map(|(i, _)| i).collect();
        let decoded = words.len();
        let mut tiles: Vec<(usize, [u32; 2])> = numbered()
            .filter(|(_, span)| !is_decoded(span))
            .flat_map(|(i, span)| {
                let past = span.context - span.len;
                (0..span.len).step_by(shape.tile_tokens()).map(move |first| (past + first, [i, first as u32]))
            })
            .collect();
        // The longest first: short ones fill the gaps at the end.
        tiles.sort_by_key(|(context, _)| std::cmp::Reverse(*context));
        words.extend(tiles.iter().flat_map(|(_, tile)| *tile));
        Self { words, decoded, tiles: tiles.len() }
    }

    /// What the kernels read: the decoded sequences, then a sequence and a first token for each tile.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.words
    }
}

/// What a launch reads and writes, all on the device.
#[derive(Clone, Copy, Debug)]
pub struct AttentionInputs {
    /// F32 (tokens, heads, dim), rotated
    pub q: Address,
    /// F16 (slots, kv heads, dim): the layer's
    pub keys: Address,
    /// F16 (slots, kv heads, dim): the layer's
    pub values: Address,
    /// [`AttentionWork::words`]
    pub words: Address,
    /// u32 (sequences + 1): the first row of each, and behind the last
    pub starts: Address,
    /// u32 (sequences): positions of each, its new tokens among them
    pub contexts: Address,
    /// u32 (sequences, `table_stride`): the blocks of each
    pub tables: Address,
    /// Blocks between one sequence's table and the next.
    pub table_stride: usize,
    /// F16 (tokens, `out_stride`): activation rows; their padding is left alone
    pub out: Address,
    /// Numbers between one row and the next.
    pub out_stride: usize,
}

/// Attention of one model on one device.
#[derive(Debug)]
pub struct Attention {
    gpu: Arc<dyn Gpu>,
    shape: AttentionShape,
    /// What blocks that share a context found, for the last of them to add up.
    partials: Buffer,
    /// How many of them are done; zero between launches.
    arrived: Buffer,
    /// Blocks that the device runs at once.
    at_once: usize,
}

impl Attention {
    /// Gets the memory that launches need between their blocks.
    ///
    /// # Errors
    /// There is no room.
    pub fn new(gpu: &Arc<dyn Gpu>, shape: AttentionShape) -> Result<Self> {
        let at_once = DECODE_BLOCKS * gpu.properties().multiprocessors as usize;
        // For each head the largest score, the total and the sum: what attention_decode.cu calls Partial.
        let partial = DECODE_HEADS * (2 + shape.dim) * size_of::<f32>();
        let partials = Buffer::new(gpu, at_once * partial)?;
        let arrived = Buffer::new(gpu, at_once * size_of::<u32>())?;
        arrived.fill(0)?;
        Ok(Self { gpu: Arc::clone(gpu), shape, partials, arrived, at_once })
    }

    /// Makes it ready again after a launch that failed.
    ///
    /// # Errors
    /// The device refused.
    pub fn reset(&self) -> Result<()> {
        self.arrived.fill(0)
    }

    /// Computes a step's attention in one layer.
    ///
    /// # Errors
    /// The device refused.
    pub fn launch(&self, work: &AttentionWork, inputs: &AttentionInputs) -> Result<()> {
        if self.shape.is_tiled() {
            self.decode(work, inputs)?;
            self.prefill(work, inputs)
        } else {
            self.plain(work, inputs)
        }
    }

    fn decode(&self, work: &AttentionWork, inputs: &AttentionInputs) -> Result<()> {
        let kernel = match self.shape.dim {
            32 => "attention_decode_32",
            64 => "attention_decode_64",
            96 => "attention_decode_96",
            _ => "attention_decode_128",
        };
        let blocks = self.shape.decode_blocks();
        // Whenever there is more than one split, all blocks together are few enough for the partials.
        let splits = (self.at_once / (blocks * work.decoded).max(1)).clamp(1, MOST_SPLITS);
        let launch =
            Launch { grid: [splits as u32, blocks as u32, work.decoded as u32], block: [128, 1, 1], shared: 0 };
        let mut args = self.args(inputs, inputs.words);
        let scratch = [Arg::from(self.partials.address()), self.arrived.address().into()];
        args.splice(8..8, scratch);
        self.gpu.launch(kernel, launch, &args)
    }

    fn prefill(&self, work: &AttentionWork, inputs: &AttentionInputs) -> Result<()> {
        let kernel = match self.shape.dim {
            32 => "attention_prefill_32",
            64 => "attention_prefill_64",
            96 => "attention_prefill_96",
            _ => "attention_prefill_128",
        };
        // Two stages of keys and values, each row eight numbers longer than it is.
        let shared = 2 * 2 * TILE_STEP * (self.shape.dim + 8) * size_of::<half::f16>();
        let launch = Launch {
            grid: [self.shape.kv_heads as u32, work.tiles as u32, 1],
            block: [128, 1, 1],
            shared: shared as u32,
        };
        self.gpu.launch(kernel, launch, &self.args(inputs, self.tiles(work, inputs)))
    }

    fn plain(&self, work: &AttentionWork, inputs: &AttentionInputs) -> Result<()> {
        let shared = 2 * self.shape.dim * size_of::<f32>();
        let launch =
            Launch { grid: [self.shape.heads as u32, work.tiles as u32, 1], block: [32, 1, 1], shared: shared as u32 };
        let mut args = self.args(inputs, self.tiles(work, inputs));
        args.insert(10, (self.shape.dim as i32).into());
        self.gpu.launch("attention_plain", launch, &args)
    }

    fn tiles(&self, work: &AttentionWork, inputs: &AttentionInputs) -> Address {
        inputs.words.plus(work.decoded * size_of::<u32>())
    }

    /// What all kernels take, in their order.
    fn args(&self, inputs: &AttentionInputs, words: Address) -> Vec<Arg> {
        let shape = &self.shape;
        // Kernels raise 2, not e, to a score.
        let scale = std::f32::consts::LOG2_E / (shape.dim as f32).sqrt();
        let at =
            [inputs.q, inputs.keys, inputs.values, words, inputs.starts, inputs.contexts, inputs.tables, inputs.out];
        let numbers = [shape.heads, shape.kv_heads, shape.block_size, inputs.table_stride, inputs.out_stride];
        let numbers = numbers.map(|n| Arg::from(n as i32));
        at.map(Arg::from).into_iter().chain(numbers).chain([scale.into()]).collect()
    }
}
