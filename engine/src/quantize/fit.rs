//! The line that fits a group of weights best: a weight is written as `scale * code - min`.
//!
//! Codes are whole numbers, so the squared error has many minima. The search initial_fits from several lines, and from the
//! best of them goes by turns: codes to the line, the line to the codes by weighted least squares.

/// Weights that are summed side by side, so that the compiler can keep the sums in one register.
const LANES: usize = 8;
/// Turns of codes and line after which next to nothing changes any more.
const MAX_ITERATIONS: usize = 6;

/// What a code can be: whole numbers from `low` to `high`.
#[derive(Clone, Copy, Debug)]
pub struct Codes {
    pub low: f32,
    pub high: f32,
    /// Whether there is a min beside the scale. Codes then start at 0.
    pub min: bool,
}

/// A weight is `scale * code - min`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Affine {
    pub scale: f32,
    pub min: f32,
}

/// A group of weights, and how much the error of each counts.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a, const N: usize> {
    pub weights: &'a [f32; N],
    pub counts: &'a [f32; N],
}

/// The whole number next to a small one: what is beyond the point falls off the end of the mantissa. (`f32::round` is a
/// call of a function on processors of the common baseline.)
fn whole(value: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0; // 1.5 * 2^23
    (value + SHIFT) - SHIFT
}

impl Affine {
    fn inverse(self) -> f32 {
        let inverse = 1.0 / self.scale;
        if inverse.is_finite() { inverse } else { 0.0 }
    }

    /// The code that comes nearest to a weight.
    fn code(self, inverse: f32, codes: Codes, weight: f32) -> f32 {
        whole(((weight + self.min) * inverse).max(codes.low).min(codes.high))
    }
}

/// Weighted sums over a group, of weights x and codes q.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    pub one: f32,
    pub q: f32,
    pub qq: f32,
    pub x: f32,
    pub xq: f32,
}

impl<const N: usize> Group<'_, N> {
    /// The codes that a line gives.
    pub fn codes(&self, line: Affine, codes: Codes) -> [f32; N] {
        let inverse = line.inverse();
        self.weights.map(|weight| line.code(inverse, codes, weight))
    }

    /// The weighted squared error that a line leaves.
    pub fn error(&self, line: Affine, codes: Codes) -> f32 {
        let inverse = line.inverse();
        let mut sums = [0f32; LANES];
        for (weights, counts) in self.lanes() {
            for lane in 0..LANES {
                let code = line.code(inverse, codes, weights[lane]);
                let off = weights[lane] + line.min - line.scale * code;
                sums[lane] += counts[lane] * off * off;
            }
        }
        sums.iter().sum()
    }

    /// The sums for the codes that a line gives.
    pub fn sums(&self, line: Affine, codes: Codes) -> Sums {
        let inverse = line.inverse();
        let [mut one, mut q, mut qq, mut x, mut xq] = [[0f32; LANES]; 5];
        for (weights, counts) in self.lanes() {
            for lane in 0..LANES {
                let code = line.code(inverse, codes, weights[lane]);
                let (count, counted) = (counts[lane], counts[lane] * code);
                one[lane] += count;
                q[lane] += counted;
                qq[lane] += counted * code;
                x[lane] += count * weights[lane];
                xq[lane] += counted * weights[lane];
            }
        }
        let [one, q, qq, x, xq] = [one, q, qq, x, xq].map(|lanes| lanes.iter().sum());
        Sums { one, q, qq, x, xq }
    }

    fn lanes(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        self.weights.chunks_exact(LANES).zip(self.counts.chunks_exact(LANES))
    }

    /// The best line for the codes of `line`: least squares.
    fn better(&self, line: Affine, codes: Codes) -> Affine {
        let Sums { one, q, qq, x, xq } = self.sums(line, codes);
        let plain = Affine { scale: if qq > 0.0 { xq / qq } else { 0.0 }, min: 0.0 };
        if !codes.min {
            return plain;
        }
        let determinant = one * qq - q * q;
        if determinant <= 0.0 {
            return plain;
        }
        let scale = (one * xq - q * x) / determinant;
        let min = (q * xq - qq * x) / determinant;
        // The min is stored without a sign.
        if min < 0.0 || scale < 0.0 { plain } else { Affine { scale, min } }
    }

    /// The best line found.
    pub fn fit(&self, codes: Codes, initial_fits: usize) -> Affine {
        let none = Affine::default();
        let mut best = (self.error(none, codes), none);
        if best.0 <= 0.0 {
            return none;
        }
        self.initial_fits(codes, initial_fits, |line| {
            self.improve(&mut best, line, codes);
        });
        for _ in 0..MAX_ITERATIONS {
            let line = best.1;
            if !self.improve(&mut best, line, codes) {
                break;
            }
        }
        best.1
    }

    /// Takes the best line for the codes of `line`, if it is better than the best one before.
    fn improve(&self, best: &mut (f32, Affine), line: Affine, codes: Codes) -> bool {
        let line = self.better(line, codes);
        let error = self.error(line, codes);
        let better = error < best.0;
        if better {
            *best = (error, line);
        }
        better
    }

    /// Calls `body` with lines to start from: those that put the extremes on the last codes, and a bit inside or
    /// outside of them.
    fn initial_fits(&self, codes: Codes, initial_fits: usize, mut body: impl FnMut(Affine)) {
        // In steps of a code, from half a code outside to as much inside as there are initial_fits.
        let width = 0.45 + (codes.high - codes.low) / 16.0;
        let insets = (0..initial_fits).map(|i| (i as f32 / (initial_fits - 1).max(1) as f32 - 0.35) * width);
        if codes.min {
            let low = self.weights.iter().copied().fold(0f32, f32::min);
            let high = self.weights.iter().copied().fold(f32::MIN, f32::max).max(low);
            for inside in insets.clone() {
                for above in insets.clone() {
                    let scale = (high - low) / (codes.high + inside + above);
                    body(Affine { scale, min: (-low - inside * scale).max(0.0) });
                }
            }
        } else {
            let extreme = self.weights.iter().copied().fold(0f32, |a, b| if b.abs() > a.abs() { b } else { a });
            for inside in insets {
                body(Affine { scale: extreme / (codes.low - inside), min: 0.0 });
                body(Affine { scale: extreme / (codes.high + inside), min: 0.0 });
            }
        }
    }
}
