//! Rotary position angles.

use std::f64::consts::PI;

use super::config::{Config, RopeScaling};

/// The angle that each pair of a head turns by at each position.
#[derive(Debug)]
pub struct Rope {
    /// angle per position: (head_dim / 2); double precision, since positions reach tens of thousands
    frequencies: Vec<f64>,
    /// what cosine and sine are multiplied by
    magnitude: f64,
}

impl Rope {
    /// The angles of a model of this shape.
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
    pub fn angles(&self, positions: &[u32]) -> (Vec<f32>, Vec<f32>) {
        positions.iter().flat_map(|position| self.turn(*position)).unzip()
    }

    /// Cosine and sine of each pair at a position.
    pub fn turn(&self, position: u32) -> impl Iterator<Item = (f32, f32)> + '_ {
        self.frequencies.iter().map(move |frequency| {
            let (sin, cos) = (f64::from(position) * frequency).sin_cos();
            ((cos * self.magnitude) as f32, (sin * self.magnitude) as f32)
        })
    }

    /// Cosines and sines of the positions from 0 on, side by side: (positions, head_dim / 2, 2).
    pub fn turns(&self, positions: usize) -> Vec<f32> {
        (0..positions as u32).flat_map(|position| self.turn(position)).flat_map(|(cos, sin)| [cos, sin]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mixtral's own head width and base, stretched in a chosen way.
    fn rope(rope_scaling: RopeScaling) -> Rope {
        Rope::new(&Config {
            hidden_size: 4096,
            layers: 32,
            heads: 32,
            kv_heads: 8,
            head_dim: 128,
            intermediate_size: 14336,
            num_experts: 8,
            experts_per_token: 2,
            vocab_size: 32000,
            max_context: 32768,
            norm_eps: 1e-5,
            rope_theta: 1e6,
            rope_scaling,
        })
    }

    fn close(a: f64, b: f64) -> bool {
        (a / b - 1.0).abs() < 1e-9
    }

    #[test]
    fn the_first_pair_turns_by_one_a_position_and_the_last_hardly() {
        let plain = rope(RopeScaling::None);
        assert!(close(plain.frequencies[0], 1.0) && close(plain.frequencies[32], 1e-3));
        let (cos, sin) = plain.angles(&[0, 3]);
        assert_eq!((cos.len(), sin.len()), (2 * 64, 2 * 64));
        assert_eq!((cos[0], sin[63]), (1.0, 0.0));
        assert!((cos[64] - 3f32.cos()).abs() < 1e-6 && (sin[64] - 3f32.sin()).abs() < 1e-6);
    }

    #[test]
    fn linear_stretching_slows_every_pair_and_yarn_only_the_slow_ones() {
        let plain = rope(RopeScaling::None).frequencies;
        let linear = rope(RopeScaling::Linear { factor: 4.0 });
        assert!(linear.frequencies.iter().zip(&plain).all(|(a, b)| close(a * 4.0, *b)));

        let yarn = rope(RopeScaling::Yarn { factor: 4.0, original: 32768 });
        // Pair 23 is the last that turns 32 times over 32,768 positions, pair 40 the first that turns less than once.
        assert!((0..=23).all(|i| close(yarn.frequencies[i], plain[i])));
        assert!((40..64).all(|i| close(yarn.frequencies[i] * 4.0, plain[i])));
        assert!((24..40).all(|i| yarn.frequencies[i] < plain[i] && yarn.frequencies[i] > plain[i] / 4.0));
        assert!(close(yarn.magnitude, 1.0 + 0.1 * 4f64.ln()));
    }
}
