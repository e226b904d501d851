//! Products grouped by expert, and gated networks.

use std::sync::Arc;

use rand::RngExt as _;

use super::fixtures::{activations, compare, expected, random, rows_off, rows_on, weights};
use crate::gpu::product::{
    DeviceMatrix, Groups, Product, Rows, Target, Weights, activation_bytes, activations_from_gate_up,
};
use crate::gpu::{Buffer, Gpu, emulated};
use crate::quant::GgmlType;

/// Assignments, and the same on the device.
struct Grouped {
    offsets: Vec<i32>,
    sorted: Vec<i32>,
    buffers: [Buffer; 3],
    top: usize,
}

impl Grouped {
    /// `chosen`: (tokens, top) experts.
    fn new(gpu: &Arc<dyn Gpu>, chosen: &[usize], top: usize, experts: usize) -> Self {
        let (mut offsets, mut sorted, mut active) = (vec![0], Vec::new(), Vec::new());
        for expert in 0..experts {
            sorted.extend((0..chosen.len()).filter(|a| chosen[*a] == expert).map(|a| a as i32));
            if sorted.len() as i32 > offsets[expert] {
                active.push(expert as i32);
            }
            offsets.push(sorted.len() as i32);
        }
        active.resize(experts, -1);
        let buffers = [&offsets, &sorted, &active].map(|list| Buffer::of(gpu, list).expect("room"));
        Self { offsets, sorted, buffers, top }
    }

    fn groups(&self) -> Groups {
        let [offsets, sorted, active] = self.buffers.each_ref().map(Buffer::address);
        Groups { offsets, sorted, active, assignments: self.sorted.len(), top: self.top }
    }

    /// Each place with its expert and assignment.
    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        self.sorted.iter().enumerate().map(|(place, assignment)| {
            let expert = self.offsets.iter().filter(|offset| **offset <= place as i32).count() - 1;
            (expert, *assignment as usize)
        })
    }
}

fn choose(tokens: usize, top: usize, experts: usize, seed: u64) -> Vec<usize> {
    let mut random = random(seed);
    (0..tokens)
        .flat_map(|_| {
            let first = random.random_range(0..experts);
            (0..top).map(move |i| (first + i) % experts).collect::<Vec<_>>()
        })
        .collect()
}

fn check_down(kind: GgmlType, (experts, rows, columns): (usize, usize, usize), chosen: &[usize], top: usize) {
    let gpu = emulated();
    let mut random = random(experts as u64);
    let each: Vec<Vec<u8>> = (0..experts).map(|_| weights(kind, rows * columns, 0.01, &mut random)).collect();
    let stacks: Vec<[&[u8]; 1]> = each.iter().map(|bytes| [&bytes[..]]).collect();
    let stacks: Vec<Weights<'_>> = stacks.iter().map(|bytes| Weights::Stack(bytes)).collect();
    let matrix = DeviceMatrix::upload(&gpu, kind, columns, &stacks).expect("uploaded");
    let grouped = Grouped::new(&gpu, chosen, top, experts);
    let x = activations(chosen.len(), columns, &mut random);
    let out = Buffer::of(&gpu, &vec![f32::NAN; chosen.len() * rows]).expect("room");
    let on = rows_on(&gpu, &x, columns);
    let target = Target::Store { out: out.address(), stride: rows };
    let groups = Some((grouped.groups(), Rows::Places, Rows::Assignments));
    let product = Product { weights: &matrix, x: on.address(), count: chosen.len(), inner: false, target, groups };
    product.launch(&gpu).expect("runs");
    let out = out.read::<f32>(chosen.len() * rows).expect("read");
    for (place, (expert, assignment)) in grouped.places().enumerate() {
        let wanted = expected(kind, &each[expert], &x[place * columns..][..columns], columns);
        compare(&format!("expert {expert}"), kind, &out[assignment * rows..][..rows], &wanted);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn every_assignment_meets_its_expert() {
    check_down(GgmlType::Q4_K, (1, 17, 256), &[0], 1);
    check_down(GgmlType::Q4_K, (8, 40, 512), &choose(1, 2, 8, 1), 2);
    check_down(GgmlType::Q6_K, (8, 40, 256), &choose(16, 2, 8, 2), 2);
    check_down(GgmlType::Q8_0, (4, 16, 96), &choose(33, 1, 4, 3), 1);
    check_down(GgmlType::F32, (3, 20, 64), &choose(30, 3, 3, 4), 3);
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn an_expert_with_all_rows_and_experts_without_any_are_served() {
    check_down(GgmlType::Q4_K, (8, 17, 256), &[5; 40], 1);
    check_down(GgmlType::Q2_K, (6, 17, 256), &[0; 140], 1);
    let mut chosen = choose(150, 2, 4, 5);
    chosen.iter_mut().for_each(|expert| *expert = [0, 3, 3, 4][*expert]);
    check_down(GgmlType::Q5_K, (5, 140, 256), &chosen, 2);
}

fn silu(v: f64) -> f64 {
    v / (1.0 + (-v).exp())
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn gated_networks_are_one_product_and_the_next() {
    let (hidden, ffn, experts, top) = (256, 72, 4, 2);
    for (tokens, kind) in [(1, GgmlType::Q4_K), (9, GgmlType::Q3_K), (40, GgmlType::F16)] {
        let gpu = emulated();
        let mut random = random(8);
        let size = if kind == GgmlType::F16 { 0.5 } else { 0.005 };
        let mut each =
            || -> Vec<Vec<u8>> { (0..experts).map(|_| weights(kind, ffn * hidden, size, &mut random)).collect() };
        let (gate, up) = (each(), each());
        let pairs: Vec<_> = gate.iter().zip(&up).map(|(gate, up)| Weights::GateUp { gate, up }).collect();
        let matrix = DeviceMatrix::upload(&gpu, kind, hidden, &pairs).expect("uploaded");
        assert_eq!(matrix.rows(), ffn);
        let down_kind = GgmlType::Q8_0;
        let columns = 96; // the inner rows are padded alike
        let down: Vec<Vec<u8>> = (0..experts).map(|_| weights(GgmlType::F16, 20 * ffn, 0.1, &mut random)).collect();
        let stacks: Vec<[&[u8]; 1]> = down.iter().map(|bytes| [&bytes[..]]).collect();
        let stacks: Vec<Weights<'_>> = stacks.iter().map(|bytes| Weights::Stack(bytes)).collect();
        let down_matrix = DeviceMatrix::upload(&gpu, GgmlType::F16, ffn, &stacks).expect("uploaded");
        assert!(DeviceMatrix::bytes_of(down_kind, experts, 20, columns).is_some_and(|bytes| bytes > 0));

        let grouped = Grouped::new(&gpu, &choose(tokens, top, experts, 9), top, experts);
        let all = tokens * top;
        let x = activations(tokens, hidden, &mut random);
        let on = rows_on(&gpu, &x, hidden);
        let inner = Buffer::of(&gpu, &vec![half::f16::NAN; activation_bytes(all, ffn) / 2]).expect("room");
        let out = Buffer::new(&gpu, 4 * all * 20).expect("room");
        let product = Product {
            weights: &matrix,
            x: on.address(),
            count: tokens,
            inner: false,
            target: Target::GateUp { out: inner.address() },
            groups: Some((grouped.groups(), Rows::Tokens, Rows::Places)),
        };
        product.launch(&gpu).expect("runs");
        let product = Product {
            weights: &down_matrix,
            x: inner.address(),
            count: all,
            inner: true,
            target: Target::Store { out: out.address(), stride: 20 },
            groups: Some((grouped.groups(), Rows::Places, Rows::Assignments)),
        };
        product.launch(&gpu).expect("runs");
        let (inner, out) = (rows_off(&inner, all, ffn), out.read::<f32>(all * 20).expect("read"));
        for (place, (expert, assignment)) in grouped.places().enumerate() {
            let x = &x[assignment / top * hidden..][..hidden];
            let (g, u) = (expected(kind, &gate[expert], x, hidden), expected(kind, &up[expert], x, hidden));
            let inner = &inner[place * ffn..][..ffn];
            for ((inner, g), u) in inner.iter().zip(&g).zip(&u) {
                let wanted = silu(g.0) * u.0 / 16.0;
                let close = 4e-3 * (g.1 * u.0.abs() + u.1 * silu(g.0).abs() + g.1 * u.1 * 4e-3) / 16.0
                    + wanted.abs() / 1024.0
                    + 1e-6;
                assert!(
                    (f64::from(*inner) - wanted).abs() <= close,
                    "{kind}: {inner} should be {wanted} within {close}"
                );
            }
            let times: Vec<f32> = inner.iter().map(|v| v * 16.0).collect();
            compare(
                "down",
                GgmlType::F16,
                &out[assignment * 20..][..20],
                &expected(GgmlType::F16, &down[expert], &times, ffn),
            );
        }
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn gates_and_ups_of_different_types_are_multiplied_apart() {
    let gpu = emulated();
    let mut random = random(10);
    let (gate, up) = (activations(3, 50, &mut random), activations(3, 50, &mut random));
    let out = Buffer::of(&gpu, &vec![half::f16::NAN; activation_bytes(3, 50) / 2]).expect("room");
    let on = [&gate, &up].map(|rows| Buffer::of(&gpu, rows).expect("room"));
    activations_from_gate_up(&gpu, (on[0].address(), on[1].address(), 50), 3, 50, out.address()).expect("runs");
    for ((found, gate), up) in rows_off(&out, 3, 50).iter().zip(&gate).zip(&up) {
        let wanted = silu(f64::from(*gate)) * f64::from(*up) / 16.0;
        assert!((f64::from(*found) - wanted).abs() <= wanted.abs() / 1024.0 + 1e-6, "{found} should be {wanted}");
    }
}
