//! Many rows at once, on all threads, with a check that the type holds them.

use rayon::prelude::*;

use super::{encode, q8_0};
use crate::error::{Error, Result};
use crate::quant::GgmlType;

/// Weights that one thread encodes at once.
const CHUNK: usize = 1 << 20;

/// How much work an encoding may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// The scales of the least error are searched for.
    Search,
    /// Somebody waits for the model: Q8_0 is rounded to, at many times the speed.
    Round,
}

/// Rows into the blocks of a type, on all threads.
///
/// # Errors
/// The type cannot be written, or a weight does not fit it.
pub(crate) fn encode_rows(kind: GgmlType, weights: &[f32], cols: usize, effort: Effort) -> Result<Vec<u8>> {
    let most = match kind {
        GgmlType::BF16 => half::bf16::MAX.to_f32(),
        GgmlType::F32 => f32::MAX,
        // The other types are F16, or have scales in F16 that are never larger than the largest weight.
        _ => half::f16::MAX.to_f32(),
    };
    let chunk = (CHUNK / cols).max(1) * cols;
    let parts: Vec<Vec<u8>> = weights
        .par_chunks(chunk)
        .map(|weights| match weights.iter().find(|weight| weight.is_nan() || weight.abs() > most) {
            Some(weight) => Err(Error::Request(format!("{weight} does not fit {kind}; BF16 and F32 hold more"))),
            None if kind == GgmlType::Q8_0 && effort == Effort::Round => Ok(q8_0(weights)),
            None => encode(kind, weights, cols, None),
        })
        .collect::<Result<_>>()?;
    Ok(parts.concat())
}
