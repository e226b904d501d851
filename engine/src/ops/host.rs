//! Between candle's tensors and the plain slices of the processor's kernels.

use candle_core::{CpuStorage, Device, InplaceOp2, Layout, Storage, Tensor};

use super::cpu::{are_finite, can_normalise};
use crate::error::{Error, Result};

/// Lends the F32 contents of tensors on the processor. Views are made contiguous first.
pub fn read<const N: usize, R>(tensors: [&Tensor; N], body: impl FnOnce([&[f32]; N]) -> R) -> Result<R> {
    let tensors = tensors.into_iter().map(Tensor::contiguous).collect::<candle_core::Result<Vec<_>>>()?;
    let guards: Vec<_> = tensors.iter().map(Tensor::storage_and_layout).collect();
    let mut slices = [[].as_slice(); N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else {
            let message = "the processor's kernels were given a tensor of another device";
            return Err(candle_core::Error::Msg(message.into()).into());
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
    read([x], |[x]| are_finite(x))?.then_some(()).ok_or_else(|| Error::NotFinite(what.to_owned()))
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
    fits.then_some(()).ok_or_else(|| Error::NotFinite("the input of a norm".to_owned()))
}

/// Makes a tensor of zeros that `body` fills in.
pub fn write(dims: &[usize], body: impl FnOnce(&mut [f32]) -> Result<()>) -> Result<Tensor> {
    let mut out = vec![0f32; dims.iter().product()];
    body(&mut out)?;
    Ok(Tensor::from_vec(out, dims, &Device::Cpu)?)
}

/// Writes each row of `rows` to its slot of `cache`, in place.
pub fn scatter(cache: &Tensor, rows: &Tensor, slots: &[u32]) -> Result<()> {
    let len = rows.elem_count() / slots.len();
    Ok(cache.inplace_op2(&rows.contiguous()?, &Scatter { slots, len })?)
}

struct Scatter<'a> {
    slots: &'a [u32],
    len: usize,
}

impl InplaceOp2 for Scatter<'_> {
    fn name(&self) -> &'static str {
        "scatter rows into the cache"
    }

    fn cpu_fwd(
        &self,
        cache: &mut CpuStorage,
        cache_layout: &Layout,
        rows: &CpuStorage,
        rows_layout: &Layout,
    ) -> candle_core::Result<()> {
        let (CpuStorage::F32(cache), CpuStorage::F32(rows)) = (cache, rows) else {
            candle_core::bail!("the cache on the processor is F32")
        };
        let cache = &mut cache[cache_layout.start_offset()..];
        let rows = &rows[rows_layout.start_offset()..];
        for (slot, row) in self.slots.iter().zip(rows.chunks_exact(self.len)) {
            cache[*slot as usize * self.len..][..self.len].copy_from_slice(row);
        }
        Ok(())
    }
}
