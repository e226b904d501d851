//! Transposing a matrix, eight by eight numbers in registers at a time.

#![expect(unsafe_code, reason = "a kernel")]

/// (rows, cols), rows `stride` apart, to (cols, rows) without gaps.
///
/// # Panics
/// If the rows do not lie inside `data`.
pub(super) fn transpose(data: &[f32], rows: usize, cols: usize, stride: usize) -> Vec<f32> {
    assert!(rows > 0 && cols > 0 && stride >= cols && (rows - 1) * stride + cols <= data.len(), "the matrix's bounds");
    let mut out = vec![0.0; rows * cols];
    // What the blocks leave over: columns at the right, rows below.
    let (inner_rows, inner_cols) = blocks(data, rows, cols, stride, &mut out);
    let mut plain = |rows_from: usize, cols_from: usize, rows_to: usize| {
        for col in cols_from..cols {
            for row in rows_from..rows_to {
                out[col * rows + row] = data[row * stride + col];
            }
        }
    };
    plain(0, inner_cols, inner_rows);
    plain(inner_rows, 0, rows);
    out
}

/// Transposes whole blocks, where the processor can; tells how many rows and columns that were.
#[cfg(target_arch = "x86_64")]
fn blocks(data: &[f32], rows: usize, cols: usize, stride: usize, out: &mut [f32]) -> (usize, usize) {
    if !is_x86_feature_detected!("avx") {
        return (0, 0);
    }
    let (inner_rows, inner_cols) = (rows / 16 * 16, cols / 8 * 8);
    // Two blocks side by side fill whole cache lines of the result.
    for row in (0..inner_rows).step_by(16) {
        for col in (0..inner_cols).step_by(8) {
            for row in [row, row + 8] {
                // SAFETY: the processor has AVX, and both blocks lie inside their matrices: `row + 8 <= rows` and
                // `col + 8 <= cols`, and the caller checked that the matrices lie inside their slices.
                unsafe {
                    block(data.as_ptr().add(row * stride + col), stride, out.as_mut_ptr().add(col * rows + row), rows)
                }
            }
        }
    }
    (inner_rows, inner_cols)
}

#[cfg(not(target_arch = "x86_64"))]
fn blocks(_: &[f32], _: usize, _: usize, _: usize, _: &mut [f32]) -> (usize, usize) {
    (0, 0)
}

/// Transposes one block.
///
/// # Safety
/// The processor has AVX; eight rows of eight numbers may be read from `from` on, and written from `to` on.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn block(from: *const f32, stride: usize, to: *mut f32, gap: usize) {
    use std::arch::x86_64::{
        _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_unpackhi_ps,
        _mm256_unpacklo_ps,
    };
    // SAFETY: the caller's promise.
    let r: [_; 8] = std::array::from_fn(|i| unsafe { _mm256_loadu_ps(from.add(i * stride)) });
    let pairs: [_; 8] = std::array::from_fn(|i| {
        let (a, b) = (r[i / 2 * 2], r[i / 2 * 2 + 1]);
        if i % 2 == 0 { _mm256_unpacklo_ps(a, b) } else { _mm256_unpackhi_ps(a, b) }
    });
    // Columns 0 to 3 of rows 0 to 3 (and of rows 4 to 7) in the lower halves, columns 4 to 7 in the upper ones.
    let fours: [_; 8] = std::array::from_fn(|i| {
        let (half, col) = (i / 4 * 4, i % 4);
        let (a, b) = (pairs[half + col / 2], pairs[half + 2 + col / 2]);
        if col % 2 == 0 { _mm256_shuffle_ps::<0x44>(a, b) } else { _mm256_shuffle_ps::<0xEE>(a, b) }
    });
    for col in 0..4 {
        let (above, below) = (fours[col], fours[4 + col]);
        // SAFETY: the caller's promise.
        unsafe {
            _mm256_storeu_ps(to.add(col * gap), _mm256_permute2f128_ps::<0x20>(above, below));
            _mm256_storeu_ps(to.add((col + 4) * gap), _mm256_permute2f128_ps::<0x31>(above, below));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_transposed() {
        for (rows, cols, stride) in [(1, 1, 1), (16, 8, 8), (16, 8, 11), (37, 29, 30), (48, 5, 5), (7, 40, 64)] {
            let data: Vec<f32> = (0..rows * stride).map(|i| i as f32).collect();
            let out = transpose(&data, rows, cols, stride);
            for row in 0..rows {
                for col in 0..cols {
                    assert_eq!(out[col * rows + row], data[row * stride + col], "{rows} x {cols}: ({row}, {col})");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "the matrix's bounds")]
    fn rows_beyond_the_slice_are_refused() {
        transpose(&[0.0; 30], 4, 8, 8);
    }
}
