//! Random numbers that are the same on every machine: a board drawn twice shows the same ranks.

/// SplitMix64 (Steele, Lea and Flood 2014): the state counts up, the output mixes it.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
    spare: Option<f64>,
}

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self { state: seed, spare: None }
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal number, by Marsaglia's polar method.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// A number of the chi-squared distribution (Marsaglia and Tsang 2000).
    pub fn chi_squared(&mut self, degrees: f64) -> f64 {
        let shape = 0.5 * degrees;
        let (boost, shape) = if shape < 1.0 { (self.uniform().powf(1.0 / shape), shape + 1.0) } else { (1.0, shape) };
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (self.uniform()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return 2.0 * boost * d * v;
            }
        }
    }
}

impl Random {
    /// Below `count`, each number alike but for less than one part in 2⁶⁴ of `count`.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// How many of `n` independent tries succeed, each with the chance `p`.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if n == 0 || p <= 0.0 {
            return 0;
        }
        if p >= 1.0 {
            return n;
        }
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        if n as f64 * p < 10.0 { self.binomial_by_inversion(n, p) } else { self.binomial_by_rejection(n as f64, p) }
    }

    /// Walks up the distribution function.
    fn binomial_by_inversion(&mut self, n: u64, p: f64) -> u64 {
        let odds = p / (1.0 - p);
        loop {
            let mut left = self.uniform();
            let mut chance = (n as f64 * (-p).ln_1p()).exp();
            // Rounding may leave a rest at the very end, 30 standard deviations away.
            for k in 0..=n.min(400) {
                if left < chance {
                    return k;
                }
                left -= chance;
                chance *= odds * (n - k) as f64 / (k + 1) as f64;
            }
        }
    }

    /// Transformed rejection (BTRS; Hörmann 1993, "The generation of binomial random variates").
    fn binomial_by_rejection(&mut self, n: f64, p: f64) -> u64 {
        let spread = (n * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let center = n * p + 0.5;
        let odds = p / (1.0 - p);
        let mode = ((n + 1.0) * p).floor();
        loop {
            let u = self.uniform() - 0.5;
            let mut v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + center).floor();
            if us >= 0.07 && v <= 0.92 - 4.2 / b {
                return k as u64;
            }
            if k < 0.0 || k > n {
                continue;
            }
            let alpha = (2.83 + 5.1 / b) * spread;
            v = (v * alpha / (a / (us * us) + b)).ln();
            let bound = (mode + 0.5) * ((mode + 1.0) / (odds * (n - mode + 1.0))).ln()
                + (n + 1.0) * ((n - mode + 1.0) / (n - k + 1.0)).ln()
                + (k + 0.5) * (odds * (n - k + 1.0) / (k + 1.0)).ln()
                + stirling(mode)
                + stirling(n - mode)
                - stirling(k)
                - stirling(n - k);
            if v <= bound {
                return k as u64;
            }
        }
    }
}

/// What Stirling's formula for `ln k!`, in `k + 1`, leaves out.
fn stirling(k: f64) -> f64 {
    let x = k + 1.0;
    if x < 10.0 {
        let exact: f64 = (2..=k as u32).map(|i| f64::from(i).ln()).sum();
        return exact - ((k + 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln());
    }
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * x * x)) / (x * x)) / x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binomial_numbers_have_the_mean_and_spread_of_theirs() {
        let mut random = Random::seeded(3);
        for (n, p) in
            [(1, 0.3), (7, 0.5), (30, 0.2), (100, 0.05), (60, 0.4), (1000, 0.9), (1_000_000, 7e-5), (5000, 0.01)]
        {
            let rounds = 40_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..rounds {
                let k = random.binomial(n, p);
                assert!(k <= n);
                sum += k as f64;
                squares += (k as f64).powi(2);
            }
            let (mean, rounds) = (sum / f64::from(rounds), f64::from(rounds));
            let (wanted, variance) = (n as f64 * p, n as f64 * p * (1.0 - p));
            assert!((mean - wanted).abs() < 5.0 * (variance / rounds).sqrt(), "{n} {p}: mean {mean}");
            let found = squares / rounds - mean * mean;
            assert!((found / variance - 1.0).abs() < 0.05, "{n} {p}: variance {found} instead of {variance}");
        }
    }

    #[test]
    fn a_binomial_number_falls_where_its_chances_are() {
        // Both ways of drawing, cell by cell: chi-squared against the exact chances.
        let mut random = Random::seeded(5);
        for (n, p) in [(40, 0.2), (40, 0.3)] {
            let rounds = 100_000;
            let mut counts = vec![0_u32; n as usize + 1];
            for _ in 0..rounds {
                counts[random.binomial(n, p) as usize] += 1;
            }
            let (mut chance, mut squares, mut cells) = ((1.0_f64 - p).powi(40), 0.0, 0.0_f64);
            for k in 0..=n {
                let expected = f64::from(rounds) * chance;
                if expected > 5.0 {
                    squares += (f64::from(counts[k as usize]) - expected).powi(2) / expected;
                    cells += 1.0;
                }
                chance *= p / (1.0 - p) * (n - k) as f64 / (k + 1) as f64;
            }
            assert!(squares < cells + 4.0 * (2.0 * cells).sqrt(), "{n} {p}: {squares} over {cells} cells");
        }
    }

    #[test]
    fn chi_squared_and_normal_numbers_have_the_moments_of_theirs() {
        let mut random = Random::seeded(9);
        for degrees in [1.0, 4.0, 24.5] {
            let mean = (0..50_000).map(|_| random.chi_squared(degrees)).sum::<f64>() / 50_000.0;
            assert!((mean / degrees - 1.0).abs() < 0.04, "{degrees}: {mean}");
        }
        let squares = (0..50_000).map(|_| random.normal().powi(2)).sum::<f64>() / 50_000.0;
        assert!((squares - 1.0).abs() < 0.03, "{squares}");
    }
}
