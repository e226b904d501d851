//! Rotary position angles.

use std::f64::consts::PI;

use candle_core::{Device, Tensor};

use super::config::{Config, RopeScaling};
use crate::error::Result;

/// The angle that each pair of a head turns by at each position.
#[derive(Debug)]
pub struct Rope {
    /// angle per position: (head_dim / 2); double precision, since positions reach tens of thousands
    frequencies: Vec<f64>,
    /// what cosine and sine are multiplied by
    magnitude: f64,
}

impl Rope {
    pub fn new(config: &Config) -> Self {
        let (dim, theta) = (config.head_dim as f64, f64::from(config.rope_theta));
        let plain = |pair: usize| theta.powf(-2.0 * pair as f64 / dim);
        let pairs = 0..config.head_dim / 2;
        match config.rope_scaling {
            RopeScaling::None => Self { frequencies: pairs.map(plain).collect(), magnitude: 1.0 },
            RopeScaling::Linear { factor } => {
                Self { frequencies: pairs.map(|i| plain(i) / f64::from(factor)).collect(), magnitude: 1.0 }
            }
            RopeScaling::Yarn { factor, original } => {
                let factor = f64::from(factor);
                // The pair that turns `n` times over the original context (arXiv 2309.00071, 3.2).
                let pair_of = |n: f64| dim * (original as f64 / (n * 2.0 * PI)).ln() / (2.0 * theta.ln());
                let low = pair_of(32.0).floor().max(0.0);
                let high = pair_of(1.0).ceil().min(dim - 1.0);
                let frequency = |i: usize| {
                    let kept = 1.0 - ((i as f64 - low) / (high - low).max(0.001)).clamp(0.0, 1.0);
                    plain(i) * (kept + (1.0 - kept) / factor)
                };
                let magnitude = 1.0 + 0.1 * factor.max(1.0).ln();
                Self { frequencies: pairs.map(frequency).collect(), magnitude }
            }
        }
    }

    /// Cosines and sines for a batch of positions: twice (tokens, head_dim / 2).
    pub fn angles(&self, positions: &[u32], device: &Device) -> Result<(Tensor, Tensor)> {
        let shape = (positions.len(), self.frequencies.len());
        let (mut cos, mut sin) = (Vec::with_capacity(shape.0 * shape.1), Vec::with_capacity(shape.0 * shape.1));
        for &position in positions {
            for frequency in &self.frequencies {
                let (s, c) = (f64::from(position) * frequency).sin_cos();
                cos.push((c * self.magnitude) as f32);
                sin.push((s * self.magnitude) as f32);
            }
        }
        Ok((Tensor::from_vec(cos, shape, device)?, Tensor::from_vec(sin, shape, device)?))
    }
}
