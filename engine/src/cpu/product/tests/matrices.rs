//! Repacked weights are those of their blocks.

use super::fixtures::{KINDS, matrix, random, weights};
use crate::cpu::product::{PackedMatrix, TILE_ROWS};
use crate::quant::{Blocks, GgmlType};

#[test]
fn rows_come_back_as_their_blocks_decode() {
    for kind in KINDS {
        for (rows, cols) in [(1, 256), (16, 512), (37, 768), (8, kind.block_len().max(5)), (20, 3 * kind.block_len())] {
            let bytes = weights(kind, rows * cols, 0.1, &mut random(1));
            let packed = matrix(kind, rows, cols, &bytes);
            let blocks = Blocks::new(kind, &bytes).expect("a known type");
            let (mut found, mut wanted) = (vec![0.0; cols], vec![0.0; cols]);
            for row in 0..rows {
                packed.row(row, &mut found);
                blocks.dequantise(row * cols, &mut wanted);
                for (col, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
                    let allowed = wanted.abs() * 1e-6 + 1e-6;
                    assert!((found - wanted).abs() <= allowed, "{kind} ({row}, {col}): {found}, not {wanted}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_matrix_of_blocks_is_refused() {
    assert!(PackedMatrix::pack(GgmlType::Q8_K, 1, 256, &[0; 292]).is_none(), "no kernels");
    assert!(PackedMatrix::pack(GgmlType::Q4_K, 1, 128, &[0; 72]).is_none(), "half a block");
    assert!(PackedMatrix::pack(GgmlType::Q4_K, 2, 256, &[0; 144]).is_none(), "a row is missing");
    assert!(PackedMatrix::pack(GgmlType::F32, 0, 4, &[]).is_none(), "no rows");
    assert!(PackedMatrix::pack(GgmlType::F32, usize::MAX, usize::MAX, &[]).is_none(), "too large");
}

#[test]
fn memory_is_that_of_the_file_where_rows_fill_tiles() {
    for kind in KINDS {
        let file = 64 * 4096 / kind.block_len() * kind.block_bytes();
        let ours = PackedMatrix::bytes_of(kind, 64, 4096).expect("a type with kernels");
        assert!(ours >= file && ours as f64 <= file as f64 * 1.04, "{kind}: {ours} bytes instead of {file}");
        assert_eq!(PackedMatrix::bytes_of(kind, 8, 4096), PackedMatrix::bytes_of(kind, TILE_ROWS, 4096));
    }
}
