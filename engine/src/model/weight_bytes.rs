//! How much room a model's weights take.

use crate::formats::Source;

/// How many bytes the weights take once loaded, on the processor or a GPU: what they take in the
/// file, for they stay in their types (but for what an adapter changes where it is put into a copy of its base).
pub fn weight_bytes(source: &dyn Source) -> u64 {
    source.names().into_iter().filter_map(|name| source.info(name)).map(|info| info.bytes()).sum()
}
