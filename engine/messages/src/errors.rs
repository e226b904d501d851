//! Errors of the engine, and what is wrong in a model's file.

use mixtral_engine::Error;
use mixtral_engine::error::{Fault, Foreign, Place};

use crate::language::Argument;
use crate::{Language, system};

/// An engine's error.
#[must_use]
pub fn engine(error: &Error, language: Language) -> String {
    match error {
        Error::Io { path, source } => {
            t!(language, "error-file", path = path.display(), what = system(source, language))
        }
        Error::File { path, place, fault } => {
            let (path, what) = (path.display(), self::fault(fault, language));
            match place {
                Place::Whole => t!(language, "error-file", path = path, what = what),
                Place::Offset(at) => t!(language, "error-file-byte", path = path, at = at.to_string(), what = what),
                Place::Key(key) => t!(language, "error-file-key", path = path, key = key, what = what),
                Place::Tensor(name) => t!(language, "error-file-tensor", path = path, name = name, what = what),
            }
        }
        Error::NoBase { path, base } => t!(language, "error-no-base", path = path.display(), base = base),
        Error::NoAdapter { path } => t!(language, "error-no-adapter", path = path.display()),
        Error::Device { device, message } => {
            t!(language, "error-device", device = device, what = message)
        }
        Error::Compute(what) => computation(what, language),
        Error::Gpu(cause) => t!(language, "error-compute", what = cause.to_string()),
        Error::NotFinite(what) => t!(language, "error-not-finite", what = what),
        Error::Panic(what) => t!(language, "error-panic", what = what),
        Error::Busy => t!(language, "error-queue-full"),
        Error::Stopped => t!(language, "error-stopped"),
        // The engine's word for what kind of error it is helps nobody here.
        Error::Request(what) => said(language, what.key(), &what.arguments()),
        // Faults of the program itself, or of what calls the library.
        Error::StepInput(what) | Error::Text(what) | Error::Training(what) => {
            t!(language, "error-other", what = what)
        }
    }
}

/// What is wrong in a file.
#[must_use]
pub fn fault(fault: &Fault, language: Language) -> String {
    match fault {
        Fault::Empty => t!(language, "fault-empty"),
        Fault::NotGguf(foreign) => {
            let like = match foreign {
                None => "other",
                Some(Foreign::Zip) => "zip",
                Some(Foreign::Predecessor) => "predecessor",
                Some(Foreign::LfsPointer) => "lfs-pointer",
                Some(Foreign::WebPage) => "web-page",
            };
            t!(language, "fault-not-gguf", like = like)
        }
        Fault::GgufVersion(version) => t!(language, "fault-gguf-version", version = version.to_string()),
        Fault::BigEndian => t!(language, "fault-big-endian"),
        Fault::Truncated { wanted, left } => t!(language, "fault-truncated", wanted = *wanted, left = *left),
        Fault::BeyondEnd { len, start, file } => {
            t!(language, "fault-beyond-end", bytes = *len, start = start.to_string(), file = *file)
        }
        Fault::Architecture(name) => t!(language, "fault-architecture", name = name),
        Fault::Dense => t!(language, "fault-dense"),
        Fault::Type(name) => t!(language, "fault-type", name = name),
        Fault::NoGpuKernels(name) => t!(language, "fault-no-gpu-kernels", name = name),
        Fault::Missing => t!(language, "fault-missing"),
        Fault::Shape { found, expected } => {
            let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
            t!(language, "fault-shape", found = found, expected = expected)
        }
        Fault::Surplus => t!(language, "fault-surplus"),
        Fault::NotFinite => t!(language, "fault-not-finite"),
        Fault::Duplicate => t!(language, "fault-duplicate"),
        Fault::Crowded { count, what, left } => {
            t!(language, "fault-crowded", count = *count, what = what.replace(' ', "-"), left = *left)
        }
        Fault::NotUtf8 => t!(language, "fault-not-utf8"),
        Fault::UnknownType(id) => t!(language, "fault-unknown-type", id = id.to_string()),
        Fault::ValueType { found, wanted } => t!(language, "fault-value-type", found = found, wanted = wanted),
        Fault::Impossible(value) => t!(language, "fault-impossible", value = value),
        Fault::Unsupported(what) => t!(language, "fault-unsupported", what = what),
        Fault::UnknownChoice { found, known } => {
            let known = known.join(&t!(language, "list-separator"));
            t!(language, "fault-unknown-choice", found = found, known = known)
        }
        Fault::Differs { found, wanted } => t!(language, "fault-differs", found = found, wanted = wanted),
        Fault::Rank(rank) => t!(language, "fault-rank", rank = rank.to_string()),
        Fault::Dimension(dim) => t!(language, "fault-dimension", value = dim.to_string()),
        Fault::TooManyWeights(count) => t!(language, "fault-too-many-weights", count = count.to_string()),
        Fault::RowBlocks { row, kind, block } => {
            t!(language, "fault-row-blocks", row = *row, kind = kind, block = *block)
        }
        Fault::Unaligned { start, alignment } => {
            t!(language, "fault-unaligned", start = start.to_string(), alignment = *alignment)
        }
        Fault::Overlap(other) => t!(language, "fault-overlap", other = other),
        Fault::TooManyShards(count) => t!(language, "fault-too-many-shards", count = *count),
        Fault::ShardName { count } => t!(language, "fault-shard-name", count = *count, last = format!("{count:05}")),
        Fault::LaterShard { number, count, first } => {
            t!(language, "fault-later-shard", number = *number, count = *count, first = first)
        }
        Fault::TooManyExperts { used, experts } => {
            t!(language, "fault-too-many-experts", used = *used, experts = *experts)
        }
        Fault::HeadCount { size, heads } => t!(language, "fault-head-count", size = *size, heads = *heads),
        Fault::OddHeads(width) => t!(language, "fault-odd-heads", width = *width),
        Fault::TooManyTokens { tokens, rows } => {
            t!(language, "fault-too-many-tokens", tokens = *tokens, rows = *rows)
        }
        Fault::ListLength { found, tokens } => t!(language, "fault-list-length", found = *found, tokens = *tokens),
        Fault::NoSuchToken { id, tokens } => t!(language, "fault-no-such-token", id = id.to_string(), tokens = *tokens),
        Fault::NotRegular => t!(language, "fault-not-regular"),
        Fault::Layout(what) => said(language, what.key(), &what.arguments()),
        Fault::Adapter(what) => said(language, what.key(), &what.arguments()),
        Fault::Tokenizer(what) => said(language, what.key(), &what.arguments()),
        Fault::Conversion(what) => said(language, what.key(), &what.arguments()),
        Fault::Checkpoint(what) => said(language, what.key(), &what.arguments()),
        Fault::Request(what) => said(language, what.key(), &what.arguments()),
    }
}

/// A text whose key and arguments come with what is said.
fn said(language: Language, key: &str, arguments: &[(&'static str, &str)]) -> String {
    let arguments: Vec<_> = arguments.iter().map(|(name, value)| (*name, Argument::value(*value))).collect();
    language.text(key, &arguments)
}

/// A computation that failed.
#[must_use]
pub fn computation(what: &str, language: Language) -> String {
    if out_of_memory(what) { t!(language, "error-out-of-memory") } else { t!(language, "error-compute", what = what) }
}

fn out_of_memory(text: &str) -> bool {
    ["out of memory", "OUT_OF_MEMORY", "memory allocation"].iter().any(|said| text.contains(said))
}
