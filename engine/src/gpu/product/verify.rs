//! Products of a device against sums in F64: small shapes, every kernel of a type.

use std::sync::Arc;

use super::launch::{Groups, Product, Rows, Target, activations_from_f32};
use super::matrix::{DeviceMatrix, Weights, activation_bytes};
use crate::error::Result;
use crate::gpu::{Buffer, Gpu};
use crate::quant::{Blocks, GgmlType};

/// Rows of weights, experts, and how many of them a token meets.
const ROWS: usize = 150;
const EXPERTS: usize = 4;
const TOP: usize = 2;

/// The largest error of a type's products, as a share of the norm of a sum's terms; nothing if the type cannot be computed with.
///
/// Dense and grouped, for numbers of rows that reach every kernel.
///
/// # Errors
/// The device refused.
pub fn verify(gpu: &Arc<dyn Gpu>, kind: GgmlType) -> Result<Option<f64>> {
    let columns = 9 * kind.block_len().max(32);
    let Some(row) = kind.bytes_of(columns as u64).filter(|_| DeviceMatrix::supports(kind)) else { return Ok(None) };
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let mut plain = vec![Vec::new(); EXPERTS];
    let mut bytes = vec![Vec::new(); EXPERTS];
    for (plain, bytes) in plain.iter_mut().zip(&mut bytes) {
        // No half and no float of these bytes is infinite or none, or far from the others.
        *bytes = (0..row as usize * ROWS).map(|_| next() as u8 & 0xbb).collect::<Vec<u8>>();
        let Some(blocks) = Blocks::new(kind, bytes) else { return Ok(None) };
        *plain = vec![0f32; ROWS * columns];
        blocks.dequantise(0, plain);
    }
    let mut worst: f64 = 0.0;
    let parts: Vec<[&[u8]; 1]> = bytes.iter().map(|bytes| [&bytes[..]]).collect();
    let stacks: Vec<Weights<'_>> = parts.iter().map(|part| Weights::Stack(part)).collect();
    let (one, all) =
        (DeviceMatrix::upload(gpu, kind, columns, &stacks[..1])?, DeviceMatrix::upload(gpu, kind, columns, &stacks)?);
    for tokens in [1, 3, 8, 13, 16, 30, 70, 200] {
        let rows = tokens * TOP;
        let x: Vec<f32> = (0..rows * columns).map(|_| (next() % 257) as f32 / 64.0 - 2.0).collect();
        let floats = Buffer::of(gpu, &x)?;
        let on = Buffer::new(gpu, activation_bytes(rows, columns))?;
        activations_from_f32(gpu, (floats.address(), columns), rows, columns, on.address())?;
        let out = Buffer::new(gpu, rows * ROWS * 4)?;
        let product = Product {
            weights: &one,
            x: on.address(),
            count: tokens,
            inner: false,
            target: Target::Store { out: out.address(), stride: ROWS },
            groups: None,
        };
        let mut check = |expert: &dyn Fn(usize) -> usize, from: &dyn Fn(usize) -> usize, count: usize| -> Result<()> {
            for (at, found) in out.read::<f32>(count * ROWS)?.chunks(ROWS).enumerate() {
                let x = &x[from(at) * columns..][..columns];
                for (found, w) in found.iter().zip(plain[expert(at)].chunks(columns)) {
                    let terms = x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w));
                    let (sum, squares) = terms.fold((0.0, 0.0f64), |(sum, squares), t| (sum + t, squares + t * t));
                    let error = (f64::from(*found) - sum).abs() / squares.sqrt().max(1e-30);
                    // What is no number is as wrong as can be.
                    worst = if error.is_nan() { f64::INFINITY } else { worst.max(error) };
                }
            }
            Ok(())
        };
        out.fill(0xff)?;
        product.launch(gpu)?;
        check(&|_| 0, &|at| at, tokens)?;

        let expert = |assignment: usize| (assignment / TOP * 7 % 3 + assignment % TOP) % EXPERTS;
        let mut sorted: Vec<i32> = (0..rows as i32).collect();
        sorted.sort_by_key(|assignment| expert(*assignment as usize));
        let before = |e: usize| sorted.iter().filter(|a| expert(**a as usize) < e).count() as i32;
        let offsets: Vec<i32> = (0..=EXPERTS).map(before).collect();
        let mut active: Vec<i32> = (0..EXPERTS).filter(|e| offsets[*e] < offsets[e + 1]).map(|e| e as i32).collect();
        active.resize(EXPERTS, -1);
        let lists = [Buffer::of(gpu, &offsets)?, Buffer::of(gpu, &sorted)?, Buffer::of(gpu, &active)?];
        let [offsets, sorted, active] = lists.each_ref().map(Buffer::address);
        let groups = Groups { offsets, sorted, active, assignments: rows, top: TOP };
        out.fill(0xff)?;
        let grouped = Product { weights: &all, groups: Some((groups, Rows::Tokens, Rows::Assignments)), ..product };
        grouped.launch(gpu)?;
        check(&expert, &|assignment| assignment / TOP, rows)?;
    }
    Ok(Some(worst))
}
