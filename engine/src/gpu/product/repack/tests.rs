//! Codes and scales mean what `Blocks` decodes.

use super::shape::TILE_COLUMNS;
use crate::gpu::product::tests::{KINDS, random, weights};
use crate::quant::{Blocks, Codes, GgmlType};

const NON_LINEAR: [f32; 16] =
    [-127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0, 89.0, 113.0];

fn weight(kind: GgmlType, row: &Codes, column: usize) -> f32 {
    let code = f32::from(row.codes[column]);
    let sub = |len: usize, bias: f32| f32::from(row.subs[column / len]) - bias;
    let (scale, offset) = (row.scale[column / 32], row.offset[column / 32]);
    let with_minimum =
        |len| row.scale[0] * sub(len, 0.0) * code - row.offset[0] * f32::from(row.minimums[column / len]);
    match kind {
        GgmlType::Q8_0 => scale * (code - 128.0),
        GgmlType::Q4_0 => scale * (code - 8.0),
        GgmlType::Q5_0 => scale * (code - 16.0),
        GgmlType::IQ4_NL => scale * NON_LINEAR[usize::from(row.codes[column])],
        GgmlType::Q4_1 | GgmlType::Q5_1 => scale * code + offset,
        GgmlType::Q4_K | GgmlType::Q5_K => with_minimum(32),
        GgmlType::Q2_K => with_minimum(16),
        GgmlType::Q3_K => row.scale[0] * sub(16, 128.0) * (code - 4.0),
        GgmlType::Q6_K => row.scale[0] * sub(16, 128.0) * (code - 32.0),
        _ => row.scale[0] * sub(32, 128.0) * NON_LINEAR[usize::from(row.codes[column])],
    }
}

#[test]
fn codes_and_scales_are_those_of_the_blocks() {
    for kind in KINDS.into_iter().filter(|kind| kind.block_len() > 1) {
        let bytes = weights(kind, TILE_COLUMNS, 0.01, &mut random(11));
        let mut plain = [0.0; TILE_COLUMNS];
        Blocks::new(kind, &bytes).expect("a type that can be read").dequantise(0, &mut plain);
        let mut row = Codes::ZERO;
        row.read(kind, &bytes);
        for (column, plain) in plain.iter().enumerate() {
            let found = weight(kind, &row, column);
            assert!((found - plain).abs() <= plain.abs() * 1e-6 + 1e-7, "{kind} {column}: {found} should be {plain}");
        }
    }
}
