//! Every number lies where its tile says, in each type of cache.

use super::*;
use crate::schedule::SequenceSlice;

fn shape(block_size: usize, dim: usize) -> Shape {
    Shape { kv_heads: 2, dim, block_size, blocks: 5, layers: 2 }
}

fn span(blocks: Vec<u32>, context: usize) -> SequenceSlice {
    SequenceSlice { start: 0, len: context, context, blocks }
}

/// Writes a context and holds each number of it against `wanted`, which is told a row and the number's place in it.
fn round_trip<T: Stored>(block_size: usize, dim: usize, wanted: impl Fn(&[f32], usize) -> f32) {
    let shape = shape(block_size, dim);
    let pages = Pages::<T>::new(shape).expect("memory");
    let context = 3 * block_size - 1;
    let span = span(vec![4, 0, 2], context);
    let numbers = |position: usize, part: usize| -> Vec<f32> {
        (0..2 * dim).map(|i| ((position * 100 + part * 50 + i * 7) % 331) as f32 / 8.0 - 20.0).collect()
    };
    for position in 0..context {
        let slot = span.blocks[position / block_size] as usize * block_size + position % block_size;
        // SAFETY: there is one thread.
        assert!(unsafe { pages.write(1, slot, &numbers(position, 0), &numbers(position, 1)) });
    }
    let mut seen = 0;
    for tile in 0..shape.tiles(context) {
        let start = shape.start(tile);
        assert_eq!(start, seen, "tiles follow each other");
        for position in 0..shape.width(tile).min(context - start) {
            for head in 0..2 {
                // SAFETY: there is one thread.
                let (keys, values) = unsafe { pages.tile(1, shape.place(&span, tile), head) };
                let [key, value] = [0, 1].map(|part| numbers(start + position, part)[head * dim..][..dim].to_vec());
                for i in 0..dim {
                    assert_eq!(T::key(keys, dim, position, i), wanted(&key, i));
                    assert_eq!(T::value(values, shape.value_dim(), position, i), wanted(&value, i));
                }
            }
            seen += 1;
        }
    }
    assert_eq!(seen, context);
}

#[test]
fn every_position_lies_where_its_tile_says() {
    for (block_size, dim) in [(1, 24), (4, 24), (16, 128), (24, 40), (32, 24)] {
        round_trip::<f32>(block_size, dim, |row, i| row[i]);
        round_trip::<u16>(block_size, dim, |row, i| half::f16::from_f32(row[i]).to_f32());
        round_trip::<Q8_0>(block_size, dim, |row, i| {
            // As GGML's structure of a block has it: 32 codes by a scale in F16, the largest being 127.
            let block = &row[i / 32 * 32..row.len().min(i / 32 * 32 + 32)];
            let unit = block.iter().map(|number| number.abs()).fold(0.0, f32::max) / 127.0;
            half::f16::from_f32(unit).to_f32() * (row[i] * (1.0 / unit)).round()
        });
    }
}

fn tells<T: Stored>(large: f32) {
    let pages = Pages::<T>::new(shape(16, 24)).expect("memory");
    let (good, mut bad) = (vec![1.0; 48], vec![1.0; 48]);
    for value in [large, f32::NAN, f32::INFINITY] {
        bad[47] = value;
        // SAFETY: there is one thread.
        unsafe {
            assert!(pages.write(0, 3, &good, &good));
            assert!(!pages.write(0, 3, &bad, &good) && !pages.write(0, 3, &good, &bad), "{value}");
        }
    }
}

#[test]
fn what_does_not_fit_is_told() {
    tells::<u16>(1e6);
    tells::<Q8_0>(1e9);
    tells::<f32>(f32::NEG_INFINITY);
}

#[test]
fn what_is_forgotten_is_zero() {
    let pages = Pages::<u16>::new(shape(16, 24)).expect("memory");
    // SAFETY: there is one thread.
    assert!(unsafe { pages.write(0, 3, &[1.0; 48], &[1.0; 48]) });
    let mut cache = Cache::F16(pages);
    cache.clear();
    let Cache::F16(pages) = cache else { panic!("the type stays") };
    // SAFETY: there is one thread.
    assert!(unsafe { pages.tile(0, 0, 1) }.0.iter().all(|key| *key == 0));
}

#[test]
fn its_size_is_known_before() {
    let shape = shape(16, 24);
    assert_eq!(shape.bytes(CacheType::F32), 2 * 5 * 2 * 16 * (24 + 32) * 4);
    assert_eq!(shape.bytes(CacheType::F16) * 2, shape.bytes(CacheType::F32));
    assert_eq!(shape.bytes(CacheType::Q8_0), 2 * 5 * 2 * 16 * (24 + 2 + 32 + 2));
    for kind in [CacheType::F16, CacheType::F32, CacheType::Q8_0] {
        let mut cache = Cache::new(shape, kind).expect("memory");
        cache.clear();
        let held = match &mut cache {
            Cache::F16(pages) => size_of_val(pages.keys.all_mut()) + size_of_val(pages.values.all_mut()),
            Cache::F32(pages) => size_of_val(pages.keys.all_mut()) + size_of_val(pages.values.all_mut()),
            Cache::Q8_0(pages) => size_of_val(pages.keys.all_mut()) + size_of_val(pages.values.all_mut()),
        };
        assert_eq!(held as u64, shape.bytes(kind), "{kind}");
    }
    assert!(Pages::<u16>::new(Shape { blocks: 0, ..shape }).is_err());
    assert!(Pages::<u16>::new(Shape { blocks: usize::MAX, ..shape }).is_err());
}
