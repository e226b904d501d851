//! Products of activations with weights in any type: dense, or grouped by expert on the device.
//!
//! All are computed by the tensor cores from halves, summed in F32: weights lie in tiles whose order is that of the tensor
//! cores' operands (`kernels/tile.cuh`) and become halves in registers. Few rows of activations go at the speed of memory
//! (`product_few.cuh`), many at that of the tensor cores (`product_many.cuh`).

mod launch;
mod matrix;
mod measure;
mod repack;
#[cfg(test)]
mod tests;
mod verify;

pub use launch::{Groups, Product, Rows, Target, activations_from_f32, activations_from_gate_up};
pub use matrix::{DeviceMatrix, Weights, activation_bytes, activation_index, activation_stride};
pub use measure::{Case, Measurement, copy_rate, measure, mixtral_cases};
pub use verify::verify;
