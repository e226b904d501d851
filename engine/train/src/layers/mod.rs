//! The sub-layers as operations on candle's tape, each with its backward pass.

mod attention;
mod balance;
mod experts;
mod loss;
mod norm;
mod router;

pub use attention::{Angles, AttentionLayer, AttentionOp};
pub use balance::Balance;
pub use experts::{ExpertsLayer, ExpertsOp, RouteWeights};
pub use loss::{LossOp, TargetWeights, logits, losses};
pub use norm::Norm;
pub use router::RouterOp;

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, Layout, Result, Tensor};

use super::profiler::Profiler;
use super::projection::DropoutKey;
use mixtral_reference::read;

/// What all operations of a pass share.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    /// Whether a backward pass will follow.
    pub has_loss: bool,
    /// Whether the backward pass computes once more what it needs of the forward pass, rather than keeping it.
    pub recomputes: bool,
    /// The step's dropout.
    pub drops: DropoutKey,
    /// Where the time is booked.
    pub profiler: Arc<Profiler>,
}

/// What the forward pass keeps for the backward pass.
#[derive(Debug)]
pub struct Kept<T>(Mutex<Option<T>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Kept<T> {
    /// Keeps a value.
    pub fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// Takes it out; there is one for one backward pass.
    pub fn take(&self) -> Result<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.ok_or_else(|| candle_core::Error::Msg("nothing was kept for a backward pass".into()))
    }
}

impl Pass {
    /// Whether the forward pass keeps what it computed.
    pub fn keeps(&self) -> bool {
        self.has_loss && !self.recomputes
    }
}

/// The F32 numbers of an operation's input.
pub fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("the trainer's operations take contiguous tensors")
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// Lends the F32 numbers of tensors.
pub fn with_weights<const N: usize, R>(tensors: [&Tensor; N], body: impl FnOnce([&[f32]; N]) -> R) -> Result<R> {
    read(tensors, body)
}
