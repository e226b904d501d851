//! What a matrix is multiplied with, summed up: how much each of its columns matters.

use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Tensor};

use crate::error::Result;

/// Sums over the rows that a matrix was multiplied with.
#[derive(Debug, Default)]
pub struct ActivationRecorder(Mutex<ActivationStats>);

/// Sums over rows of activations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivationStats {
    /// How many rows there were.
    pub rows: u64,
    /// The sum of squares of each column; empty where no row came.
    pub squares: Vec<f64>,
}

impl ActivationRecorder {
    /// Adds rows: (tokens, cols).
    pub(super) fn record(&self, x: &Tensor) -> Result<()> {
        let squares = x.to_dtype(DType::F32)?.sqr()?.sum(0)?.to_vec1::<f32>()?; // (cols)
        let mut moments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moments.squares.resize(squares.len(), 0.0);
        moments.rows += x.dim(0)? as u64;
        moments.squares.iter_mut().zip(squares).for_each(|(sum, square)| *sum += f64::from(square));
        Ok(())
    }

    /// The sums so far.
    pub fn moments(&self) -> ActivationStats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
