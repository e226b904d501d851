//! Products with one matrix.

use super::fixtures::{KINDS, activations, compare, expected, random, rows_off, rows_on, weights};
use crate::gpu::product::{DeviceMatrix, Product, Target, Weights, activation_bytes};
use crate::gpu::{Buffer, emulated};
use crate::quant::GgmlType;

/// A product by the device; results are written between others, which must stay.
fn multiply(kind: GgmlType, parts: &[&[u8]], x: &[f32], columns: usize, before: Option<f32>) -> Vec<f32> {
    let gpu = emulated();
    let matrix = DeviceMatrix::upload(&gpu, kind, columns, &[Weights::Stack(parts)]).expect("uploaded");
    let (count, rows) = (x.len() / columns, matrix.rows());
    let stride = rows + 3;
    let out = Buffer::of(&gpu, &vec![before.unwrap_or(f32::NAN); count * stride]).expect("room");
    let x = rows_on(&gpu, x, columns);
    let target = match before {
        None => Target::Store { out: out.address(), stride },
        Some(_) => Target::Add { out: out.address(), stride },
    };
    let product = Product { weights: &matrix, x: x.address(), count, inner: false, target, groups: None };
    product.launch(&gpu).expect("runs");
    let out = out.read::<f32>(count * stride).expect("read");
    for row in out.chunks(stride) {
        let kept = |v: &f32| before.map_or(v.is_nan(), |before| *v == before);
        assert!(row[rows..].iter().all(kept), "nothing beside the rows is written");
    }
    out.chunks(stride).flat_map(|row| row[..rows].to_vec()).collect()
}

fn shapes(kind: GgmlType) -> Vec<(usize, usize)> {
    let unit = kind.block_len().max(32);
    [(1, 1), (7, 3), (16, 8), (33, 9), (40, 11), (18, 2)].map(|(rows, blocks)| (rows, blocks * unit)).to_vec()
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn products_of_few_rows_are_those_of_the_weights() {
    for (n, kind) in KINDS.into_iter().enumerate() {
        for (i, (rows, columns)) in shapes(kind).into_iter().enumerate() {
            let mut random = random((100 * n + i) as u64);
            let w = weights(kind, rows * columns, 0.01, &mut random);
            for count in [1, [2, 7, 8, 20, 9, 33][i]] {
                let x = activations(count, columns, &mut random);
                let found = multiply(kind, &[&w], &x, columns, None);
                compare(&format!("{rows} x {columns}, {count} rows"), kind, &found, &expected(kind, &w, &x, columns));
            }
        }
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn every_number_of_rows_up_to_twenty_is_computed() {
    let (kind, rows, columns) = (GgmlType::Q4_K, 24, 512);
    let mut random = random(1);
    let w = weights(kind, rows * columns, 0.01, &mut random);
    for count in 0..=20 {
        let x = activations(count, columns, &mut random);
        compare("rows", kind, &multiply(kind, &[&w], &x, columns, None), &expected(kind, &w, &x, columns));
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn products_of_many_rows_are_those_of_the_weights() {
    for (n, kind) in KINDS.into_iter().enumerate() {
        let mut random = random(200 + n as u64);
        let unit = kind.block_len().max(32);
        let cases = [(24, 2, 65), (150, 1, 130)];
        for (rows, blocks, count) in &cases[usize::from(n % 3 != 0)..][..1] {
            let columns = blocks * unit;
            let w = weights(kind, rows * columns, 0.01, &mut random);
            let x = activations(*count, columns, &mut random);
            let found = multiply(kind, &[&w], &x, columns, None);
            compare(&format!("{rows} x {columns}, {count} rows"), kind, &found, &expected(kind, &w, &x, columns));
        }
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn deep_products_of_many_rows_use_every_stage() {
    for (kind, columns) in [(GgmlType::F32, 544), (GgmlType::Q6_K, 768), (GgmlType::Q5_0, 928)] {
        let mut random = random(3);
        let w = weights(kind, 17 * columns, 0.01, &mut random);
        let x = activations(66, columns, &mut random);
        compare("deep", kind, &multiply(kind, &[&w], &x, columns, None), &expected(kind, &w, &x, columns));
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn matrices_below_each_other_are_one() {
    let (kind, columns) = (GgmlType::Q6_K, 256);
    let mut random = random(4);
    let parts = [9, 3, 20].map(|rows| weights(kind, rows * columns, 0.02, &mut random));
    let x = activations(3, columns, &mut random);
    let found = multiply(kind, &[&parts[0], &parts[1], &parts[2]], &x, columns, None);
    compare("a stack", kind, &found, &expected(kind, &parts.concat(), &x, columns));
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn products_are_added_to_what_is_there() {
    let (kind, columns) = (GgmlType::Q8_0, 320);
    let mut random = random(5);
    let w = weights(kind, 21 * columns, 0.01, &mut random);
    for count in [2, 70] {
        let x = activations(count, columns, &mut random);
        let wanted: Vec<_> =
            expected(kind, &w, &x, columns).into_iter().map(|(sum, norm)| (sum + 3.0, norm + 0.01)).collect();
        compare("added", kind, &multiply(kind, &[&w], &x, columns, Some(3.0)), &wanted);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn weights_of_any_size_keep_their_precision() {
    for kind in KINDS {
        let columns = kind.block_len().max(32) * 2;
        // F16 itself has no more bits there.
        let sizes: &[f32] = if kind == GgmlType::F16 { &[1e-3, 1e3] } else { &[1e-4, 1.0, 30.0] };
        for size in sizes {
            let mut random = random(6);
            let w = weights(kind, 16 * columns, *size, &mut random);
            let x = activations(2, columns, &mut random);
            let found = multiply(kind, &[&w], &x, columns, None);
            compare(&format!("size {size}"), kind, &found, &expected(kind, &w, &x, columns));
        }
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn zero_weights_give_zero_and_what_is_no_number_shows() {
    let columns = 256;
    let zero = vec![0; GgmlType::Q4_K.block_bytes() * 16];
    assert_eq!(multiply(GgmlType::Q4_K, &[&zero], &vec![1.0; columns], columns, None), [0.0; 16]);
    let mut bad = zero;
    bad[..2].copy_from_slice(&half::f16::NAN.to_le_bytes());
    bad[16] = 1;
    let out = multiply(GgmlType::Q4_K, &[&bad], &vec![1.0; columns], columns, None);
    assert!(out[0].is_nan() && out[1..].iter().all(|v| *v == 0.0), "{out:?}");
    let big = multiply(GgmlType::F32, &[&[0x7f, 0x96, 0x18, 0x4b].repeat(columns)], &vec![1e6; columns], columns, None);
    assert!(!big[0].is_finite(), "an activation beyond halves is not hidden: {big:?}");
}

#[test]
fn what_cannot_be_computed_is_refused_by_name() {
    let gpu = emulated();
    let upload =
        |kind, columns, weights: &[Weights<'_>]| DeviceMatrix::upload(&gpu, kind, columns, weights).map(|_| ());
    let error = upload(GgmlType::IQ1_S, 256, &[Weights::Stack(&[&[0; 50]])]).expect_err("no kernel").to_string();
    assert!(error.contains("IQ1_S"), "{error}");
    assert!(upload(GgmlType::Q4_K, 100, &[Weights::Stack(&[&[0; 144]])]).is_err());
    assert!(upload(GgmlType::Q4_K, 256, &[Weights::Stack(&[&[0; 145]])]).is_err());
    assert!(upload(GgmlType::Q4_K, 256, &[Weights::Stack(&[&[0; 144]]), Weights::Stack(&[&[0; 288]])]).is_err());
    assert!(upload(GgmlType::Q4_K, 256, &[Weights::GateUp { gate: &[0; 144], up: &[0; 288] }]).is_err());
    assert!(upload(GgmlType::Q4_K, 256, &[]).is_err());
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn activation_rows_keep_every_column_and_pad_with_zeros() {
    let gpu = emulated();
    for (rows, columns) in [(1, 1), (3, 30), (2, 256), (2, 1300)] {
        let x = activations(rows, columns, &mut random(7));
        let buffer = rows_on(&gpu, &x, columns);
        assert_eq!(buffer.bytes(), activation_bytes(rows, columns));
        assert_eq!(rows_off(&buffer, rows, columns), x);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn what_verifies_a_card_passes_here() {
    for kind in [GgmlType::F32, GgmlType::Q3_K] {
        let off = crate::gpu::product::verify(&emulated(), kind).expect("runs").expect("a type with kernels");
        assert!(off > 0.0 && off <= super::fixtures::tolerance(kind), "{kind}: {off:.2e}");
    }
    assert_eq!(crate::gpu::product::verify(&emulated(), GgmlType::IQ1_S).expect("nothing is run"), None);
}
