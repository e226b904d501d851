//! The little linear algebra that the fits need: symmetric matrices and their factors.

/// A symmetric matrix, row by row; both triangles are kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Symmetric {
    size: usize,
    values: Vec<f64>, // (row, column)
}

/// The Cholesky factor L of a matrix A = L Lᵀ.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    size: usize,
    lower: Vec<f64>, // (row, column), column <= row
}

/// The inner product, in eight sums that do not wait for each other.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_parts, a_rest) = a.as_chunks::<8>();
    let (b_parts, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a_parts.iter().zip(b_parts) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Adds `factor · from` to `to`.
pub(crate) fn add_scaled(to: &mut [f64], from: &[f64], factor: f64) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

impl Symmetric {
    pub fn zero(size: usize) -> Self {
        Self { size, values: vec![0.0; size * size] }
    }

    pub fn size(&self) -> usize {
        self.size
    }

    pub fn get(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.size + j]
    }

    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.size..(i + 1) * self.size]
    }

    /// Adds `w` at (i, j) and, off the diagonal, at (j, i).
    pub fn add(&mut self, i: usize, j: usize, w: f64) {
        self.values[i * self.size + j] += w;
        if i != j {
            self.values[j * self.size + i] += w;
        }
    }

    /// Adds `w (e_i - e_j)(e_i - e_j)ᵀ`.
    pub fn add_difference(&mut self, i: usize, j: usize, w: f64) {
        let n = self.size;
        self.values[i * n + i] += w;
        self.values[j * n + j] += w;
        self.values[i * n + j] -= w;
        self.values[j * n + i] -= w;
    }

    /// Multiplies every entry.
    pub fn scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|value| *value *= factor);
    }

    /// Adds `c 1 1ᵀ` with `c = trace / size²` over the first `count` rows and columns: a Laplacian of a connected
    /// graph becomes regular by it, with no effect on vectors whose sum there is 0.
    pub fn lift(&mut self, count: usize) {
        let trace: f64 = (0..count).map(|i| self.get(i, i)).sum();
        let c = trace / (count * count) as f64;
        for row in 0..count {
            self.values[row * self.size..row * self.size + count].iter_mut().for_each(|value| *value += c);
        }
    }

    /// The product with a vector.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        (0..self.size).map(|row| dot(self.row(row), x)).collect()
    }

    /// `self · inner · self`.
    pub fn sandwich(&self, inner: &Self) -> Self {
        let left = self.product(inner);
        // Row i of (self · inner) with row j of self, which is its column: symmetric, so one triangle is enough.
        let mut result = Self::zero(self.size);
        for i in 0..self.size {
            for j in 0..=i {
                let value = dot(&left[i * self.size..(i + 1) * self.size], self.row(j));
                result.values[i * self.size + j] = value;
                result.values[j * self.size + i] = value;
            }
        }
        result
    }

    /// `self · self`.
    pub fn squared(&self) -> Self {
        Self { size: self.size, values: self.product(self) }
    }

    fn product(&self, other: &Self) -> Vec<f64> {
        let n = self.size;
        let mut product = vec![0.0; n * n];
        for (row, to) in product.chunks_exact_mut(n.max(1)).enumerate() {
            // Four rows at a time: the sums are read and written a quarter as often.
            let of_row = self.row(row);
            for k in (0..n.saturating_sub(3)).step_by(4) {
                let f = [of_row[k], of_row[k + 1], of_row[k + 2], of_row[k + 3]];
                let rows = [other.row(k), other.row(k + 1), other.row(k + 2), other.row(k + 3)];
                for (column, to) in to.iter_mut().enumerate() {
                    *to += f[0] * rows[0][column]
                        + f[1] * rows[1][column]
                        + f[2] * rows[2][column]
                        + f[3] * rows[3][column];
                }
            }
            for (k, factor) in of_row.iter().enumerate().skip(n - n % 4) {
                add_scaled(to, other.row(k), *factor);
            }
        }
        product
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
                let rest = of_row[column] - dot(&of_row[..column], &of_column[..column]);
                let value = if column == row { rest.sqrt() } else { rest / of_column[column] };
                if !value.is_finite() || (column == row && value <= 0.0) {
                    return None;
                }
                lower[row * n + column] = value;
            }
        }
        Some(Cholesky { size: n, lower })
    }

    /// A factor L with A = L Lᵀ of a matrix that need only be positive semidefinite: a direction without variance
    /// has a column of zeros.
    pub fn semidefinite_factor(&self) -> Cholesky {
        let n = self.size;
        let mut lower = vec![0.0; n * n];
        for column in 0..n {
            let diagonal = self.get(column, column);
            let of_column = lower[column * n..column * n + column].to_vec();
            let rest = diagonal - dot(&of_column, &of_column);
            // What is left after so much cancelled is rounding.
            if rest <= 1e-10 * diagonal || rest <= 0.0 {
                continue;
            }
            let pivot = rest.sqrt();
            lower[column * n + column] = pivot;
            for row in column + 1..n {
                let rest = self.get(row, column) - dot(&lower[row * n..row * n + column], &of_column);
                lower[row * n + column] = rest / pivot;
            }
        }
        Cholesky { size: n, lower }
    }
}

impl Cholesky {
    /// Solves A x = b.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let n = self.size;
        let mut x = b.to_vec();
        for row in 0..n {
            let known = dot(&self.lower[row * n..row * n + row], &x[..row]);
            x[row] = (x[row] - known) / self.lower[row * n + row];
        }
        for row in (0..n).rev() {
            x[row] /= self.lower[row * n + row];
            let value = x[row];
            add_scaled(&mut x[..row], &self.lower[row * n..row * n + row], -value);
        }
        x
    }

    /// A⁻¹.
    pub fn inverse(&self) -> Symmetric {
        let n = self.size;
        // L⁻¹ row by row, then A⁻¹ = L⁻ᵀ L⁻¹.
        let mut inverse = vec![0.0; n * n];
        for row in 0..n {
            let (above, below) = inverse.split_at_mut(row * n);
            let to = &mut below[..n];
            for k in 0..row {
                add_scaled(&mut to[..=k], &above[k * n..=k * n + k], -self.lower[row * n + k]);
            }
            to[row] = 1.0;
            let pivot = self.lower[row * n + row];
            to[..=row].iter_mut().for_each(|value| *value /= pivot);
        }
        let mut result = Symmetric::zero(n);
        for k in 0..n {
            let of_k = &inverse[k * n..=k * n + k];
            for i in 0..=k {
                add_scaled(&mut result.values[i * n..=i * n + i], of_k, of_k[i]);
            }
        }
        for i in 0..n {
            for j in 0..i {
                result.values[j * n + i] = result.values[i * n + j];
            }
        }
        result
    }

    /// L z.
    pub fn times(&self, z: &[f64], to: &mut [f64]) {
        let n = self.size;
        for (row, to) in to.iter_mut().enumerate() {
            *to = dot(&self.lower[row * n..=row * n + row], &z[..=row]);
        }
    }
}
