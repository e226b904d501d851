//! A block of 256 weights as whole numbers with signs.

/// Weights that are unit times scale times value, exactly: points of a grid (IQ1, IQ2, IQ3), or -1, 0 and 1 (TQ).
#[derive(Clone, Debug)]
pub struct SignedCodes {
    /// From -62 to 62.
    pub values: [i8; 256],
    /// Of 16 weights each; odd and up to 31.
    pub scales: [u8; 16],
    pub unit: f32,
}

impl SignedCodes {
    pub const ZERO: Self = Self { values: [0; 256], scales: [1; 16], unit: 0.0 };

    /// The weights.
    pub fn weights(&self, out: &mut [f32]) {
        for ((out, values), scale) in out.chunks_exact_mut(16).zip(self.values.chunks_exact(16)).zip(self.scales) {
            for (out, value) in out.iter_mut().zip(values) {
                *out = self.unit * f32::from(i16::from(scale) * i16::from(*value));
            }
        }
    }

    /// Gives the neighbours number `at` of `N` each, counted in 16 weights, the same scale.
    pub(super) fn set_scales<const N: usize>(&mut self, at: usize, scale: u8) {
        self.scales[N * at..N * (at + 1)].fill(scale);
    }
}
