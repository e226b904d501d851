//! Many rows at once, on all threads, with a check that the type holds them.

use crate::error::Result;
use crate::quant::{GgmlType, check_range};
use rayon::prelude::*;

use super::encode::encode;

/// Weights that one thread encodes at once.
const CHUNK: usize = 1 << 20;

/// Rows into the blocks of a type, on all threads.
///
/// # Errors
/// The type cannot be written, or a weight does not fit it.
pub fn encode_rows(kind: GgmlType, weights: &[f32], cols: usize) -> Result<Vec<u8>> {
    let chunk = (CHUNK / cols).max(1) * cols;
    let encode = |weights: &[f32]| {
        check_range(kind, weights)?;
        encode(kind, weights, cols, None)
    };
    let parts: Vec<Vec<u8>> = weights.par_chunks(chunk).map(encode).collect::<Result<_>>()?;
    Ok(parts.concat())
}
