//! F16 and BF16 times activations of two terms, for a token or two: in the order of tiles (`amx/numbers.rs`), to the same bits but
//! for what is below the ordinary F32.

use std::arch::x86_64::*;
use std::ops::Range;

use super::numbers::load;
use super::vectors::{read, write};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::prefetch;
use crate::cpu::product::format::Number;
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::{PackedMatrix, Strip};
use crate::cpu::product::portable::Sums;
use crate::cpu::product::terms::{Line, STEP, both};
use crate::quant::GgmlType;

/// First and second terms of some columns, as F32.
type Wide = [[f32; STEP]; 2];

/// # Safety
/// The processor has AVX-512 F and BW.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw")]
pub unsafe fn product<T: Number, const N: usize>(
    w: &PackedMatrix,
    rows: Range<usize>,
    x: &Rows<Line>,
    tokens: [u32; N],
    put: &mut dyn FnMut(usize, usize, &[f32]),
) {
    let cols = w.cols();
    let x = tokens.map(|token| wide(x.row(token as usize), cols.div_ceil(STEP)));
    for strip in w.strips(rows) {
        let mut sums = [[0f32; TILE_ROWS]; N];
        // SAFETY: a strip has as many columns as its matrix.
        unsafe { multiply::<T, N>(strip, cols, x.each_ref().map(Vec::as_slice), &mut sums) };
        for (i, sums) in sums.iter().enumerate() {
            put(i, strip.first, &sums[..strip.count]);
        }
    }
}

/// A row's terms as F32.
#[target_feature(enable = "avx512f,avx512bw")]
fn wide(row: &[Line], steps: usize) -> Vec<Wide> {
    let mut out = vec![[[0f32; STEP]; 2]; steps];
    for (step, out) in out.iter_mut().enumerate() {
        for (line, out) in both(row, step).into_iter().zip(out) {
            for (terms, out) in line.0.as_chunks::<16>().0.iter().zip(out.as_chunks_mut::<16>().0) {
                // SAFETY: 16 terms of 32 bytes, and 16 numbers.
                unsafe {
                    let wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(terms.as_ptr().cast()));
                    write(out, _mm512_castsi512_ps(_mm512_slli_epi32::<16>(wide)));
                }
            }
        }
    }
    out
}

/// # Safety
/// The strip has `cols` columns; `x` has as many, number by number in steps.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw")]
unsafe fn multiply<T: Number, const N: usize>(w: Strip<'_>, cols: usize, x: [&[Wide]; N], sums: &mut [Sums; N]) {
    let start = w.bytes.as_ptr();
    for step in 0..cols.div_ceil(STEP) {
        let x = x.map(|x| x[step].as_flattened().as_ptr());
        // Sums of even and of odd columns for each product of terms.
        let mut parts = [[[_mm512_setzero_ps(); 3]; 2]; N];
        let first = step * STEP;
        for col in (first..cols.min(first + STEP)).step_by(2) {
            if w.ahead > 0 {
                prefetch(start.wrapping_add(w.ahead + col * 2 * TILE_ROWS), 64);
            }
            let mut add = |odd: usize| {
                // SAFETY: the caller's promise; an odd column is there, too, where it is asked for.
                let [high, low] = split::<T>(unsafe { load::<T>(start, col + odd) });
                for (parts, x) in parts.iter_mut().zip(x) {
                    let at = col - first + odd;
                    // SAFETY: at < STEP: such a term is there of both kinds.
                    let [a, b] = unsafe { [_mm512_set1_ps(*x.add(at)), _mm512_set1_ps(*x.add(STEP + at))] };
                    parts[odd][0] = _mm512_fmadd_ps(high, a, parts[odd][0]);
                    parts[odd][1] = _mm512_fmadd_ps(high, b, parts[odd][1]);
                    if T::KIND == GgmlType::F16 {
                        parts[odd][2] = _mm512_fmadd_ps(low, a, parts[odd][2]);
                    }
                }
            };
            add(0);
            if col + 1 < cols {
                add(1);
            }
        }
        for (sums, parts) in sums.iter_mut().zip(parts) {
            let mut all = read(sums);
            let [even, odd] = parts;
            all = _mm512_add_ps(all, _mm512_add_ps(even[0], odd[0]));
            all = _mm512_add_ps(all, _mm512_add_ps(even[1], odd[1]));
            // BF16 has no second term.
            if T::KIND == GgmlType::F16 {
                all = _mm512_add_ps(all, _mm512_add_ps(even[2], odd[2]));
            }
            write(sums, all);
        }
    }
}

/// Both terms of 16 weights.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn split<T: Number>(weights: __m512) -> [__m512; 2] {
    if T::KIND != GgmlType::F16 {
        return [weights, _mm512_setzero_ps()];
    }
    let upper = _mm512_set1_epi32(0xffff_0000u32 as i32);
    let rounded = _mm512_add_epi32(_mm512_castps_si512(weights), _mm512_set1_epi32(0x8000));
    let high = _mm512_castsi512_ps(_mm512_and_si512(rounded, upper));
    [high, _mm512_sub_ps(weights, high)]
}
