//! Matrix products of plain slices with any strides, for training. The arithmetic is the crate
//! `matrixmultiply`'s; here it gets checked bounds.

#![expect(unsafe_code, reason = "a kernel")]

use super::transpose::transpose;

/// Smaller matrices are multiplied as they lie.
const MIN_TRANSPOSE: usize = 8;

/// A matrix inside a slice.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Mat<'a> {
    /// Contiguous rows of `cols`.
    pub fn new(data: &'a [f32], cols: usize) -> Self {
        Self { data, rows: data.len() / cols, cols, row_stride: cols, col_stride: 1 }
    }

    /// `rows` rows of `cols`, each `stride` after the one before.
    pub fn strided(data: &'a [f32], rows: usize, cols: usize, stride: usize) -> Self {
        Self { data, rows, cols, row_stride: stride, col_stride: 1 }
    }

    /// The transposed matrix.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    fn fits(&self) -> bool {
        let last = (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride;
        last < self.data.len()
    }
}

/// `c = alpha * a . b + beta * c`, where the rows of `c` are `stride` apart. The order of summation
/// depends on the shapes alone, so the result is the same at every run.
///
/// # Panics
/// If the shapes do not fit each other or their slices.
pub fn gemm(alpha: f32, a: Mat<'_>, b: Mat<'_>, beta: f32, c: &mut [f32], stride: usize) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(k, b.rows, "inner dimensions");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    assert!(stride >= n && (m - 1) * stride + n <= c.len(), "the result's bounds");
    assert!(a.fits() && b.fits(), "the factors' bounds");
    // `matrixmultiply` lays its left factor out by columns and its right one by rows. What lies the other way it gathers
    // number by number, which takes longer than the product itself where that is small: here it is turned first.
    let (left, right);
    let a = if a.col_stride == 1 && a.row_stride >= k && m >= MIN_TRANSPOSE && k >= MIN_TRANSPOSE {
        left = transpose(a.data, m, k, a.row_stride);
        Mat { data: &left, rows: m, cols: k, row_stride: 1, col_stride: m }
    } else {
        a
    };
    let b = if b.row_stride == 1 && b.col_stride >= k && n >= MIN_TRANSPOSE && k >= MIN_TRANSPOSE {
        right = transpose(b.data, n, k, b.col_stride);
        Mat { data: &right, rows: k, cols: n, row_stride: n, col_stride: 1 }
    } else {
        b
    };
    let step = |s: usize| s as isize;
    // SAFETY: all three matrices lie inside their slices, as was just checked, and `c` is borrowed
    // exclusively with rows that do not overlap.
    unsafe {
        matrixmultiply::sgemm(
            m,
            k,
            n,
            alpha,
            a.data.as_ptr(),
            step(a.row_stride),
            step(a.col_stride),
            b.data.as_ptr(),
            step(b.row_stride),
            step(b.col_stride),
            beta,
            c.as_mut_ptr(),
            step(stride),
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_agrees_with_a_plain_sum() {
        for (m, k, n) in [(5, 7, 9), (40, 33, 70), (8, 16, 24)] {
            agrees(m, k, n);
        }
    }

    fn agrees(m: usize, k: usize, n: usize) {
        let fill = |len: usize, seed: usize| -> Vec<f32> {
            (0..len).map(|i| ((i * 31 + seed * 17) % 13) as f32 / 6.0 - 1.0).collect()
        };
        let (a, b, start) = (fill(m * k, 1), fill(k * n, 2), fill(m * n, 3));
        let transpose = |x: &[f32], rows: usize, cols: usize| -> Vec<f32> {
            (0..rows * cols).map(|i| x[(i % rows) * cols + i / rows]).collect()
        };
        let (at, bt) = (transpose(&a, m, k), transpose(&b, k, n));
        for (left, right) in [
            (Mat::new(&a, k), Mat::new(&b, n)),
            (Mat::new(&at, m).t(), Mat::new(&b, n)),
            (Mat::new(&a, k), Mat::new(&bt, k).t()),
        ] {
            let mut c = start.clone();
            gemm(0.5, left, right, 2.0, &mut c, n);
            for i in 0..m {
                for j in 0..n {
                    let sum: f32 = (0..k).map(|p| a[i * k + p] * b[p * n + j]).sum();
                    let expected = 0.5 * sum + 2.0 * start[i * n + j];
                    assert!((c[i * n + j] - expected).abs() < 1e-5, "({i}, {j})");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "the factors' bounds")]
    fn a_factor_beyond_its_slice_is_refused() {
        gemm(1.0, Mat::strided(&[0.0; 5], 2, 3, 3), Mat::new(&[0.0; 9], 3), 0.0, &mut [0.0; 6], 3);
    }
}
