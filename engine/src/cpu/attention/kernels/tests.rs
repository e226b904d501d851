//! Each kernel against plain loops over the same stored numbers, for every type of cache.

use super::*;
use crate::cpu::cache::Q8_0;
use crate::cpu::memory::Buffer;

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 37 + seed * 101) % 23) as f32 / 11.0 - 1.0).collect()
}

/// A tile whose rows are these, 16 one after the other.
fn keys<T: Stored>(rows: &[f32], dim: usize) -> Buffer<T::Unit> {
    let tile = Buffer::new(T::tile(dim)).expect("memory");
    for (position, row) in rows.chunks_exact(dim).enumerate() {
        // SAFETY: there is one thread.
        assert!(unsafe { T::write_key(&tile, 0, position, row) });
    }
    tile
}

fn values<T: Stored>(rows: &[f32], width: usize) -> Buffer<T::Unit> {
    let tile = Buffer::new(T::tile(width)).expect("memory");
    for (position, row) in rows.chunks_exact(width).enumerate() {
        // SAFETY: there is one thread.
        assert!(unsafe { T::write_value(&tile, 0, position, width, row) });
    }
    tile
}

fn part<T: Stored>(tile: &mut [T::Unit]) -> Part<'_, T> {
    Part { next: tile.as_ptr_range().end, tile }
}

fn check<T: Stored>() {
    for dim in [1, 8, 24, 48, 80, 112, 128, 256] {
        let queries: Vec<Vec<f32>> = (0..GROUP).map(|seed| numbers(dim, seed)).collect();
        let mut keys = keys::<T>(&numbers(dim * TILE, 9), dim);
        let keys = keys.all_mut();
        let key = |position: usize, i: usize| T::key(keys, dim, position, i);
        let mut out = [[0.0; TILE]; GROUP];
        let exact = |query: &[f32], position: usize| -> f64 {
            query.iter().enumerate().map(|(i, q)| f64::from(*q) * f64::from(key(position, i))).sum()
        };
        let wanted: Vec<f64> =
            queries.iter().flat_map(|query| (0..TILE).map(|position| exact(query, position))).collect();
        let mut unpacked = Vec::new();
        unpack_keys::<T>(keys, dim, &mut unpacked);
        for (at, number) in unpacked.iter().enumerate() {
            assert_eq!(*number, key(at % TILE, at / TILE));
        }
        let rows = std::array::from_fn(|i| queries[i].as_slice());
        scores::<T>(rows, part(keys), &mut out);
        for (score, wanted) in out.as_flattened().iter().zip(&wanted) {
            assert!((f64::from(*score) - wanted).abs() < 1e-4, "{:?}", T::KIND);
        }
        let mut again = [[0.0; TILE]; GROUP];
        scores::<f32>(rows, part(&mut unpacked), &mut again);
        assert_eq!(out, again, "{:?}: the same bits out of memory", T::KIND);

        let width = dim.next_multiple_of(TILE);
        let (mut values, before) = (values::<T>(&numbers(width * TILE, 4), width), numbers(width * GROUP, 5));
        let values = values.all_mut();
        let mut unpacked = Vec::new();
        unpack_values::<T>(values, width, &mut unpacked);
        for (at, number) in unpacked.iter().enumerate() {
            assert_eq!(*number, T::value(values, width, at / width, at % width));
        }
        let mut sums = before.clone();
        mix::<T>(&out, part(values), width, &mut sums);
        let mut again = before.clone();
        mix::<f32>(&out, part(&mut unpacked), width, &mut again);
        assert_eq!(sums, again, "{:?}: the same bits out of memory", T::KIND);
        for (r, weights) in out.iter().enumerate() {
            for i in 0..width {
                let terms = weights.iter().enumerate();
                let exact: f64 = terms.map(|(j, w)| f64::from(*w) * f64::from(unpacked[j * width + i])).sum();
                let exact = f64::from(before[r * width + i]) + exact;
                let off = (f64::from(sums[r * width + i]) - exact).abs();
                assert!(off < 1e-4 * (1.0 + exact.abs()), "{:?}", T::KIND);
            }
        }
    }
}

#[test]
fn scores_and_sums_are_those_of_plain_loops() {
    check::<f32>();
    check::<u16>();
    check::<Q8_0>();
}

#[test]
fn weights_are_the_same_bits_as_those_of_plain_loops() {
    let (mut seen, mut plainly) = (Seen::NOTHING, Seen::NOTHING);
    for seed in 0..40 {
        // Now and then a larger score than before, or one that is far below.
        let size = [1.0, 3.0, 0.1, 200.0][seed % 4] * (1.0 + seed as f32 / 9.0);
        let mut scores = [0.0; TILE];
        scores.iter_mut().zip(numbers(TILE, seed)).for_each(|(score, number)| *score = number * size);
        let mut again = scores;
        let count = 16 - seed % 16;
        let shrink = weigh(&mut scores, 0.3, count, &mut seen);
        assert_eq!(shrink, weigh_plainly(&mut again, 0.3, count, &mut plainly));
        assert_eq!(scores, again);
        assert_eq!((seen.most, seen.total), (plainly.most, plainly.total));
    }
}

#[test]
fn weights_of_two_tiles_are_a_softmax() {
    let all = numbers(32, 3);
    let mut seen = Seen::NOTHING;
    let (mut one, mut two) = ([0.0; 16], [0.0; 16]);
    one.copy_from_slice(&all[..16]);
    two.copy_from_slice(&all[16..]);
    assert_eq!(weigh(&mut one, 1.0, 16, &mut seen), 0.0);
    let shrink = weigh(&mut two, 1.0, 5, &mut seen);
    let state = seen.state();
    assert!(two[5..].iter().all(|weight| *weight == 0.0));
    let total: f64 = all[..21].iter().map(|score| f64::from(*score).exp()).sum();
    for (i, score) in all[..21].iter().enumerate() {
        let weight = if i < 16 { one[i] * shrink } else { two[i - 16] } / state[1];
        assert!((f64::from(weight) - f64::from(*score).exp() / total).abs() < 1e-6);
    }
}
