//! A weight matrix at work: `x . W^T`, plain or with a low-rank adapter beside it, and the gradients.

use std::sync::Arc;

use rayon::prelude::*;

use super::parameter::Parameter;
use crate::kernels::{Dropout, add_scaled, dropout, scale};
use mixtral_engine::ops::gemm::{Mat, gemm};

/// Rows of activations that one thread takes at a time: enough to pay for packing the weights.
const CHUNK: usize = 256;

/// A matrix, or one of every expert.
#[derive(Clone, Debug)]
pub struct Projection {
    /// (rows, cols) or (experts, rows, cols)
    pub weight: Arc<Parameter>,
    /// What is trained beside it.
    pub adapter: Option<Adapter>,
}

/// A low-rank adapter (LoRA, arXiv 2106.09685): `y += scale * B . A . dropout(x)`.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// (rank, cols) or (experts, rank, cols)
    pub a: Arc<Parameter>,
    /// (rows, rank) or (experts, rows, rank)
    pub b: Arc<Parameter>,
    /// alpha / rank
    pub scale: f32,
    /// The share of inputs that are dropped.
    pub dropout: f32,
}

/// What a step's dropout is drawn from; none where nothing is dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct DropoutKey {
    /// The step's seed; nothing when evaluating.
    pub seed: Option<u64>,
}

impl Projection {
    /// A matrix without adapter.
    pub fn new(weight: Arc<Parameter>) -> Self {
        Self { weight, adapter: None }
    }

    /// Rows of the matrix: the width of its results.
    pub fn rows(&self) -> usize {
        self.weight.dims[self.weight.dims.len() - 2]
    }

    /// Columns of the matrix: the width of its inputs.
    pub fn cols(&self) -> usize {
        self.weight.dims[self.weight.dims.len() - 1]
    }

    /// Whether anything in it is trained.
    pub fn is_trained(&self) -> bool {
        self.weight.is_trained() || self.adapter.is_some()
    }

    /// `out = x . W^T` for one expert. `first` is the number of the first row of `x` in the batch.
    pub fn forward(&self, expert: usize, x: &[f32], first: usize, drops: DropoutKey, out: &mut [f32]) {
        let (rows, cols) = (self.rows(), self.cols());
        self.weight.with_weights(expert, |w| gemm(1.0, Mat::new(x, cols), Mat::new(w, cols).t(), 0.0, out, rows));
        if let Some(adapter) = &self.adapter {
            let dropped = adapter.dropped(x, first * cols, expert, drops);
            let (low, rank) = adapter.down(expert, dropped.as_deref().unwrap_or(x));
            adapter.b.with_weights(expert, |b| {
                gemm(adapter.scale, Mat::new(&low, rank), Mat::new(b, rank).t(), 1.0, out, rows);
            });
        }
    }

    /// `dx = dy . W + beta * dx` for one expert.
    pub fn input_gradient(
        &self,
        expert: usize,
        dy: &[f32],
        first: usize,
        drops: DropoutKey,
        beta: f32,
        dx: &mut [f32],
    ) {
        let (rows, cols) = (self.rows(), self.cols());
        self.weight.with_weights(expert, |w| gemm(1.0, Mat::new(dy, rows), Mat::new(w, cols), beta, dx, cols));
        if let Some(adapter) = &self.adapter {
            let low = adapter.low_gradient(expert, dy, rows);
            let rank = adapter.rank();
            adapter.a.with_weights(expert, |a| {
                if adapter.drops(drops) {
                    let mut part = vec![0.0; dx.len()];
                    gemm(1.0, Mat::new(&low, rank), Mat::new(a, cols), 0.0, &mut part, cols);
                    if let Some(part) = adapter.dropped(&part, first * cols, expert, drops) {
                        add_scaled(dx, 1.0, &part);
                    }
                } else {
                    gemm(1.0, Mat::new(&low, rank), Mat::new(a, cols), 1.0, dx, cols);
                }
            });
        }
    }

    /// Adds `dy^T . x` to the gradients of one expert. `threads` cuts the work into so many parts.
    pub fn weight_gradient(
        &self,
        expert: usize,
        x: &[f32],
        dy: &[f32],
        first: usize,
        drops: DropoutKey,
        threads: usize,
    ) {
        let (rows, cols) = (self.rows(), self.cols());
        if let Some(mut gradient) = self.weight.gradient(expert) {
            add_products(1.0, dy, rows, x, cols, &mut gradient, threads);
        }
        if let Some(adapter) = &self.adapter {
            let rank = adapter.rank();
            let dropped = adapter.dropped(x, first * cols, expert, drops);
            let x = dropped.as_deref().unwrap_or(x);
            if let Some(mut gradient) = adapter.b.gradient(expert) {
                let (low, _) = adapter.down(expert, x);
                add_products(adapter.scale, dy, rows, &low, rank, &mut gradient, threads);
            }
            if let Some(mut gradient) = adapter.a.gradient(expert) {
                let low = adapter.low_gradient(expert, dy, rows);
                add_products(1.0, &low, rank, x, cols, &mut gradient, threads);
            }
        }
    }

    /// [`Self::forward`] for a matrix without experts, on all threads.
    pub fn forward_wide(&self, x: &[f32], drops: DropoutKey, out: &mut [f32]) {
        let (rows, cols) = (self.rows(), self.cols());
        out.par_chunks_mut(CHUNK * rows).zip(x.par_chunks(CHUNK * cols)).enumerate().for_each(|(i, (out, x))| {
            self.forward(0, x, i * CHUNK, drops, out);
        });
    }

    /// [`Self::input_gradient`] for a matrix without experts, on all threads.
    pub fn input_gradient_wide(&self, dy: &[f32], drops: DropoutKey, beta: f32, dx: &mut [f32]) {
        let (rows, cols) = (self.rows(), self.cols());
        dx.par_chunks_mut(CHUNK * cols).zip(dy.par_chunks(CHUNK * rows)).enumerate().for_each(|(i, (dx, dy))| {
            self.input_gradient(0, dy, i * CHUNK, drops, beta, dx);
        });
    }

    /// [`Self::weight_gradient`] for a matrix without experts, on all threads.
    pub fn weight_gradient_wide(&self, x: &[f32], dy: &[f32], drops: DropoutKey) {
        self.weight_gradient(0, x, dy, 0, drops, 4);
    }
}

/// Adds `scale * dy^T . x` to a gradient of (rows, cols), cut into so many parts of rows.
fn add_products(scale: f32, dy: &[f32], rows: usize, x: &[f32], cols: usize, gradient: &mut [f32], threads: usize) {
    let (tokens, part) = (x.len() / cols, rows.div_ceil(threads.max(1)).max(1));
    let work = |(i, out): (usize, &mut [f32])| {
        let slice = Mat::strided(&dy[i * part..], tokens, out.len() / cols, rows);
        gemm(scale, slice.t(), Mat::new(x, cols), 1.0, out, cols);
    };
    if threads > 1 {
        gradient.par_chunks_mut(part * cols).enumerate().for_each(work);
    } else {
        gradient.chunks_mut(part * cols).enumerate().for_each(work);
    }
}

impl Adapter {
    fn rank(&self) -> usize {
        self.a.dims[self.a.dims.len() - 2]
    }

    /// `A . x` of inputs that are dropped already, and the rank.
    fn down(&self, expert: usize, x: &[f32]) -> (Vec<f32>, usize) {
        let (rank, cols) = (self.rank(), self.a.dims[self.a.dims.len() - 1]);
        let mut low = vec![0.0; x.len() / cols * rank];
        self.a.with_weights(expert, |a| gemm(1.0, Mat::new(x, cols), Mat::new(a, cols).t(), 0.0, &mut low, rank));
        (low, rank)
    }

    /// The gradient of `A . x`: `scale * dy . B`.
    fn low_gradient(&self, expert: usize, dy: &[f32], rows: usize) -> Vec<f32> {
        let rank = self.rank();
        let mut low = vec![0.0; dy.len() / rows * rank];
        self.b.with_weights(expert, |b| gemm(1.0, Mat::new(dy, rows), Mat::new(b, rank), 0.0, &mut low, rank));
        scale(&mut low, self.scale);
        low
    }

    fn drops(&self, drops: DropoutKey) -> bool {
        self.dropout > 0.0 && drops.seed.is_some()
    }

    /// The numbers from place `start` on with some dropped; nothing where none is. What is dropped is a function of seed and
    /// place alone, so the backward pass needs no memory of it.
    fn dropped(&self, x: &[f32], start: usize, expert: usize, drops: DropoutKey) -> Option<Vec<f32>> {
        let seed = drops.seed.filter(|_| self.drops(drops))?;
        let hash = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3);
        let hash = self.a.name.bytes().fold((seed ^ expert as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15), hash);
        let mixed = (hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mut out = x.to_vec();
        dropout(&mut out, &Dropout { keys: [(mixed >> 32) as u32, mixed as u32], start, keep: 1.0 - self.dropout });
        Some(out)
    }
}

impl Projection {
    /// The weights with the adapter folded in: `W + scale * B . A`, expert by expert.
    pub fn merged(&self) -> Vec<f32> {
        let mut weights = self.weight.copy();
        if let Some(adapter) = &self.adapter {
            let (cols, rank) = (self.cols(), adapter.rank());
            let share = self.rows() * cols;
            for (expert, weights) in weights.chunks_exact_mut(share).enumerate() {
                adapter.b.with_weights(expert, |b| {
                    adapter.a.with_weights(expert, |a| {
                        gemm(adapter.scale, Mat::new(b, rank), Mat::new(a, cols), 1.0, weights, cols);
                    });
                });
            }
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_keeps_its_share_and_the_mean_and_differs_by_seed_name_expert_and_place() {
        let adapter = |name: &str| Adapter {
            a: Arc::new(Parameter::new(name, &[2, 64], vec![0.0; 128], true)),
            b: Arc::new(Parameter::new("b", &[8, 2], vec![0.0; 16], true)),
            scale: 1.0,
            dropout: 0.2,
        };
        let ones = vec![1.0; 1 << 16];
        let seeded = |seed| DropoutKey { seed: Some(seed) };
        let plain = adapter("a").dropped(&ones, 0, 0, seeded(7)).expect("dropped");
        let gone = plain.iter().filter(|x| **x == 0.0).count() as f64 / plain.len() as f64;
        let mean = plain.iter().map(|x| f64::from(*x)).sum::<f64>() / plain.len() as f64;
        assert!((gone - 0.2).abs() < 0.005 && (mean - 1.0).abs() < 0.01, "{gone} {mean}");
        // A part by itself drops what it drops within the whole.
        assert_eq!(adapter("a").dropped(&ones[..100], 500, 0, seeded(7)).expect("dropped"), plain[500..600]);
        for (name, start, expert, seed) in [("b", 0, 0, 7), ("a", 1, 0, 7), ("a", 0, 1, 7), ("a", 0, 0, 8)] {
            let other = adapter(name).dropped(&ones, start, expert, seeded(seed)).expect("dropped");
            let both = plain.iter().zip(&other).filter(|(a, b)| **a == 0.0 && **b == 0.0).count() as f64;
            let share = both / plain.len() as f64;
            assert!((share - 0.04).abs() < 0.004, "{name} {start} {expert} {seed}: {share} dropped in both");
        }
        assert!(adapter("a").dropped(&ones, 0, 0, DropoutKey::default()).is_none(), "nothing when evaluating");
    }
}
