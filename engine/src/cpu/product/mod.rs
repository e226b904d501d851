//! Products of activations with weights in any type.
//!
//! Weights are repacked once into tiles of 16 rows ([`PackedMatrix`], `layout.rs`), about as large as in their file; those that
//! are points of a grid lie as in it.
//! Activations are rounded to 8 bits as llama.cpp rounds them, or stay F32 for weights in floating point ([`Activations`]).
//! [`product`] multiplies both for a range of rows on the calling thread; threads share a product by its rows.
//!
//! Each result is summed in an order that does not depend on how many tokens or rows are computed beside it: a token gets the
//! same bits alone and in a batch. Every instruction set computes the same whole numbers and fused sums, too. Only the form that
//! F16 and BF16 are multiplied with is another where tiles multiply BF16 ([`form`], `terms.rs`).

mod activations;
mod ahead;
#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod format;
mod layout;
mod matrix;
mod pages;
mod portable;
mod rounded;
mod select;
mod terms;
#[cfg(test)]
mod tests;
mod tile;

pub use activations::{Activations, Form};
pub use layout::TILE_ROWS;
pub use matrix::PackedMatrix;
pub use select::{InstructionSet, form, product, product_with};
