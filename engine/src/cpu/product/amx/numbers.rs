//! F16 and BF16 times activations of two terms: tiles of BF16, 16 tokens by 32 columns times 32 columns by 16 rows at once.
//!
//! Sums are taken in the order that `portable.rs` tells of, to the same bits, by as many tokens as there are; of a token or two plain vectors take them.

use std::arch::x86_64::*;
use std::cell::Cell;
use std::ops::Range;

use super::steps::{COLUMNS, Panel, Row, STEPS, Sixteen, Term, one_three, one_two, two_three, two_two};
use super::tiles::Tiles;
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::prefetch;
use crate::cpu::product::avx512::load;
use crate::cpu::product::avx512::terms::{self as few, split};
use crate::cpu::product::format::{BF16, F16, Number};
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::{PackedMatrix, Strip};
use crate::cpu::product::terms::{Line, STEP, distance};
use crate::quant::GgmlType;

/// So many tokens at once: their sums stay in the second cache.
const TOKENS: usize = 512;
/// Bytes of tokens' terms that stay there beside them.
const TERMS: usize = 1 << 20;
/// What a thread multiplies with: memory that is not given back, for the system would clear it each time.
#[derive(Default)]
struct Scratch {
    gathered: Vec<Line>,
    sums: Vec<Row>,
}

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

/// As [`super::super::product`], for F16 and BF16.
///
/// # Safety
/// The processor has AVX-512 F, BW and VNNI, AVX2, FMA and F16C, and multiplies BF16 in tiles.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
pub unsafe fn product(
    w: &PackedMatrix,
    rows: Range<usize>,
    x: &Rows<Line>,
    tokens: &[u32],
    put: &mut dyn FnMut(usize, usize, &[f32]),
) {
    // SAFETY: the caller's promise.
    unsafe {
        match w.kind() {
            GgmlType::F16 => of::<F16>(w, rows, x, tokens, put),
            GgmlType::BF16 => of::<BF16>(w, rows, x, tokens, put),
            _ => panic!("activations in another form than weights"),
        }
    }
}

/// # Safety
/// As [`product`]; the weights are of this type.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
unsafe fn of<T: Number>(
    w: &PackedMatrix,
    rows: Range<usize>,
    x: &Rows<Line>,
    tokens: &[u32],
    put: &mut dyn FnMut(usize, usize, &[f32]),
) {
    // SAFETY: the caller's promise.
    unsafe {
        match *tokens {
            [] => {}
            [a] => few::product::<T, 1>(w, rows, x, [a], put),
            [a, b] => few::product::<T, 2>(w, rows, x, [a, b], put),
            _ => {
                for (chunk, tokens) in tokens.chunks(TOKENS).enumerate() {
                    many::<T>(w, rows.clone(), x, tokens, &mut |i, row, sums| put(chunk * TOKENS + i, row, sums));
                }
            }
        }
    }
}

/// # Safety
/// As [`product`]; the weights are of this type.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
unsafe fn many<T: Number>(
    w: &PackedMatrix,
    rows: Range<usize>,
    x: &Rows<Line>,
    tokens: &[u32],
    put: &mut dyn FnMut(usize, usize, &[f32]),
) {
    let strips: Vec<Strip<'_>> = w.strips(rows).collect();
    // Who is told products and multiplies meanwhile finds it empty.
    let mut scratch = SCRATCH.take();
    let Scratch { gathered, sums } = &mut scratch;
    let sixteens = sixteens(x, tokens, gathered);
    // For each strip sums of all tokens; where strips are odd, one more.
    let each = 16 * sixteens.len();
    sums.clear();
    sums.resize(each * strips.len().next_multiple_of(2), Row([0.0; TILE_ROWS]));
    let sizes = match tokens.len() {
        // One sixteen alone has both tiles of activations, for their first and their second terms.
        count @ ..=16 => [count, count],
        count @ 17..=32 => [16, count - 16],
        _ => [16, 16],
    };
    // For these sums alone: who is told them may multiply, too.
    // SAFETY: the caller's promise.
    let tiles = unsafe { Tiles::of_numbers(sizes) };
    // As many columns as leave all tokens' terms of them in the second cache.
    let wide = (TERMS / (each * 2 * size_of::<u16>())).next_multiple_of(COLUMNS);
    for first in (0..w.cols()).step_by(wide) {
        let columns = first..w.cols().min(first + wide);
        for (strips, sums) in strips.chunks(2).zip(sums.chunks_exact_mut(2 * each)) {
            let (low, high) = sums.split_at_mut(each);
            // SAFETY: the caller's promise; the sixteens are these tokens', and sums are as many.
            unsafe { two::<T>(&tiles, strips, columns.clone(), &sixteens, [low, high]) };
        }
    }
    drop(tiles);
    for (strip, sums) in strips.iter().zip(sums.chunks_exact(each)) {
        for (i, sums) in sums.iter().enumerate().take(tokens.len()) {
            put(i, strip.first, &sums.0[..strip.count]);
        }
    }
    SCRATCH.set(scratch);
}

/// Tokens in sixteens. Rows that follow each other stay where they are; others are gathered. Where there are more than 32, all
/// sixteens are full.
fn sixteens(x: &Rows<Line>, tokens: &[u32], gathered: &mut Vec<Line>) -> Vec<Sixteen> {
    let len = tokens.first().map_or(0, |token| x.row(*token as usize).len());
    let stays = |sixteen: &[u32]| {
        let is_full = sixteen.len() == 16 || tokens.len() <= 32;
        is_full && sixteen.windows(2).all(|two| two[1] == two[0] + 1)
    };
    let moved = tokens.chunks(16).filter(|sixteen| !stays(sixteen)).count();
    // What is left from before stands for tokens that nobody asks for.
    gathered.resize(gathered.len().max(moved * 16 * len), Line::ZERO);
    let mut rest = &mut gathered[..];
    let place = |sixteen: &[u32]| {
        if stays(sixteen) {
            return Sixteen { first: x.row(sixteen[0] as usize).as_ptr(), stride: len };
        }
        let (own, others) = std::mem::take(&mut rest).split_at_mut(16 * len);
        rest = others;
        for (token, row) in sixteen.iter().zip(own.chunks_exact_mut(len)) {
            row.copy_from_slice(x.row(*token as usize));
        }
        Sixteen { first: own.as_ptr(), stride: len }
    };
    tokens.chunks(16).map(place).collect()
}

/// Some columns of one strip or two with all tokens.
///
/// # Safety
/// As [`product`]; tiles are as large as the sixteens, the matrix has these columns, and there are sums for each of the tokens.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
unsafe fn two<T: Number>(
    tiles: &Tiles,
    strips: &[Strip<'_>],
    columns: Range<usize>,
    sixteens: &[Sixteen],
    mut sums: [&mut [Row]; 2],
) {
    let mut panel: Panel = [[Term([[0; TILE_ROWS]; STEP / 2]); 4]; STEPS];
    for first in columns.clone().step_by(COLUMNS) {
        let count = COLUMNS.min(columns.end - first);
        for (side, strip) in strips.iter().enumerate() {
            // SAFETY: the strip has these columns.
            unsafe { unpack::<T>(*strip, first, count, side, &mut panel) };
        }
        let steps = count.div_ceil(STEP);
        for (number, two) in sixteens.chunks(2).enumerate() {
            let term = |sixteen: Sixteen| sixteen.first.wrapping_add(first / STEP);
            let far = distance(two[0].stride) * size_of::<Line>();
            let stride = two[0].stride * size_of::<Line>();
            let sums = sums.each_mut().map(|sums| sums[32 * number..].as_mut_ptr());
            let (a, b) = (term(two[0]), two.get(1).map(|sixteen| term(*sixteen)));
            // SAFETY: the caller's promise; each sixteen has `steps` lines of both terms from there on, the panel as many.
            unsafe {
                match (T::KIND, b) {
                    (GgmlType::F16, None) => one_three(tiles, a, far, stride, &panel, steps, sums),
                    (GgmlType::F16, Some(b)) => two_three(tiles, [a, b], far, stride, &panel, steps, sums),
                    (_, None) => one_two(tiles, a, far, stride, &panel, steps, sums),
                    (_, Some(b)) => two_two(tiles, [a, b], far, stride, &panel, steps, sums),
                }
            }
        }
    }
}

/// Some columns of a strip as terms. Columns that are not the matrix's are zeros.
///
/// # Safety
/// The processor has AVX-512 F and BW; the strip has `columns` columns from `first` on.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
unsafe fn unpack<T: Number>(w: Strip<'_>, first: usize, columns: usize, side: usize, panel: &mut Panel) {
    for (step, terms) in panel.iter_mut().enumerate().take(columns.div_ceil(STEP)) {
        let (first, count) = (first + step * STEP, STEP.min(columns - step * STEP));
        if w.ahead > 0 {
            prefetch(w.bytes.as_ptr().wrapping_add(w.ahead + first * 2 * TILE_ROWS), STEP * 2 * TILE_ROWS);
        }
        // SAFETY: the caller's promise.
        unsafe {
            if count == STEP {
                unpack_step::<T, true>(w, first, count, side, terms);
            } else {
                unpack_step::<T, false>(w, first, count, side, terms);
            }
        }
    }
}

/// # Safety
/// As [`unpack`]; `WHOLE`, there are as many columns as a step has.
#[inline]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
unsafe fn unpack_step<T: Number, const WHOLE: bool>(
    w: Strip<'_>,
    first: usize,
    count: usize,
    side: usize,
    terms: &mut [Term; 4],
) {
    let start = w.bytes.as_ptr();
    let upper = _mm512_set1_epi32(0xffff_0000u32 as i32);
    for row in 0..STEP / 2 {
        let column = |at: usize| match WHOLE || at < count {
            // SAFETY: the strip has this column.
            true => split::<T>(unsafe { load::<T>(start, first + at) }),
            false => [_mm512_setzero_ps(); 2],
        };
        let (even, odd) = (column(2 * row), column(2 * row + 1));
        // The upper halves of both, those of even columns below.
        let merge = |at: usize| {
            let below = _mm512_srli_epi32::<16>(_mm512_castps_si512(even[at]));
            // mask ? odd : even
            _mm512_ternarylogic_epi32::<0b1100_1010>(upper, _mm512_castps_si512(odd[at]), below)
        };
        // SAFETY: a row of a term is 64 bytes.
        unsafe {
            _mm512_store_si512(terms[side].0[row].as_mut_ptr().cast(), merge(0));
            if T::KIND == GgmlType::F16 {
                _mm512_store_si512(terms[2 + side].0[row].as_mut_ptr().cast(), merge(1));
            }
        }
    }
}
