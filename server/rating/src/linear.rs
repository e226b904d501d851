//! The little linear algebra that the fits need: symmetric positive definite systems.

/// A symmetric matrix, row by row.
#[derive(Debug, Clone)]
pub(super) struct Symmetric {
    size: usize,
    values: Vec<f64>, // (row, column)
}

/// The Cholesky factor L of a matrix A = L Lᵀ.
#[derive(Debug)]
pub(super) struct Cholesky {
    size: usize,
    lower: Vec<f64>, // (row, column), column <= row
}

impl Symmetric {
    pub fn zero(size: usize) -> Self {
        Self { size, values: vec![0.0; size * size] }
    }

    fn get(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.size + j]
    }

    /// Adds `w (e_i - e_j)(e_i - e_j)ᵀ`.
    pub fn add_difference(&mut self, i: usize, j: usize, w: f64) {
        let n = self.size;
        self.values[i * n + i] += w;
        self.values[j * n + j] += w;
        self.values[i * n + j] -= w;
        self.values[j * n + i] -= w;
    }

    /// Adds `c 1 1ᵀ` with `c = trace / size²`: a Laplacian of a connected graph becomes regular
    /// by it, with no effect on vectors whose sum is 0.
    pub fn lift(&mut self) {
        let trace: f64 = (0..self.size).map(|i| self.get(i, i)).sum();
        let c = trace / (self.size * self.size) as f64;
        self.values.iter_mut().for_each(|value| *value += c);
    }

    /// The factor, or nothing when the matrix is not positive definite in these numbers.
    pub fn cholesky(&self) -> Option<Cholesky> {
        let n = self.size;
        let mut lower = self.values.clone();
        for row in 0..n {
            for column in 0..=row {
                let (above, below) = lower.split_at(row * n);
                let of_row = &below[..n];
                let of_column = if column == row { of_row } else { &above[column * n..(column + 1) * n] };
                let dot: f64 = of_row[..column].iter().zip(&of_column[..column]).map(|(a, b)| a * b).sum();
                let rest = of_row[column] - dot;
                let value = if column == row { rest.sqrt() } else { rest / of_column[column] };
                if !value.is_finite() || (column == row && value <= 0.0) {
                    return None;
                }
                lower[row * n + column] = value;
            }
        }
        Some(Cholesky { size: n, lower })
    }
}

impl Cholesky {
    /// Solves A x = b.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let n = self.size;
        let mut x = b.to_vec();
        for row in 0..n {
            let dot: f64 = self.lower[row * n..row * n + row].iter().zip(&x).map(|(l, x)| l * x).sum();
            x[row] = (x[row] - dot) / self.lower[row * n + row];
        }
        for row in (0..n).rev() {
            x[row] /= self.lower[row * n + row];
            let value = x[row];
            for (column, x) in x[..row].iter_mut().enumerate() {
                *x -= self.lower[row * n + column] * value;
            }
        }
        x
    }
}
