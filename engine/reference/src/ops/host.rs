//! Between candle's tensors and plain slices.

use candle_core::{Storage, Tensor};
use mixtral_engine::Error;
use mixtral_engine::ops::{are_finite, can_normalise};

use crate::error::Result;

/// Lends the F32 contents of tensors on the processor. Views are made contiguous first.
///
/// # Errors
/// One is of another type, or of another device.
pub fn read<const N: usize, R>(tensors: [&Tensor; N], body: impl FnOnce([&[f32]; N]) -> R) -> candle_core::Result<R> {
    let tensors = tensors.into_iter().map(Tensor::contiguous).collect::<candle_core::Result<Vec<_>>>()?;
    let guards: Vec<_> = tensors.iter().map(Tensor::storage_and_layout).collect();
    let mut slices = [[].as_slice(); N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else {
            return Err(candle_core::Error::Msg("a tensor of another device".into()));
        };
        *slice = &storage.as_slice::<f32>()?[layout.start_offset()..][..layout.shape().elem_count()];
    }
    Ok(body(slices))
}

/// Refuses values on the processor that are no finite numbers: what reads them next might hide them. Elsewhere nothing is
/// looked at, for that would wait for the device; what arises there shows in the logits.
///
/// # Errors
/// One is NaN or infinite.
pub fn check_finite(what: &str, x: &Tensor) -> Result<()> {
    if !x.device().is_cpu() {
        return Ok(());
    }
    let finite = read([x], |[x]| are_finite(x))?;
    Ok(finite.then_some(()).ok_or_else(|| Error::NotFinite(what.to_owned()))?)
}

/// Refuses rows on the processor that cannot be normalised: of an overflow the norm would make zeros.
///
/// # Errors
/// The squares of a row add up to more than F32 holds, or to no number.
pub fn check_normalised(x: &Tensor) -> Result<()> {
    if !x.device().is_cpu() {
        return Ok(());
    }
    let width = x.dims().last().copied().unwrap_or(1).max(1);
    let fits = read([x], |[x]| can_normalise(x, width))?;
    Ok(fits.then_some(()).ok_or_else(|| Error::NotFinite("the input of a norm".to_owned()))?)
}
