//! The point of a grid that costs least, found exactly.
//!
//! A point's cost is the sum of four quarters' costs, and a quarter has few values (9, or 8 in IQ3). The sums of the lower two
//! quarters are put into a table. The points of a grid are sorted by their upper half; an upper half whose cost with the least
//! of the lower ones is too much is passed over with all of its points: few of them are looked at.

use crate::quant::iq::grids::{self, Point};

/// Costs of the levels of each weight of a vector.
pub type Costs<const D: usize, const L: usize> = [[f32; L]; D];

/// Lengths of rows of the table of lower halves, in numbers: 9 or 8 are used, the rest is there for the compiler.
const ROW: usize = 12;
const TABLE: usize = 128;

/// A grid of `N` points of `D` weights with `L` levels, prepared. A quarter has `R` values.
#[derive(Debug)]
pub struct Grid<const D: usize, const L: usize, const R: usize, const N: usize> {
    pub points: &'static [Point<D>; N],
    /// The number of the first point of each upper half, and the end.
    first: [u16; TABLE],
    /// The place of each point's lower half in the table.
    lower: [u8; N],
}

pub static IQ2_XXS: Grid<8, 3, 9, 256> = Grid::new(&grids::IQ2_XXS);
pub static IQ2_XS: Grid<8, 3, 9, 512> = Grid::new(&grids::IQ2_XS);
pub static IQ2_S: Grid<8, 3, 9, 1024> = Grid::new(&grids::IQ2_S);
pub static IQ3_XXS: Grid<4, 8, 8, 256> = Grid::new(&grids::IQ3_XXS);
pub static IQ3_S: Grid<4, 8, 8, 512> = Grid::new(&grids::IQ3_S);
pub static IQ1: Grid<8, 3, 9, 2048> = Grid::new(&grids::IQ1);

impl<const D: usize, const L: usize, const R: usize, const N: usize> Grid<D, L, R, N> {
    const fn new(points: &'static [Point<D>; N]) -> Self {
        let (mut first, mut lower) = ([0; TABLE], [0; N]);
        let (mut at, mut upper) = (0, 0);
        while at < N {
            let [a, b, c, d] = quarters_of::<D, L>(&points[at]);
            let half = R * d + c;
            while upper < half {
                upper += 1;
                first[upper] = at as u16;
            }
            lower[at] = (ROW * b + a) as u8;
            at += 1;
        }
        while upper + 1 < TABLE {
            upper += 1;
            first[upper] = N as u16;
        }
        Self { points, first, lower }
    }

    /// The least cost of a point, and its number.
    pub fn nearest(&self, costs: &Costs<D, L>) -> (f32, usize) {
        self.least::<false>(costs, costs)
    }

    /// The same where one weight must change its sign: `flips` is what that costs at each level.
    pub fn nearest_flipped(&self, costs: &Costs<D, L>, flips: &Costs<D, L>) -> (f32, usize) {
        self.least::<true>(costs, flips)
    }

    fn least<const FLIP: bool>(&self, costs: &Costs<D, L>, flips: &Costs<D, L>) -> (f32, usize) {
        let sum = |a: f32, b: f32| a + b;
        let [a, b, c, d] = quarters::<D, L, R>(costs, sum);
        let table = halves(&a, &b, sum);
        let (flips, flip_table) = if FLIP {
            let flips = quarters::<D, L, R>(flips, lesser);
            (flips, halves(&flips[0], &flips[1], lesser))
        } else {
            ([[0.0; R]; 4], [0.0; TABLE])
        };
        let least = minimum(&a) + minimum(&b);
        let mut best = (f32::INFINITY, 0);
        let scan = |i: usize, j: usize, best: &mut (f32, usize)| {
            let (upper, flip) = (c[i] + d[j], lesser(flips[2][i], flips[3][j]));
            let half = R * j + i;
            let [from, to] = [half, half + 1].map(|half| usize::from(self.first[half % TABLE]));
            for (at, lower) in self.lower[from..to].iter().enumerate() {
                let lower = usize::from(*lower) % TABLE;
                let mut cost = table[lower] + upper;
                if FLIP {
                    cost += lesser(flip_table[lower], flip);
                }
                if cost < best.0 {
                    *best = (cost, from + at);
                }
            }
        };
        // A good point first, so that more halves are passed over.
        scan(place_of_least(&c), place_of_least(&d), &mut best);
        let least_upper = minimum(&c);
        for (j, upper) in d.iter().enumerate() {
            if upper + least_upper + least >= best.0 {
                continue;
            }
            for (i, middle) in c.iter().enumerate() {
                if middle + upper + least < best.0 {
                    scan(i, j, &mut best);
                }
            }
        }
        best
    }
}

/// The values of a point's quarters, the first weights' first.
const fn quarters_of<const D: usize, const L: usize>(point: &Point<D>) -> [usize; 4] {
    let mut out = [0; 4];
    let mut digit = D;
    while digit > 0 {
        digit -= 1;
        let quarter = digit / (D / 4);
        out[quarter] = out[quarter] * L + point[digit] as usize;
    }
    out
}

fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

fn minimum<const R: usize>(values: &[f32; R]) -> f32 {
    values.iter().copied().fold(f32::INFINITY, lesser)
}

fn place_of_least<const R: usize>(values: &[f32; R]) -> usize {
    (1..R).fold(0, |least, at| if values[at] < values[least] { at } else { least })
}

/// What `join` makes of the costs of each value of each quarter.
fn quarters<const D: usize, const L: usize, const R: usize>(
    costs: &Costs<D, L>,
    join: impl Fn(f32, f32) -> f32 + Copy,
) -> [[f32; R]; 4] {
    std::array::from_fn(|quarter| {
        let first = &costs[quarter * (D / 4)];
        if D == 4 {
            return std::array::from_fn(|at| first[at]);
        }
        let second = &costs[quarter * (D / 4) + 1];
        std::array::from_fn(|at| join(first[at % L], second[at / L]))
    })
}

/// What `join` makes of the values of two quarters, for each pair of them.
fn halves<const R: usize>(a: &[f32; R], b: &[f32; R], join: impl Fn(f32, f32) -> f32) -> [f32; TABLE] {
    let mut row = [0.0; ROW];
    row[..R].copy_from_slice(a);
    let mut out = [0.0; TABLE];
    for (b, out) in b.iter().zip(out.chunks_exact_mut(ROW)) {
        for (out, a) in out.iter_mut().zip(&row) {
            *out = join(*a, *b);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every point, one after the other.
    fn plain<const D: usize, const L: usize>(
        points: &[Point<D>],
        costs: &Costs<D, L>,
        flips: Option<&Costs<D, L>>,
    ) -> f32 {
        let cost = |costs: &Costs<D, L>, point: &Point<D>, at: usize| costs[at][usize::from(point[at])];
        let all = points.iter().map(|point| {
            let flip = flips.map_or(0.0, |f| (0..D).map(|at| cost(f, point, at)).fold(f32::INFINITY, f32::min));
            (0..D).map(|at| cost(costs, point, at)).sum::<f32>() + flip
        });
        all.fold(f32::INFINITY, f32::min)
    }

    fn check<const D: usize, const L: usize, const R: usize, const N: usize>(
        grid: &Grid<D, L, R, N>,
        random: &[f32],
    ) -> Result<(), TestCaseError> {
        let table = |random: &[f32]| std::array::from_fn(|at| std::array::from_fn(|level| random[at * L + level]));
        let (costs, flips) = (table(random), table(&random[D * L..]));
        for (found, flips) in [(grid.nearest(&costs), None), (grid.nearest_flipped(&costs, &flips), Some(&flips))] {
            let expected = plain(grid.points, &costs, flips);
            prop_assert!((found.0 - expected).abs() < 1e-5 * (1.0 + expected), "{found:?}, expected {expected}");
            let of_point = plain(&grid.points[found.1..=found.1], &costs, flips);
            prop_assert!((of_point - found.0).abs() < 1e-5 * (1.0 + expected), "the number is another point's");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn no_point_costs_less_than_the_one_found(random in prop::collection::vec(0f32..1.0, 64)) {
            check(&IQ2_XXS, &random)?;
            check(&IQ2_XS, &random)?;
            check(&IQ2_S, &random)?;
            check(&IQ3_XXS, &random)?;
            check(&IQ3_S, &random)?;
            check(&IQ1, &random)?;
        }
    }
}
