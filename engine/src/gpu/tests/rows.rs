//! Rows by index, and rotation with writing into pages.

use half::{bf16, f16};

use crate::gpu::{Arg, Buffer, Gpu, Launch, Pod, emulated};
use std::sync::Arc;

fn picked<T: Pod>(gpu: &Arc<dyn Gpu>, kernel: &'static str, table: &[T], which: &[u32], cols: usize) -> Vec<f32> {
    let (table, which_on) = (Buffer::of(gpu, table).expect("room"), Buffer::of(gpu, which).expect("room"));
    let out = Buffer::new(gpu, which.len() * cols * 4).expect("room");
    let args = [out.address().into(), table.address().into(), which_on.address().into(), Arg::I32(cols as i32)];
    let launch = Launch { grid: [which.len() as u32, (cols as u32).div_ceil(64), 1], ..Launch::line(0, 64) };
    gpu.launch(kernel, launch, &args).expect("runs");
    out.read(which.len() * cols).expect("read")
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn rows_are_picked_out_of_tables_of_every_type() {
    let gpu = emulated();
    let cols = 100;
    let table: Vec<f32> = (0..5 * cols).map(|i| i as f32 / 8.0 - 20.0).collect();
    let which = [4, 0, 0, 3];
    let wanted: Vec<f32> = which.iter().flat_map(|row| table[row * cols..][..cols].to_vec()).collect();
    let which = which.map(|row| row as u32);
    assert_eq!(picked(&gpu, "embed_f32", &table, &which, cols), wanted);
    assert_eq!(picked(&gpu, "gather_rows", &table, &which, cols), wanted);
    let halves: Vec<f16> = table.iter().map(|v| f16::from_f32(*v)).collect();
    assert_eq!(picked(&gpu, "embed_f16", &halves, &which, cols), wanted);
    let brain: Vec<bf16> = table.iter().map(|v| bf16::from_f32(*v)).collect();
    let rounded: Vec<f32> = wanted.iter().map(|v| bf16::from_f32(*v).to_f32()).collect();
    assert_eq!(picked(&gpu, "embed_bf16", &brain, &which, cols), rounded);
    assert!(picked(&gpu, "gather_rows", &table, &[], cols).is_empty());
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn queries_and_keys_turn_and_pages_get_keys_and_values() {
    let gpu = emulated();
    let (heads, kv_heads, dim, slots) = (4usize, 2usize, 8usize, 6usize);
    let (positions, places) = ([5u32, 0, 2], [1u32, 5, 2]);
    let stride = (heads + 2 * kv_heads) * dim;
    let qkv: Vec<f32> = (0..3 * stride).map(|i| ((i * 31 % 67) as f32 - 33.0) / 32.0).collect();
    let angle = |position: u32, pair: usize| f64::from(position) * (pair as f64 + 1.0) * 0.3;
    let angles: Vec<f32> = (0..6u32)
        .flat_map(|p| (0..dim / 2).flat_map(move |i| [angle(p, i).cos() as f32, angle(p, i).sin() as f32]))
        .collect();
    let on = |numbers: &[f32]| Buffer::of(&gpu, numbers).expect("room");
    let (qkv_on, angles_on) = (on(&qkv), on(&angles));
    let (positions_on, slots_on) =
        (Buffer::of(&gpu, &positions).expect("room"), Buffer::of(&gpu, &places).expect("room"));
    let q = Buffer::new(&gpu, 3 * heads * dim * 4).expect("room");
    let page = || Buffer::of(&gpu, &vec![f16::from_f32(9.0); slots * kv_heads * dim]).expect("room");
    let (keys, values) = (page(), page());
    let buffers = [&q, &keys, &values, &qkv_on, &angles_on, &positions_on, &slots_on];
    let mut args: Vec<Arg> = buffers.map(|buffer| buffer.address().into()).to_vec();
    args.extend([heads, kv_heads, dim].map(|n| Arg::I32(n as i32)));
    gpu.launch("rope_and_cache", Launch { grid: [3, 1, 1], ..Launch::line(0, 32) }, &args).expect("runs");
    let q = q.read::<f32>(3 * heads * dim).expect("read");
    let keys = keys.read::<f16>(slots * kv_heads * dim).expect("read");
    let values = values.read::<f16>(slots * kv_heads * dim).expect("read");
    for (row, (position, slot)) in positions.iter().zip(places).enumerate() {
        let own = &qkv[row * stride..][..stride];
        let turned = |at: usize| {
            let (first, turn) = (at / 2 * 2, angle(*position, at % dim / 2));
            let (a, b) = (f64::from(own[first]), f64::from(own[first + 1]));
            if at.is_multiple_of(2) { a * turn.cos() - b * turn.sin() } else { a * turn.sin() + b * turn.cos() }
        };
        for i in 0..heads * dim {
            assert!((f64::from(q[row * heads * dim + i]) - turned(i)).abs() < 1e-5);
        }
        for i in 0..kv_heads * dim {
            let at = slot as usize * kv_heads * dim + i;
            assert!((keys[at].to_f64() - turned(heads * dim + i)).abs() < 2e-3);
            assert_eq!(values[at], f16::from_f32(own[(heads + kv_heads) * dim + i]));
        }
    }
    // Slots that nobody named are as they were.
    assert!(keys[..kv_heads * dim].iter().all(|key| *key == f16::from_f32(9.0)));
}
