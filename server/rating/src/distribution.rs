//! Quantiles and tails of the normal and Student's distribution.

/// The standard normal quantile of a two-sided 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;

/// How far a two-sided 95 % interval reaches, in standard errors: Student's quantile, the normal one without degrees
/// of freedom.
#[must_use]
pub fn t95(degrees: Option<f64>) -> f64 {
    let Some(degrees) = degrees.filter(|degrees| degrees.is_finite()) else { return Z95 };
    if degrees < 1.0 {
        return f64::INFINITY;
    }
    let series = t95_series(degrees);
    if degrees >= SERIES_DEGREES {
        return series;
    }
    // The series stays below, and the tail is convex there: Newton's steps come up to the quantile and never beyond it.
    let mut t = series;
    for _ in 0..20 {
        let step = (student_tail(t, degrees) - 0.05) / (2.0 * student_density(t, degrees));
        t += step;
        if step.abs() < 1e-12 * t {
            break;
        }
    }
    t
}

/// From so many degrees of freedom on the series is right to seven digits.
const SERIES_DEGREES: f64 = 20.0;

/// Student's quantile as the normal one and powers of the degrees' inverse (Abramowitz and Stegun 26.7.5).
fn t95_series(degrees: f64) -> f64 {
    let z = Z95;
    let powers = [3, 5, 7, 9].map(|power| z.powi(power));
    let [z3, z5, z7, z9] = powers;
    let terms = [
        (z3 + z) / 4.0,
        (5.0 * z5 + 16.0 * z3 + 3.0 * z) / 96.0,
        (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / 384.0,
        (79.0 * z9 + 776.0 * z7 + 1482.0 * z5 - 1920.0 * z3 - 945.0 * z) / 92_160.0,
    ];
    z + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / degrees)
}

fn student_density(t: f64, degrees: f64) -> f64 {
    let scale =
        (log_gamma(0.5 * (degrees + 1.0)) - log_gamma(0.5 * degrees)).exp() / (degrees * std::f64::consts::PI).sqrt();
    scale * (1.0 + t * t / degrees).powf(-0.5 * (degrees + 1.0))
}

/// The chance that Student's t of so many degrees is farther from 0 than `t`.
#[must_use]
pub fn student_tail(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / (degrees + t * t), 0.5 * degrees, 0.5)
}

/// The chance that a standard normal is farther from 0 than `z`.
#[must_use]
pub fn normal_tail(z: f64) -> f64 {
    // erfc as the incomplete gamma function, which is Student's tail in the limit; a million degrees differ from it
    // in the seventh digit, so the continued fraction of Mills' ratio takes over where it converges.
    let z = z.abs();
    if z < 2.0 {
        // erf by its power series (Abramowitz and Stegun 26.2.11).
        let (mut term, mut sum, mut n) = (z, z, 1.0);
        while term > 1e-17 * sum {
            n += 2.0;
            term *= z * z / n;
            sum += term;
        }
        return 1.0 - 2.0 * density(z) * sum;
    }
    // Abramowitz and Stegun 26.2.14, from the inside out.
    let fraction = (1..=60).rev().fold(z, |below, k| z + f64::from(k) / below);
    2.0 * density(z) / fraction
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The regularised incomplete beta function (Abramowitz and Stegun 26.5.8, by Lentz's method).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    let tiny = 1e-300;
    let keep = |value: f64| if value.abs() < tiny { tiny } else { value };
    let (mut c, mut d) = (1.0, 1.0 / keep(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / keep(1.0 + term * d);
            c = keep(1.0 + term / c);
            fraction *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

/// `ln Γ(x)` for positive x, by Stirling's series after moving x up.
fn log_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 12.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    shift + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Student's table, two-sided 5 %.
        for (degrees, wanted) in [(1.0, 12.7062), (2.0, 4.3027), (5.0, 2.5706), (24.0, 2.0639), (99.0, 1.9842)] {
            assert!((t95(Some(degrees)) - wanted).abs() < 5e-5, "{degrees}: {}", t95(Some(degrees)));
        }
        for degrees in [1.0, 1.5, 2.7, 4.0, 8.3, 9.99, 10.0, 12.5, 30.0, 200.0] {
            let tail = student_tail(t95(Some(degrees)), degrees);
            assert!((tail - 0.05).abs() < 2e-7, "{degrees}: {tail}");
        }
        assert!((t95(None) - 1.959_964).abs() < 1e-6);
        assert!((t95(Some(1e7)) - t95(None)).abs() < 1e-5);
        assert_eq!(t95(Some(0.0)), f64::INFINITY);
    }

    #[test]
    fn normal_tails_are_those_of_the_tables() {
        for (z, wanted) in [(0.0, 1.0), (1.0, 0.317_310_507_863), (1.959_963_984_540, 0.05), (3.0, 0.002_699_796_063)] {
            assert!((normal_tail(z) - wanted).abs() < 1e-11, "{z}: {}", normal_tail(z));
        }
        assert!((normal_tail(6.0) / 1.973_175_290_1e-9 - 1.0).abs() < 1e-9, "{}", normal_tail(6.0));
    }
}
