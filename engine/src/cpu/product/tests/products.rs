//! Products against sums in F64, alone and in company, and between instruction sets.

use std::ops::Range;

use super::fixtures::{KINDS, activations, activations_in, forms, inputs, largest_weights, matrix, random, weights};
use crate::cpu::product::{Activations, Form, InstructionSet, PackedMatrix, TILE_ROWS, product, product_with};
use crate::quant::GgmlType;

/// How far a product may be from the sum in F64, as a share of the sum of magnitudes: the rounding of F32 sums.
const SUMMED: f64 = 2e-6;

/// Numbers of tokens around those that kernels take at once.
const TOKENS: [usize; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 17, 33, 48, 96, 101];

/// (tokens, rows), of `rows` alone.
fn multiply(
    set: InstructionSet,
    w: &PackedMatrix,
    rows: Range<usize>,
    x: &Activations,
    tokens: &[u32],
) -> Vec<Vec<f32>> {
    let mut out = vec![vec![f32::NAN; w.rows()]; tokens.len()];
    product_with(set, w, rows, x, tokens, &mut |i, row, values| {
        out[i][row..row + values.len()].copy_from_slice(values);
    });
    out
}

/// Activations as they are multiplied: rounded as the form says.
fn rounded(form: Form, x: &[f32], cols: usize) -> Vec<f64> {
    let block = match form {
        // The sum of two BF16 is as good: their 16 bits are nearly what F32 sums keep.
        Form::F32 | Form::Terms => return x.iter().map(|x| f64::from(*x)).collect(),
        Form::Rounded256 => 256,
        Form::Rounded32 => 32,
    };
    let mut out = Vec::with_capacity(x.len());
    for x in x.chunks(cols).flat_map(|row| row.chunks(block)) {
        let most = x.iter().fold(0f32, |most, x| most.max(x.abs()));
        let inverse = if most == 0.0 {
            0.0
        } else if block == 256 {
            127.0 / most
        } else {
            1.0 / (most / 127.0)
        };
        let scale = if most == 0.0 {
            0.0
        } else if block == 256 {
            1.0 / inverse
        } else {
            half::f16::from_f32(most / 127.0).to_f32()
        };
        out.extend(x.iter().map(|x| f64::from((x * inverse).round_ties_even()) * f64::from(scale)));
    }
    out
}

/// Holds all products of one matrix against sums in F64, in each form.
fn check(set: InstructionSet, kind: GgmlType, rows: usize, cols: usize, bytes: &[u8], x: &[f32]) {
    forms(kind).for_each(|form| check_form(set, kind, form, (rows, cols), bytes, x));
}

fn check_form(set: InstructionSet, kind: GgmlType, form: Form, (rows, cols): (usize, usize), bytes: &[u8], x: &[f32]) {
    let packed = matrix(kind, rows, cols, bytes);
    let count = x.len() / cols;
    let tokens: Vec<u32> = (0..count as u32).rev().collect();
    let found = multiply(set, &packed, 0..rows, &activations_in(form, cols, x), &tokens);
    let x = rounded(form, x, cols);
    let mut w = vec![0f32; cols];
    for row in 0..rows {
        packed.row(row, &mut w);
        for (found, token) in found.iter().zip(&tokens) {
            let x = &x[*token as usize * cols..][..cols];
            let terms = w.iter().zip(x).map(|(w, x)| f64::from(*w) * x);
            let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + f64::abs(term)));
            let off = (f64::from(found[row]) - sum).abs();
            // Codes and minimums are summed apart, each up to some times larger than their difference.
            assert!(
                off <= SUMMED * 8.0 * size + 1e-9,
                "{kind} {form:?} {set:?} {rows} x {cols}, {count}: off by {off} of {size}"
            );
        }
    }
}

/// The instruction sets of this processor; says which of them it has not, for these are not tried.
fn sets() -> impl Iterator<Item = InstructionSet> {
    InstructionSet::all().into_iter().filter(|set| {
        if !set.is_available() {
            println!("skipped: this processor has no {}", set.name());
        }
        set.is_available()
    })
}

#[test]
fn products_are_sums_of_decoded_weights_and_rounded_activations() {
    for (set, kind) in sets().flat_map(|set| KINDS.map(|kind| (set, kind))) {
        let block = kind.block_len();
        let mut random = random(7);
        for (rows, cols) in [(16, 256), (40, 1024), (8, 512), (33, 7 * block), (1, block), (19, 9 * block + 256)] {
            let bytes = weights(kind, rows * cols, 0.05, &mut random);
            check(set, kind, rows, cols, &bytes, &inputs(6, cols, &mut random));
        }
        for tokens in TOKENS {
            let bytes = weights(kind, 24 * 512, 0.05, &mut random);
            check(set, kind, 24, 512, &bytes, &inputs(tokens, 512, &mut random));
        }
    }
}

#[test]
fn whole_numbers_do_not_overflow_at_the_largest_codes() {
    for (set, kind) in sets().flat_map(|set| KINDS.map(|kind| (set, kind))).filter(|(_, kind)| kind.block_len() > 1) {
        for (low, sign) in [(false, 1.0), (false, -1.0), (true, 1.0), (true, -1.0)] {
            let bytes = largest_weights(kind, 16 * 512, low);
            check(set, kind, 16, 512, &bytes, &[sign; 5 * 512]);
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for (kind, form) in KINDS.into_iter().flat_map(|kind| forms(kind).map(move |form| (kind, form))) {
        let mut random = random(9);
        let (rows, cols) = (35, 768);
        let packed = matrix(kind, rows, cols, &weights(kind, rows * cols, 0.05, &mut random));
        let x = activations_in(form, cols, &inputs(7, cols, &mut random));
        let tokens = [6, 0, 3, 3, 2, 5, 1];
        let plain = multiply(InstructionSet::Portable, &packed, 0..rows, &x, &tokens);
        for set in sets() {
            assert_eq!(multiply(set, &packed, 0..rows, &x, &tokens), plain, "{kind} {form:?} {set:?}");
        }
    }
}

#[test]
fn a_token_gets_the_same_bits_alone_as_in_company() {
    for (kind, form) in KINDS.into_iter().flat_map(|kind| forms(kind).map(move |form| (kind, form))) {
        let mut random = random(11);
        let (rows, cols) = (50, 1280);
        let packed = matrix(kind, rows, cols, &weights(kind, rows * cols, 0.05, &mut random));
        let x = activations_in(form, cols, &inputs(101, cols, &mut random));
        let all: Vec<u32> = (0..101).collect();
        for set in sets() {
            let together = multiply(set, &packed, 0..rows, &x, &all);
            for count in TOKENS {
                let tokens = &all[101 - count..];
                // Rows in another cut, too.
                for (rows, from) in [(0..16, 0), (16..rows, 16)] {
                    let some = multiply(set, &packed, rows.clone(), &x, tokens);
                    for (some, together) in some.iter().zip(&together[101 - count..]) {
                        assert_eq!(
                            some[from..rows.end],
                            together[from..rows.end],
                            "{kind} {form:?} {set:?}, {count} tokens"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn who_is_told_products_may_multiply_meanwhile() {
    let kinds = [GgmlType::Q4_K, GgmlType::Q8_0, GgmlType::F16, GgmlType::BF16];
    for (kind, form) in kinds.into_iter().flat_map(|kind| forms(kind).map(move |form| (kind, form))) {
        let mut random = random(13);
        let (rows, cols) = (48, 512);
        let packed = matrix(kind, rows, cols, &weights(kind, rows * cols, 0.05, &mut random));
        let x = activations_in(form, cols, &inputs(20, cols, &mut random));
        let tokens: Vec<u32> = (0..20).rev().collect();
        for set in sets() {
            let wanted = multiply(set, &packed, 0..rows, &x, &tokens);
            let mut found = vec![vec![f32::NAN; rows]; tokens.len()];
            product_with(set, &packed, 0..rows, &x, &tokens, &mut |i, row, values| {
                assert_eq!(multiply(set, &packed, 0..rows, &x, &tokens[i..]), wanted[i..], "{kind} {set:?}");
                found[i][row..row + values.len()].copy_from_slice(values);
            });
            assert_eq!(found, wanted, "{kind} {set:?}");
        }
    }
}

#[test]
#[should_panic(expected = "rows of whole tiles")]
fn rows_inside_a_tile_are_refused() {
    let packed = matrix(GgmlType::F32, 32, 4, &[0; 512]);
    let x = activations(GgmlType::F32, 4, &[1.0; 4]);
    product(&packed, TILE_ROWS - 1..TILE_ROWS, &x, &[0], &mut |_, _, _| {});
}

#[test]
#[should_panic(expected = "is not what")]
fn activations_in_another_form_are_refused() {
    let packed = matrix(GgmlType::F32, 16, 256, &[0; 16 * 1024]);
    product(&packed, 0..16, &activations(GgmlType::Q4_K, 256, &[1.0; 256]), &[0], &mut |_, _, _| {});
}

#[test]
#[should_panic(expected = "tokens of the activations")]
fn a_token_that_is_not_there_is_refused() {
    let packed = matrix(GgmlType::F32, 16, 4, &[0; 256]);
    product(&packed, 0..16, &activations(GgmlType::F32, 4, &[1.0; 4]), &[1], &mut |_, _, _| {});
}
