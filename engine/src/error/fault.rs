//! What can be wrong in a file.

use std::fmt;

use super::said::{AdapterFault, CheckpointFault, ConversionFault, LayoutFault, RequestFault, TokenizerFault};

/// What is wrong in a file: a value each, so that a program may say it in another language. `Display` is English, for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is not a byte in it.
    Empty,
    /// It does not begin as GGUF files do.
    NotGguf(Option<Foreign>),
    /// A version of GGUF that is not supported.
    GgufVersion(u32),
    /// GGUF for processors with the other byte order.
    BigEndian,
    /// The file ends too early.
    Truncated {
        /// Bytes that should follow.
        wanted: u64,
        /// Bytes that do.
        left: u64,
    },
    /// A tensor reaches beyond the end of the file.
    BeyondEnd {
        /// Bytes of the tensor.
        len: u64,
        /// Where they begin.
        start: u64,
        /// Bytes of the file.
        file: u64,
    },
    /// `general.architecture` or `model_type` of something else than Mixtral.
    Architecture(String),
    /// A Llama model without experts.
    Dense,
    /// A type of numbers that cannot be computed with.
    Type(String),
    /// A type that the processor computes with and GPUs do not.
    NoGpuKernels(String),
    /// A key or a tensor that must be there is not.
    Missing,
    /// A tensor of another shape, outermost dimension first.
    Shape {
        /// What the file has.
        found: Vec<usize>,
        /// What the configuration promises.
        expected: Vec<usize>,
    },
    /// A tensor that is no part of a Mixtral model.
    Surplus,
    /// A weight that is not a finite number.
    NotFinite,
    /// A key or a tensor that is there already.
    Duplicate,
    /// More things than the rest of the file can hold.
    Crowded {
        count: u64,
        /// What they are, in English.
        what: &'static str,
        /// Bytes that follow.
        left: u64,
    },
    /// Text in another encoding.
    NotUtf8,
    /// A number that stands for no type.
    UnknownType(u32),
    /// A value of another type; both as GGUF names them.
    ValueType { found: String, wanted: String },
    /// A value that nothing can be made of.
    Impossible(String),
    /// Something that would be computed wrongly; named as in the file.
    Unsupported(String),
    /// One of several ways to do something, and not one that is known here.
    UnknownChoice { found: String, known: &'static [&'static str] },
    /// A value that does not agree with the rest of the file.
    Differs { found: String, wanted: String },
    /// A tensor of so many dimensions.
    Rank(u32),
    /// A dimension of a tensor that is 0, or that makes it too large.
    Dimension(u64),
    /// More weights than bytes can be counted for.
    TooManyWeights(u64),
    /// Rows that are not whole blocks of their type.
    RowBlocks { row: usize, kind: String, block: usize },
    /// A tensor that does not begin at a multiple of the alignment.
    Unaligned { start: u64, alignment: u64 },
    /// A tensor whose bytes are also those of another.
    Overlap(String),
    /// More shards than are read.
    TooManyShards(usize),
    /// A shard in a file that is not named as shards are.
    ShardName { count: usize },
    /// A shard other than the first.
    LaterShard {
        /// Which, from 1.
        number: usize,
        count: usize,
        /// The file to open instead.
        first: String,
    },
    /// More experts a token than there are.
    TooManyExperts { used: usize, experts: usize },
    /// Heads that do not divide into each other, or a hidden size into them.
    HeadCount { size: usize, heads: usize },
    /// An odd number of numbers in a head, which rotary pairs do not cover.
    OddHeads(usize),
    /// More tokens than rows of the embedding.
    TooManyTokens { tokens: usize, rows: usize },
    /// A list of another length than the token list.
    ListLength { found: usize, tokens: usize },
    /// The number of a token beyond the list.
    NoSuchToken { id: u32, tokens: usize },
    /// A pipe, a device, or another thing that has no end.
    NotRegular,
    /// How the file is laid out.
    Layout(Box<LayoutFault>),
    /// An adapter.
    Adapter(Box<AdapterFault>),
    /// A vocabulary.
    Tokenizer(Box<TokenizerFault>),
    /// A conversion, a merge or a quantisation.
    Conversion(Box<ConversionFault>),
    /// A checkpoint of a training.
    Checkpoint(Box<CheckpointFault>),
    /// What was asked for cannot be done with this tensor.
    Request(Box<RequestFault>),
}

/// Files that are taken for GGUF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A zip archive.
    Zip,
    /// A format before GGUF.
    Predecessor,
    /// A Git LFS pointer.
    LfsPointer,
    WebPage,
}

impl From<LayoutFault> for Fault {
    fn from(fault: LayoutFault) -> Self {
        Self::Layout(Box::new(fault))
    }
}

impl From<AdapterFault> for Fault {
    fn from(fault: AdapterFault) -> Self {
        Self::Adapter(Box::new(fault))
    }
}

impl From<ConversionFault> for Fault {
    fn from(fault: ConversionFault) -> Self {
        Self::Conversion(Box::new(fault))
    }
}

impl From<CheckpointFault> for Fault {
    fn from(fault: CheckpointFault) -> Self {
        Self::Checkpoint(Box::new(fault))
    }
}

impl From<RequestFault> for Fault {
    fn from(fault: RequestFault) -> Self {
        Self::Request(Box::new(fault))
    }
}

impl From<TokenizerFault> for Fault {
    fn from(fault: TokenizerFault) -> Self {
        Self::Tokenizer(Box::new(fault))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::NotGguf(None) => f.write_str("this is not a GGUF file"),
            Self::NotGguf(Some(foreign)) => write!(f, "this is not a GGUF file; it looks like {foreign}"),
            Self::GgufVersion(1) => f.write_str("GGUF version 1 is not supported; convert the model again"),
            Self::GgufVersion(other) => write!(f, "GGUF version {other} is not supported (2 and 3 are)"),
            Self::BigEndian => f.write_str("big-endian GGUF is not supported"),
            Self::Truncated { wanted, left } => {
                write!(f, "{wanted} bytes wanted, but the file ends after {left} more")
            }
            Self::BeyondEnd { len, start, file } => write!(
                f,
                "its {len} bytes from {start} on reach beyond the end of the file ({file} bytes): \
                 the file is truncated or damaged"
            ),
            Self::Architecture(name) => {
                write!(
                    f,
                    "{name:?} is not supported, only Mixtral is (\"llama\" with experts in GGUF, \"mixtral\" in config.json)"
                )
            }
            Self::Dense => {
                f.write_str("no experts: this is a dense llama model, and only mixtures of experts are supported")
            }
            Self::Type(name) => write!(f, "type {name} is not supported"),
            Self::NoGpuKernels(name) => {
                write!(
                    f,
                    "there are no GPU kernels for type {name}; load the model on the CPU, or in a type from Q2_K to Q8_0"
                )
            }
            Self::Missing => f.write_str("is missing"),
            Self::Shape { found, expected } => write!(f, "is {found:?}, should be {expected:?}"),
            Self::Surplus => f.write_str("is not a part of a Mixtral model; the file holds more than is supported"),
            Self::NotFinite => f.write_str("holds a weight that is no number"),
            Self::Duplicate => f.write_str("stands twice"),
            Self::Crowded { count, what, left } => {
                write!(f, "{count} {what} cannot stand in the {left} bytes that follow")
            }
            Self::NotUtf8 => f.write_str("text that is not UTF-8"),
            Self::UnknownType(id) => write!(f, "unknown type {id}"),
            Self::ValueType { found, wanted } => write!(f, "should be {wanted}, not {found}"),
            Self::Impossible(value) => write!(f, "{value} is not possible"),
            Self::Unsupported(what) => write!(f, "{what} is not supported"),
            Self::UnknownChoice { found, known } => {
                write!(f, "{found:?} is not supported (supported: {})", known.join(" and "))
            }
            Self::Differs { found, wanted } => write!(f, "is {found}, should be {wanted}"),
            Self::Rank(rank) => write!(f, "{rank} dimensions (1 to 4 are possible)"),
            Self::Dimension(dim) => write!(f, "a dimension of {dim} is not possible"),
            Self::TooManyWeights(count) => write!(f, "{count} weights are too many"),
            Self::RowBlocks { row, kind, block } => {
                write!(f, "rows of {row} do not divide into {kind} blocks of {block}")
            }
            Self::Unaligned { start, alignment } => write!(f, "its offset {start} is not a multiple of {alignment}"),
            Self::Overlap(other) => write!(f, "its bytes overlap those of {other}"),
            Self::TooManyShards(count) => write!(f, "{count} shards are too many"),
            Self::ShardName { count } => {
                write!(f, "{count} shards, but the file is not named NAME-00001-of-{count:05}.gguf")
            }
            Self::LaterShard { number, count, first } => write!(f, "this is shard {number} of {count}; open {first}"),
            Self::TooManyExperts { used, experts } => write!(f, "{used} of {experts} experts"),
            Self::HeadCount { size, heads } => write!(f, "{size} does not divide into {heads} heads"),
            Self::OddHeads(width) => write!(f, "an odd head width of {width}"),
            Self::TooManyTokens { tokens, rows } => write!(f, "has {tokens} entries, and the model {rows}"),
            Self::ListLength { found, tokens } => write!(f, "has {found} entries for {tokens} tokens"),
            Self::NoSuchToken { id, tokens } => write!(f, "{id} lies outside the vocabulary of {tokens} tokens"),
            Self::NotRegular => f.write_str("is not a regular file"),
            Self::Layout(what) => what.fmt(f),
            Self::Adapter(what) => what.fmt(f),
            Self::Tokenizer(what) => what.fmt(f),
            Self::Conversion(what) => what.fmt(f),
            Self::Checkpoint(what) => what.fmt(f),
            Self::Request(what) => what.fmt(f),
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "a zip archive, perhaps PyTorch weights",
            Self::Predecessor => "an old GGML or GGJT file, the predecessors of GGUF",
            Self::LfsPointer => "a Git LFS pointer; the weights themselves were not downloaded",
            Self::WebPage => "a web page, perhaps a failed download",
        })
    }
}
